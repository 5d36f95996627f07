-- What a day came to at first (`earliest`) and comes to now (`trades`): the versions in one table, told apart by a mark.
WITH versions AS (
    SELECT
        TRUE AS was, date, counterparty_id, currency, transaction_type, amount,
        NULL AS reporting_currency, NULL AS reporting_amount
    FROM earliest
    UNION ALL
    SELECT FALSE, date, counterparty_id, currency, transaction_type, amount, reporting_currency, reporting_amount
    FROM trades
),

signed AS (SELECT *, CASE transaction_type WHEN 'sell' THEN 1 ELSE -1 END AS sign FROM versions),

sums AS (
    SELECT
        date, counterparty_id, currency,
        coalesce(sum(sign * amount) FILTER (was), 0) AS first_amount,
        coalesce(sum(sign * amount) FILTER (NOT was), 0) AS latest_amount,
        sum(CASE WHEN was THEN -sign * amount ELSE sign * amount END) AS difference_amount,
        coalesce(sum(amount) FILTER (was), 0) AS first_gross_amount,
        coalesce(sum(amount) FILTER (NOT was), 0) AS latest_gross_amount,
        count(*) FILTER (was) AS first_trades,
        count(*) FILTER (NOT was) AS latest_trades,
        count(DISTINCT reporting_currency) = 1 AS is_one,
        any_value(reporting_currency) AS currency_reported,
        sum(sign * reporting_amount) AS amount_reported,
        count(reporting_amount) AS rated
    FROM signed
    GROUP BY date, counterparty_id, currency
)

SELECT
    * EXCLUDE (is_one, currency_reported, amount_reported, rated),
    CASE WHEN is_one THEN currency_reported END AS reporting_currency,
    CASE WHEN is_one THEN amount_reported END AS reporting_amount,
    latest_trades - CASE WHEN is_one THEN rated ELSE 0 END AS trades_without_rate
FROM sums;
