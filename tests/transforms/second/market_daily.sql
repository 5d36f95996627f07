-- What was bought and sold on a day, at which volume-weighted price?
WITH sums AS (
    SELECT
        date, energy_type, currency,
        coalesce(sum(q) FILTER (is_buy), 0) AS bought, coalesce(sum(q) FILTER (NOT is_buy), 0) AS sold,
        coalesce(sum(c) FILTER (is_buy), 0) AS paid, coalesce(sum(c) FILTER (NOT is_buy), 0) AS received,
        half_even(sum(p * q) FILTER (is_buy), bought) AS bought_at,
        half_even(sum(p * q) FILTER (NOT is_buy), sold) AS sold_at,
        count(*) AS trades
    FROM t
    GROUP BY date, energy_type, currency
)

SELECT
    date, energy_type, currency,
    millionths(bought) AS bought_mwh, millionths(sold) AS sold_mwh,
    hundredths(paid) AS bought_amount, hundredths(received) AS sold_amount,
    millionths(bought_at) AS bought_vwap, millionths(sold_at) AS sold_vwap,
    millionths(sold_at - bought_at) AS margin_per_mwh,
    trades
FROM sums;
