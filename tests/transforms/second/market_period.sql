-- The same per delivery period. Its number is counted from the local midnight, its load type minute by minute.
WITH sums AS (
    SELECT
        date, market_zone, delivery_start, delivery_end, energy_type, currency,
        coalesce(sum(q) FILTER (is_buy), 0) AS bought, coalesce(sum(q) FILTER (NOT is_buy), 0) AS sold,
        coalesce(sum(c) FILTER (is_buy), 0) AS paid, coalesce(sum(c) FILTER (NOT is_buy), 0) AS received,
        half_even(sum(p * q) FILTER (is_buy), bought) AS bought_at,
        half_even(sum(p * q) FILTER (NOT is_buy), sold) AS sold_at,
        count(*) AS trades
    FROM t
    GROUP BY date, market_zone, delivery_start, delivery_end, energy_type, currency
),

periods AS (
    SELECT DISTINCT
        market_zone, delivery_start, delivery_end,
        date_diff('minute', delivery_start, delivery_end) AS minutes,
        date_diff('minute', timezone(market_zone, date::TIMESTAMP), delivery_start) AS passed
    FROM sums
),

local AS (
    SELECT market_zone, delivery_start, delivery_end, timezone(market_zone, minute) AS clock
    FROM periods, unnest(generate_series(delivery_start, delivery_end - INTERVAL 1 MINUTE, INTERVAL 1 MINUTE)) AS m (minute)
),

peaks AS (
    SELECT
        *,
        CASE market_zone
            WHEN 'Europe/Madrid' THEN isodow(clock) <= 5 AND hour(clock) BETWEEN 8 AND 19
            WHEN 'America/New_York' THEN isodow(clock) <= 5 AND hour(clock) BETWEEN 7 AND 22 AND NOT is_nerc
            WHEN 'America/Los_Angeles' THEN isodow(clock) <= 6 AND hour(clock) BETWEEN 6 AND 21 AND NOT is_nerc
        END AS is_peak
    FROM (
        SELECT
            *,
            clock::DATE IN ('2024-01-01', '2024-05-27', '2024-07-04', '2024-09-02', '2024-11-28', '2024-12-25') AS is_nerc
        FROM local
    )
),

loads AS (
    SELECT
        market_zone, delivery_start, delivery_end,
        CASE WHEN bool_and(is_peak) THEN 'peak' WHEN bool_and(NOT is_peak) THEN 'off_peak' ELSE 'base' END AS load_type
    FROM peaks
    GROUP BY market_zone, delivery_start, delivery_end
)

SELECT
    date, market_zone, delivery_start, delivery_end, energy_type, currency,
    minutes AS period_minutes,
    CASE WHEN minutes IN (5, 15, 30, 60) AND passed % minutes = 0 THEN passed // minutes + 1 END AS period_number,
    load_type,
    millionths(bought) AS bought_mwh, millionths(sold) AS sold_mwh,
    hundredths(paid) AS bought_amount, hundredths(received) AS sold_amount,
    millionths(bought_at) AS bought_vwap, millionths(sold_at) AS sold_vwap,
    millionths(sold_at - bought_at) AS margin_per_mwh,
    trades
FROM sums
INNER JOIN periods USING (market_zone, delivery_start, delivery_end)
LEFT JOIN loads USING (market_zone, delivery_start, delivery_end);
