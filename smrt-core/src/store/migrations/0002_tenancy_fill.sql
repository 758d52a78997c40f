-- What the records of a store of version 1 mean in version 2.

UPDATE import_runs SET tenant_number = (
  SELECT count(*) FROM import_runs earlier
  WHERE earlier.tenant_id = import_runs.tenant_id AND earlier.number <= import_runs.number);

UPDATE tenants SET enabled_modules = '["contacts","import","consent","sharing"]';

INSERT INTO phone_number_ties (phone_number_id, tenant_id, created_at, import_run, import_line,
                               metadata)
SELECT l.phone_number_id, l.created_by_tenant_id, min(l.created_at), min(l.import_run),
       min(l.import_line), '{}'
FROM phone_human_links l JOIN phone_numbers p ON p.id = l.phone_number_id
WHERE l.created_by_tenant_id <> p.created_by_tenant_id
GROUP BY l.phone_number_id, l.created_by_tenant_id;
