-- Trades in whole numbers. Quantities and prices count millionths, amounts hundredths; a product of the first two counts 10^-12.
CREATE VIEW t AS
SELECT
    *,
    in_millionths(quantity_mwh) AS q,
    in_millionths(price_per_mwh) AS p,
    in_hundredths(amount) AS c,
    transaction_type = 'buy' AS is_buy
FROM trades;
