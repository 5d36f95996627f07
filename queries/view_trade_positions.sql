-- question: What does each trade add to our position and to our money?
-- grain: one row per trade
-- reads: transactions
-- for: engineer
-- A view, so that signs are decided once: buying adds energy and costs money, selling takes energy and brings money.
CREATE OR REPLACE VIEW trade_positions AS
SELECT
    t.transaction_id,
    t.date,
    t.delivery_start,
    t.delivery_end,
    t.energy_type,
    t.provider_id,
    t.client_id,
    t.currency,
    t.price_per_mwh,
    CASE t.transaction_type WHEN 'buy' THEN t.quantity_mwh ELSE -t.quantity_mwh END AS position_mwh,
    CASE t.transaction_type WHEN 'buy' THEN -t.amount ELSE t.amount END AS cash
FROM transactions AS t
