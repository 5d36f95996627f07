-- What trades are worth in euros, in whole numbers: rates count 10^-9, amounts cents. `amounts` has the trades, `fx_daily` the rates.
WITH quotes AS (
    SELECT base_currency AS currency, date AS quoted, FALSE AS is_inverse, (rate::DECIMAL(28, 9) * 1000000000)::HUGEINT AS units
    FROM fx_daily
    WHERE quote_currency = 'EUR' AND base_currency <> 'EUR'
    UNION ALL
    SELECT quote_currency, date, TRUE, half_even(1000000000000000000::HUGEINT, (rate::DECIMAL(28, 9) * 1000000000)::HUGEINT)
    FROM fx_daily
    WHERE base_currency = 'EUR' AND quote_currency <> 'EUR'
),

offers AS (
    SELECT
        t.transaction_id, q.quoted, q.units,
        row_number() OVER (PARTITION BY t.transaction_id ORDER BY q.is_inverse, q.quoted DESC) AS place
    FROM amounts AS t
    INNER JOIN quotes AS q
        ON q.currency = t.currency AND t.date - q.quoted BETWEEN 0 AND 7 AND q.units < 1000000000000000000
),

rated AS (
    SELECT
        t.*, if(t.currency = 'EUR', 1000000000, o.units) AS units, o.quoted,
        half_even(in_hundredths(t.amount) * if(t.currency = 'EUR', 1000000000, o.units), 1000000000) AS cents
    FROM amounts AS t
    LEFT JOIN offers AS o ON o.transaction_id = t.transaction_id AND o.place = 1
),

fitting AS (SELECT * REPLACE (if(abs(cents) < 1000000000000000000, cents, NULL) AS cents) FROM rated)

SELECT
    transaction_id,
    if(cents IS NULL, NULL, 'EUR') AS reporting_currency,
    (units::DECIMAL(29, 0) * 0.000000001::DECIMAL(9, 9))::DECIMAL(18, 9) AS fx_rate,
    quoted AS fx_date,
    hundredths(cents)::DECIMAL(18, 2) AS reporting_amount
FROM fitting;
