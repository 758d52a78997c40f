-- Tenants apart: their own count of runs, ties to shared phone numbers, revocations as events, and
-- an audit trail for each. Nothing was ever written to the audit log of version 1.

ALTER TABLE import_runs ADD COLUMN tenant_number {integer} NOT NULL DEFAULT 0;
-- What a tenant knows of a number that another tenant brought in first.
CREATE TABLE phone_number_ties (
  phone_number_id {id} NOT NULL REFERENCES phone_numbers (id),
  tenant_id       {id} NOT NULL REFERENCES tenants (id),
  created_at      {instant} NOT NULL,
  import_run      {integer},
  import_line     {integer},
  metadata        {json} NOT NULL
);

CREATE TABLE access_revocations (
  permission_id        {id} NOT NULL REFERENCES data_access_permissions (id),
  revoked_at           {instant} NOT NULL,
  revoked_by_tenant_id {id} NOT NULL REFERENCES tenants (id)
);

DROP VIEW IF EXISTS v_audit_log;
DROP TABLE audit_log;
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

-- Two tenants may link the same human and number; the id of a link tells them apart.
DROP INDEX IF EXISTS phone_human_links_key;
