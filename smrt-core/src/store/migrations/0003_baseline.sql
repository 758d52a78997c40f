-- The tables of schema version 3, for a new store: what the migrations up to it make of an empty
-- one, in one step. Types in braces are filled in by the engine's dialect, and clauses about
-- references are left out where an engine wants them elsewhere.
-- Unique indexes stand apart from the tables, so that a bulk load into an empty store can build
-- them once at its end; they are listed in `schema.rs`.

CREATE TABLE schema_migrations (
  version    {integer} NOT NULL PRIMARY KEY,
  name       {text} NOT NULL,
  applied_at {instant} NOT NULL
);

CREATE TABLE tenants (
  id                {id} NOT NULL,
  name              {text} NOT NULL,
  slug              {text} NOT NULL,
  subscription_tier {text} NOT NULL,
  enabled_modules   {json} NOT NULL,
  created_at        {instant} NOT NULL,
  settings          {json} NOT NULL
);

CREATE TABLE phone_numbers (
  id                   {id} NOT NULL,
  phone_number         {text} NOT NULL,
  country_code         {integer} NOT NULL,
  area_code            {text},
  is_mobile            {boolean},
  carrier_info         {text},
  dnc_status           {text} NOT NULL,
  dnc_date             {instant},
  created_at           {instant} NOT NULL,
  updated_at           {instant} NOT NULL,
  created_by_tenant_id {id} NOT NULL REFERENCES tenants (id),
  metadata             {json} NOT NULL,
  import_run           {integer},
  import_line          {integer}
);

-- What a tenant knows of a number that another tenant brought in first.
CREATE TABLE phone_number_ties (
  phone_number_id {id} NOT NULL REFERENCES phone_numbers (id),
  tenant_id       {id} NOT NULL REFERENCES tenants (id),
  created_at      {instant} NOT NULL,
  import_run      {integer},
  import_line     {integer},
  metadata        {json} NOT NULL,
  dnc_status      {text} NOT NULL,
  dnc_date        {instant}
);

CREATE TABLE humans (
  id                   {id} NOT NULL,
  first_name           {text},
  last_name            {text},
  email                {text},
  company_name         {text},
  job_title            {text},
  employee_id          {text},
  contractor_id        {text},
  created_at           {instant} NOT NULL,
  updated_at           {instant} NOT NULL,
  created_by_tenant_id {id} NOT NULL REFERENCES tenants (id),
  metadata             {json} NOT NULL,
  import_run           {integer},
  import_line          {integer}
);

CREATE TABLE phone_human_links (
  id                   {id} NOT NULL,
  phone_number_id      {id} NOT NULL REFERENCES phone_numbers (id),
  human_id             {id} NOT NULL REFERENCES humans (id),
  relationship_type    {text} NOT NULL,
  is_primary           {boolean} NOT NULL,
  verified             {boolean} NOT NULL,
  created_at           {instant} NOT NULL,
  created_by_tenant_id {id} NOT NULL REFERENCES tenants (id),
  metadata             {json} NOT NULL,
  import_run           {integer},
  import_line          {integer}
);

CREATE TABLE data_access_permissions (
  id                   {id} NOT NULL,
  tenant_id            {id} NOT NULL REFERENCES tenants (id),
  entity_type          {text} NOT NULL,
  entity_id            {id},
  field_name           {text},
  access_level         {text} NOT NULL,
  granted_by_tenant_id {id} NOT NULL REFERENCES tenants (id),
  expires_at           {instant},
  created_at           {instant} NOT NULL
);

CREATE TABLE access_revocations (
  permission_id        {id} NOT NULL REFERENCES data_access_permissions (id),
  revoked_at           {instant} NOT NULL,
  revoked_by_tenant_id {id} NOT NULL REFERENCES tenants (id)
);

CREATE TABLE consent_records (
  id              {id} NOT NULL,
  phone_number_id {id} REFERENCES phone_numbers (id),
  human_id        {id} REFERENCES humans (id),
  consent_type    {text} NOT NULL,
  consent_status  {text} NOT NULL,
  consent_source  {text} NOT NULL,
  consent_date    {instant},
  expiration_date {instant},
  tenant_id       {id} NOT NULL REFERENCES tenants (id),
  legal_basis     {text},
  metadata        {json} NOT NULL,
  import_run      {integer},
  import_line     {integer},
  event_kind      {text} NOT NULL,
  date_precision  {text},
  consent_tier    {text},
  seller          {text},
  evidence        {json},
  recorded_at     {instant} NOT NULL
);

CREATE TABLE interactions (
  id              {id} NOT NULL,
  phone_number_id {id} REFERENCES phone_numbers (id),
  human_id        {id} REFERENCES humans (id),
  tenant_id       {id} NOT NULL REFERENCES tenants (id),
  kind            {text} NOT NULL,
  direction       {text} NOT NULL,
  outcome         {text},
  started_at      {instant} NOT NULL,
  duration_s      {integer},
  metadata        {json} NOT NULL,
  recorded_at     {instant} NOT NULL
);

CREATE TABLE import_runs (
  number           {integer} NOT NULL PRIMARY KEY,
  tenant_id        {id} NOT NULL REFERENCES tenants (id),
  status           {text} NOT NULL,
  source           {text} NOT NULL,
  file_name        {text} NOT NULL,
  file_fingerprint {text} NOT NULL,
  mapping          {text} NOT NULL,
  options          {json} NOT NULL,
  indexes_deferred {boolean} NOT NULL,
  started_at       {instant} NOT NULL,
  finished_at      {instant},
  rows_checkpoint  {integer} NOT NULL,
  rows_deferred    {integer} NOT NULL,
  rows_created     {integer} NOT NULL,
  rows_updated     {integer} NOT NULL,
  rows_unchanged   {integer} NOT NULL,
  rows_rejected    {integer} NOT NULL,
  phones_created   {integer} NOT NULL,
  links_created    {integer} NOT NULL,
  consents_created {integer} NOT NULL,
  issues           {integer} NOT NULL,
  tenant_number    {integer} NOT NULL
);

