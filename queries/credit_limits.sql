-- question: How much of its credit limit does each counterparty use on the newest day, and who is above it?
-- grain: one row per counterparty and currency
-- reads: counterparty_exposure
-- for: auditor, bi, engineer
-- Exposure is what was delivered since the first of the month and is not billed yet. A limit holds for its own currency only.
SELECT
    e.counterparty_id,
    e.counterparty_kind,
    e.currency,
    e.exposure_amount,
    e.credit_limit,
    e.credit_currency,
    CAST(100 * e.utilisation AS DECIMAL(18, 2)) AS utilisation_percent,
    e.is_over_limit,
    CAST(100 * e.exposure_share AS DECIMAL(5, 2)) AS share_of_all_percent
FROM counterparty_exposure AS e
WHERE e.date = (SELECT MAX(newest.date) FROM counterparty_exposure AS newest) AND e.exposure_amount > 0
ORDER BY e.utilisation DESC NULLS LAST, e.currency, e.exposure_amount DESC, e.counterparty_id
