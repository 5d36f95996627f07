-- What became of each delivered file, counted from the files of the raw, processed and quarantine zones. No ledger is read.
-- `raw` has their bytes, `valid_rows`, `replaced_rows` and `rejected_rows` the rows that lie in the zones.
CREATE TABLE delivered AS
SELECT
    *,
    row_number() OVER (PARTITION BY dataset, source, content ORDER BY ingest_date, source_file) > 1 AS is_repeated,
    -- bytes written as text show a line break as \x0A; the first line is the header
    (length(content::VARCHAR) - length(replace(content::VARCHAR, '\x0A', ''))) // 4 - 1 AS lines
FROM (
    SELECT
        content,
        regexp_extract(filename, '^.*/raw/(.*)$', 1) AS source_file,
        regexp_extract(source_file, '^([^/]+)/', 1) AS dataset,
        regexp_extract(source_file, '/source=([^/]+)/', 1) AS source,
        regexp_extract(source_file, '/ingest_date=([^/]+)/', 1)::DATE AS ingest_date
    FROM raw
);

CREATE TABLE entries AS
SELECT
    dataset, source, ingest_date, 1 AS files, is_repeated::INTEGER AS repeated_files, if(is_repeated, 0, lines) AS received,
    (SELECT count(*) FROM valid_rows AS v WHERE v.source_file = d.source_file) AS valid,
    (SELECT count(*) FROM rejected_rows AS q WHERE q.source_file = d.source_file) AS rejected,
    (SELECT count(*) FROM replaced_rows AS r WHERE r.source_file = d.source_file) AS duplicates,
    (SELECT count(*) FROM versions AS t WHERE t.source_file = d.source_file AND t.ingest_date - t.date > 1) AS late,
    0 AS restated
FROM delivered AS d
UNION ALL
SELECT 'transactions', source, restated_on, 0, 0, 0, 0, 0, 0, 0, 1 FROM restated;

CREATE TABLE reasons AS
SELECT d.dataset, d.source, d.ingest_date, unnest(q.reasons) AS reason, 1 AS rows
FROM rejected_rows AS q
INNER JOIN delivered AS d USING (source_file);