CREATE TABLE import_issues (
  import_run  {integer} NOT NULL REFERENCES import_runs (number),
  row_number  {integer} NOT NULL,
  import_line {integer} NOT NULL,
  column_name {text},
  severity    {text} NOT NULL,
  code        {text} NOT NULL,
  reason      {text} NOT NULL,
  hint        {text} NOT NULL,
  raw         {text}
);

CREATE TABLE import_deferred (
  import_run  {integer} NOT NULL REFERENCES import_runs (number),
  row_number  {integer} NOT NULL,
  import_line {integer} NOT NULL,
  fields      {text} NOT NULL,
  raw         {text} NOT NULL
);

CREATE TABLE record_changes (
  sequence    {integer} NOT NULL PRIMARY KEY,
  import_run  {integer},
  import_line {integer},
  entity_type {text} NOT NULL,
  entity_id   {id} NOT NULL,
  fields      {json} NOT NULL,
  changed_at  {instant} NOT NULL
);

CREATE TABLE source_keys (
  human_id    {id} NOT NULL REFERENCES humans (id),
  source      {text} NOT NULL,
  source_key  {text} NOT NULL,
  occurrence  {integer} NOT NULL,
  row_digest  {integer} NOT NULL,
  import_run  {integer} NOT NULL,
  import_line {integer} NOT NULL,
  last_run    {integer} NOT NULL
);

CREATE TABLE dnc_registries (
  id           {id} NOT NULL,
  name         {text} NOT NULL,
  kind         {text} NOT NULL,
  jurisdiction {text},
  tenant_id    {id} REFERENCES tenants (id),
  created_at   {instant} NOT NULL,
  metadata     {json} NOT NULL
);

-- What a registry held after each load, in the order of the loads.
CREATE TABLE dnc_versions (
  registry_id   {id} NOT NULL REFERENCES dnc_registries (id),
  version       {integer} NOT NULL,
  kind          {text} NOT NULL,
  base_version  {integer},
  version_date  {instant} NOT NULL,
  source_digest {text} NOT NULL,
  area_codes    {json},
  numbers       {integer} NOT NULL,
  rows_read     {integer} NOT NULL,
  rows_rejected {integer} NOT NULL,
  status        {text} NOT NULL,
  next_block    {integer} NOT NULL,
  tenant_id     {id} NOT NULL REFERENCES tenants (id),
  recorded_at   {instant} NOT NULL
);

-- Which version a tenant obtained, and when: what it may rely on, and nothing newer. Each tenant
-- counts the versions it obtained itself, and what they added and removed for it.
CREATE TABLE dnc_holdings (
  registry_id     {id} NOT NULL REFERENCES dnc_registries (id),
  version         {integer} NOT NULL,
  tenant_id       {id} NOT NULL REFERENCES tenants (id),
  obtained_at     {instant} NOT NULL,
  area_codes      {json},
  subscription_id {text},
  tenant_version  {integer} NOT NULL,
  added           {integer} NOT NULL,
  removed         {integer} NOT NULL,
  recorded_at     {instant} NOT NULL
);

CREATE TABLE dnc_blocks (
  registry_id {id} NOT NULL REFERENCES dnc_registries (id),
  block       {integer} NOT NULL,
  members     {bytes} NOT NULL
);

-- The members of a block that a version added or removed, so that every older version can be read.
CREATE TABLE dnc_block_changes (
  registry_id {id} NOT NULL REFERENCES dnc_registries (id),
  block       {integer} NOT NULL,
  version     {integer} NOT NULL,
  flipped     {bytes} NOT NULL
);

CREATE TABLE dnc_entries (
  id                  {id} NOT NULL,
  registry_id         {id} NOT NULL REFERENCES dnc_registries (id),
  phone_number        {text} NOT NULL,
  listed_at           {instant} NOT NULL,
  removed_at          {instant},
  reason              {text},
  recorded_at         {instant} NOT NULL,
  removal_recorded_at {instant},
  metadata            {json} NOT NULL
);

CREATE TABLE reassigned_answers (
  id           {id} NOT NULL,
  tenant_id    {id} NOT NULL REFERENCES tenants (id),
  phone_number {text} NOT NULL,
  query_date   {instant} NOT NULL,
  answer       {text} NOT NULL,
  checked_at   {instant} NOT NULL,
  recorded_at  {instant} NOT NULL
);

CREATE TABLE merge_events (
  id        {id} NOT NULL,
  tenant_id {id} NOT NULL REFERENCES tenants (id),
  kept_id   {id} NOT NULL,
  merged_id {id} NOT NULL,
  merged_at {instant} NOT NULL,
  evidence  {json} NOT NULL
);

CREATE TABLE audit_log (
  tenant_id   {id} NOT NULL REFERENCES tenants (id),
  sequence    {integer} NOT NULL,
  recorded_at {instant} NOT NULL,
  actor       {text} NOT NULL,
  action      {text} NOT NULL,
  entity_type {text},
  entity_id   {id},
  detail      {json} NOT NULL,
  leaf_hash   {bytes} NOT NULL,
  chain_hash  {bytes} NOT NULL
);

CREATE TABLE audit_heads (
  tenant_id  {id} NOT NULL REFERENCES tenants (id),
  entries    {integer} NOT NULL,
  chain_hash {bytes} NOT NULL
);
