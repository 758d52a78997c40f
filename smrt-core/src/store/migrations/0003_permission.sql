-- May I contact them: what the consent ledger must know to prove an answer, and registries in
-- versions. Nothing was ever written to the registries of version 2.

ALTER TABLE consent_records ADD COLUMN event_kind {text} NOT NULL DEFAULT 'granted';
ALTER TABLE consent_records ADD COLUMN date_precision {text};
ALTER TABLE consent_records ADD COLUMN consent_tier {text};
ALTER TABLE consent_records ADD COLUMN seller {text};
ALTER TABLE consent_records ADD COLUMN evidence {json};
ALTER TABLE consent_records ADD COLUMN recorded_at {instant} NOT NULL DEFAULT 0;

-- What each tenant but the first knows of a number's listing; the first one's is at the number.
ALTER TABLE phone_number_ties ADD COLUMN dnc_status {text} NOT NULL DEFAULT 'unknown';
ALTER TABLE phone_number_ties ADD COLUMN dnc_date {instant};

DROP VIEW IF EXISTS v_dnc_registries;
DROP VIEW IF EXISTS v_dnc_blocks;
DROP VIEW IF EXISTS v_dnc_entries;
DROP TABLE dnc_entries;
DROP TABLE dnc_blocks;
DROP TABLE dnc_registries;

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
ALTER TABLE interactions ADD COLUMN recorded_at {instant} NOT NULL DEFAULT 0;
