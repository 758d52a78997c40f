-- What the consent records of a store of version 2 mean in version 3.

UPDATE consent_records SET
  event_kind = CASE consent_status WHEN 'granted' THEN 'granted' ELSE 'withdrawn' END,
  recorded_at = COALESCE(
    (SELECT r.started_at FROM import_runs r WHERE r.number = consent_records.import_run),
    consent_date, 0);

UPDATE interactions SET recorded_at = started_at;
