-- question: How much do we depend on single providers for each kind of energy?
-- grain: one row per energy type
-- reads: transactions
-- for: auditor, bi, engineer
-- The Herfindahl-Hirschman index of purchased energy: 10 000 is one provider alone, below 1 500 counts as spread. Not for
-- analysts: with the regions they see, the shares would be of something else.
WITH bought AS (
    SELECT t.energy_type, t.provider_id, SUM(t.quantity_mwh) AS mwh
    FROM transactions AS t
    WHERE t.transaction_type = 'buy' AND t.provider_id IS NOT NULL
    GROUP BY t.energy_type, t.provider_id
),
shares AS (
    SELECT
        b.energy_type,
        b.mwh,
        CAST(b.mwh AS DOUBLE)
        / NULLIF(CAST(SUM(b.mwh) OVER (PARTITION BY b.energy_type) AS DOUBLE), 0) AS share
    FROM bought AS b
)
SELECT
    s.energy_type,
    COUNT(*) AS providers,
    SUM(s.mwh) AS mwh,
    ROUND(100 * MAX(s.share), 2) AS largest_share_percent,
    ROUND(10000 * SUM(s.share * s.share), 0) AS concentration_index
FROM shares AS s
GROUP BY s.energy_type
ORDER BY concentration_index DESC, s.energy_type
