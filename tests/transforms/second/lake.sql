-- What the files of a lake say, before any mart: the newest row of every key, the versions of each trade beside the next ones.
-- `processed_...` have the rows of the processed zone.

CREATE TABLE providers AS
SELECT * FROM processed_providers
QUALIFY row_number() OVER (PARTITION BY provider_id ORDER BY ingest_date DESC, source_file DESC, source_row DESC) = 1;

CREATE TABLE clients AS
SELECT * FROM processed_clients
QUALIFY row_number() OVER (PARTITION BY client_id ORDER BY ingest_date DESC, source_file DESC, source_row DESC) = 1;

CREATE TABLE fx_daily AS
SELECT * FROM processed_fx_daily
QUALIFY row_number() OVER (
    PARTITION BY date, base_currency, quote_currency ORDER BY ingest_date DESC, source_file DESC, source_row DESC
) = 1;

CREATE TABLE curve AS
SELECT * FROM processed_curve
QUALIFY row_number() OVER (
    PARTITION BY as_of, market_zone, product, energy_type, delivery_start, delivery_end, currency
    ORDER BY ingest_date DESC, source_file DESC, source_row DESC
) = 1;

CREATE TABLE limits AS
SELECT provider_id AS counterparty_id, 'provider' AS counterparty_kind, credit_limit, credit_currency FROM providers
WHERE credit_limit IS NOT NULL AND credit_currency IS NOT NULL
UNION ALL
SELECT client_id, 'client', credit_limit, credit_currency FROM clients
WHERE credit_limit IS NOT NULL AND credit_currency IS NOT NULL;

CREATE TABLE versions AS
SELECT
    *,
    row_number() OVER (PARTITION BY transaction_id ORDER BY ingest_date, source_file, source_row) AS number,
    if(transaction_type = 'buy', coalesce(provider_id, client_id), coalesce(client_id, provider_id)) AS counterparty_id,
    if(counterparty_id IS NOT DISTINCT FROM provider_id, 'provider', 'client') AS counterparty_kind,
    action = 'cancel' AS is_void,
    [
        transaction_type, provider_id, client_id, energy_type, delivery_start::VARCHAR, delivery_end::VARCHAR, market_zone,
        date::VARCHAR, quantity_mwh::VARCHAR, price_per_mwh::VARCHAR, currency, amount::VARCHAR
    ] AS said
FROM processed_transactions;

CREATE TABLE earliest AS SELECT * FROM versions WHERE number = 1 AND NOT is_void;

CREATE TABLE steps AS
SELECT was, became, became.transaction_id IS NULL AS is_newest
FROM versions AS was
LEFT JOIN versions AS became ON became.transaction_id = was.transaction_id AND became.number = was.number + 1;

-- Trades that count, before anything is said of what they are worth in euros.
CREATE TABLE amounts AS SELECT unnest(was) FROM steps WHERE is_newest AND NOT was.is_void;
