-- Every version that does not count now, with what became of it.
SELECT
    unnest(was), became.ingest_date AS known_to,
    CASE
        WHEN is_newest THEN 'cancellation'
        WHEN became.is_void AND NOT was.is_void THEN 'cancelled'
        WHEN was.date <> became.date THEN 'moved'
        WHEN was.said = became.said AND was.is_void = became.is_void THEN 'repeated'
        ELSE 'amended'
    END AS fate
FROM steps
WHERE was.is_void OR NOT is_newest;
