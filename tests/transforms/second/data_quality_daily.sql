-- What the files of a day came to; `entries` has a line for each, and late and restated rows.
WITH sums AS (
    SELECT
        ingest_date AS date, source, dataset,
        sum(files) AS files, sum(repeated_files) AS repeated_files,
        sum(received)::HUGEINT AS received_rows, sum(valid)::HUGEINT AS valid_rows, sum(rejected)::HUGEINT AS rejected_rows,
        sum(duplicates)::HUGEINT AS duplicate_rows, sum(late)::HUGEINT AS late_rows, sum(restated)::HUGEINT AS restated_rows
    FROM entries
    GROUP BY ALL
)

SELECT
    *,
    millionths(half_even(1000000 * valid_rows, received_rows)) AS valid_share,
    millionths(half_even(1000000 * rejected_rows, received_rows)) AS rejected_share,
    millionths(half_even(1000000 * duplicate_rows, received_rows)) AS duplicate_share,
    millionths(half_even(1000000 * late_rows, valid_rows)) AS late_share,
    millionths(half_even(1000000 * restated_rows, valid_rows)) AS restated_share
FROM sums;
