-- What each version changed of the one before it. A cancellation counts nothing, before and after.
WITH changes AS (
    SELECT
        was, became,
        if(was.is_void, NULL, was) AS old, if(became.is_void, NULL, became) AS new
    FROM steps
    WHERE NOT is_newest AND (was.is_void <> became.is_void OR (NOT was.is_void AND was.said <> became.said))
)

SELECT
    was.transaction_id, was.date, became.date AS new_date, became.ingest_date AS restated_on,
    CASE
        WHEN new IS NULL THEN 'cancelled'
        WHEN old IS NULL THEN 'reinstated'
        WHEN was.date <> became.date THEN 'moved'
        ELSE 'amended'
    END AS kind,
    old.transaction_type AS old_transaction_type, new.transaction_type AS new_transaction_type,
    old.quantity_mwh AS old_quantity_mwh, new.quantity_mwh AS new_quantity_mwh,
    old.price_per_mwh AS old_price_per_mwh, new.price_per_mwh AS new_price_per_mwh,
    old.currency AS old_currency, new.currency AS new_currency,
    old.amount AS old_amount, new.amount AS new_amount,
    coalesce(new.quantity_mwh, 0) - coalesce(old.quantity_mwh, 0) AS difference_mwh,
    if(old.currency <> new.currency, NULL, coalesce(new.amount, 0) - coalesce(old.amount, 0)) AS difference_amount,
    was.source_file AS old_source_file, was.source_row AS old_source_row,
    became.source, became.source_file, became.source_row
FROM changes;
