-- Types in braces are filled in by the engine's dialect.
-- Unique indexes stand apart from the tables, so that a bulk load into an empty store can build
-- them once at its end; they are listed in `schema.rs`.

CREATE TABLE schema_migrations (
  version       {integer} NOT NULL PRIMARY KEY,
  name          {text} NOT NULL,
  applied_at    {instant} NOT NULL
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
  import_line     {integer}
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
  metadata        {json} NOT NULL
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
  issues           {integer} NOT NULL
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
  id            {id} NOT NULL,
  name          {text} NOT NULL,
  kind          {text} NOT NULL,
  jurisdiction  {text},
  tenant_id     {id} REFERENCES tenants (id),
  version_date  {instant},
  obtained_at   {instant},
  metadata      {json} NOT NULL
);

CREATE TABLE dnc_blocks (
  registry_id {id} NOT NULL REFERENCES dnc_registries (id),
  block       {integer} NOT NULL,
  members     {bytes} NOT NULL
);

CREATE TABLE dnc_entries (
  id           {id} NOT NULL,
  registry_id  {id} NOT NULL REFERENCES dnc_registries (id),
  phone_number {text} NOT NULL,
  listed_at    {instant} NOT NULL,
  removed_at   {instant},
  reason       {text},
  metadata     {json} NOT NULL
);

CREATE TABLE merge_events (
  id         {id} NOT NULL,
  tenant_id  {id} NOT NULL REFERENCES tenants (id),
  kept_id    {id} NOT NULL,
  merged_id  {id} NOT NULL,
  merged_at  {instant} NOT NULL,
  evidence   {json} NOT NULL
);

CREATE TABLE audit_log (
  sequence    {integer} NOT NULL PRIMARY KEY,
  recorded_at {instant} NOT NULL,
  tenant_id   {id},
  actor       {text} NOT NULL,
  action      {text} NOT NULL,
  entity_type {text},
  entity_id   {id},
  detail      {json} NOT NULL,
  leaf_hash   {bytes} NOT NULL,
  chain_hash  {bytes} NOT NULL
);
