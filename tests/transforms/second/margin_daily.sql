-- Sales less purchases where both met in a delivery period, what is open apart.
WITH periods AS (
    SELECT
        date, market_zone, energy_type, currency, delivery_start, delivery_end,
        coalesce(sum(q) FILTER (is_buy), 0) AS bought, coalesce(sum(q) FILTER (NOT is_buy), 0) AS sold,
        coalesce(sum(c) FILTER (is_buy), 0) AS paid, coalesce(sum(c) FILTER (NOT is_buy), 0) AS received,
        least(bought, sold) AS both_sides,
        coalesce(half_even(paid * both_sides, bought), 0) AS cost,
        coalesce(half_even(received * both_sides, sold), 0) AS revenue,
        count(*) AS trades
    FROM t
    GROUP BY date, market_zone, energy_type, currency, delivery_start, delivery_end
)

SELECT
    date, market_zone, energy_type, currency,
    millionths(sum(both_sides)) AS matched_mwh,
    hundredths(sum(cost)) AS matched_cost,
    hundredths(sum(revenue)) AS matched_revenue,
    hundredths(sum(revenue) - sum(cost)) AS matched_margin,
    millionths(sum(bought) - sum(both_sides)) AS long_mwh,
    hundredths(sum(paid) - sum(cost)) AS long_amount,
    millionths(sum(sold) - sum(both_sides)) AS short_mwh,
    hundredths(sum(received) - sum(revenue)) AS short_amount,
    count(*) AS periods,
    count(*) FILTER (both_sides > 0) AS matched_periods,
    sum(trades) AS trades
FROM periods
GROUP BY date, market_zone, energy_type, currency;
