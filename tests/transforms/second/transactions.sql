-- The trades that count, with what is known of their counterparties and what they are worth in euros.
SELECT
    a.* EXCLUDE (action, number, is_void, said),
    p.provider_name, p.energy_type AS provider_energy_type, p.region AS provider_region,
    c.client_type, c.city AS client_city, c.region AS client_region,
    if(a.provider_id IS NULL, NULL, p.provider_id IS NOT NULL) AS is_provider_known,
    if(a.client_id IS NULL, NULL, c.client_id IS NOT NULL) AS is_client_known,
    r.* EXCLUDE (transaction_id)
FROM amounts AS a
INNER JOIN reporting AS r USING (transaction_id)
LEFT JOIN providers AS p ON p.provider_id = a.provider_id
LEFT JOIN clients AS c ON c.client_id = a.client_id;
