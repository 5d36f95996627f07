-- question: Who bought what in each month?
-- grain: one row per client, month, energy type and currency
-- reads: clients, transactions
-- for: auditor, engineer
-- Shows names and identity documents, which are personal: not for analysts and reports.
SELECT
    c.client_id,
    c.client_name,
    c.id_type,
    c.identification,
    CAST(DATE_TRUNC('month', t.date) AS DATE) AS month,
    t.energy_type,
    t.currency,
    COUNT(*) AS trades,
    SUM(t.quantity_mwh) AS mwh,
    CAST(SUM(t.quantity_mwh * t.price_per_mwh) / NULLIF(SUM(t.quantity_mwh), 0) AS DECIMAL(18, 6)) AS vwap,
    SUM(t.amount) AS amount
FROM transactions AS t
INNER JOIN clients AS c
    ON c.client_id = t.client_id
WHERE t.transaction_type = 'sell'
GROUP BY
    c.client_id,
    c.client_name,
    c.id_type,
    c.identification,
    DATE_TRUNC('month', t.date),
    t.energy_type,
    t.currency
ORDER BY month DESC, c.client_id, t.energy_type, t.currency
