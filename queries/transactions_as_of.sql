-- question: Which trades counted on a past day, as the lake knew them then?
-- grain: one row per trade
-- reads: transactions, transactions_history
-- for: auditor, engineer
-- The day is one of delivery, not a market day; write yours in the place of 2026-11-01. A version counts from its ingest_date until
-- the day before the next one is delivered, and a cancellation counts nothing.
WITH versions AS (
    SELECT
        t.transaction_id,
        t.transaction_type,
        t.energy_type,
        t.provider_id,
        t.client_id,
        t.date,
        t.delivery_start,
        t.quantity_mwh,
        t.price_per_mwh,
        t.currency,
        t.amount,
        t.ingest_date,
        CAST(NULL AS DATE) AS known_to
    FROM transactions AS t
    UNION ALL
    SELECT
        h.transaction_id,
        h.transaction_type,
        h.energy_type,
        h.provider_id,
        h.client_id,
        h.date,
        h.delivery_start,
        h.quantity_mwh,
        h.price_per_mwh,
        h.currency,
        h.amount,
        h.ingest_date,
        h.known_to
    FROM transactions_history AS h
    WHERE h.action <> 'cancel'
)
SELECT
    v.transaction_id,
    v.transaction_type,
    v.energy_type,
    v.provider_id,
    v.client_id,
    v.date,
    v.delivery_start,
    v.quantity_mwh,
    v.price_per_mwh,
    v.currency,
    v.amount,
    v.ingest_date AS known_since
FROM versions AS v
WHERE v.ingest_date <= DATE '2026-11-01' AND (v.known_to IS NULL OR v.known_to > DATE '2026-11-01')
ORDER BY v.date, v.delivery_start, v.transaction_id
