-- How many rows broke which rule; `reasons` has them by file, `known` the sentence of each rule there is.
SELECT
    ingest_date AS date, source, dataset, reason,
    sum(rows)::BIGINT AS rows,
    (SELECT sentence FROM known AS k WHERE k.dataset = r.dataset AND k.reason = r.reason) AS sentence
FROM reasons AS r
GROUP BY ALL;
