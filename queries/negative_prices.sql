-- question: When were prices below zero, how much energy moved at them, and what did it cost or bring?
-- grain: one row per market day, energy type, side and currency
-- reads: transactions
-- for: analyst, auditor, bi, engineer
-- A negative price is legal. The amount keeps its sign: who buys below zero is paid, who sells below zero pays.
SELECT
    t.date,
    t.energy_type,
    t.transaction_type,
    t.currency,
    COUNT(*) AS trades,
    SUM(t.quantity_mwh) AS mwh,
    CAST(SUM(t.quantity_mwh * t.price_per_mwh) / NULLIF(SUM(t.quantity_mwh), 0) AS DECIMAL(18, 6)) AS vwap,
    MIN(t.price_per_mwh) AS lowest_price,
    SUM(t.amount) AS amount
FROM transactions AS t
WHERE t.price_per_mwh < 0
GROUP BY t.date, t.energy_type, t.transaction_type, t.currency
ORDER BY t.date DESC, t.energy_type, t.transaction_type, t.currency
