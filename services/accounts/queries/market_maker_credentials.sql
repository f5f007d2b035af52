-- What to check a market maker's password against; for the gateway itself, never for a client. An
-- address need not be unique, so there may be several.
-- shape: list
-- reads: accounts
-- params: email_hash:text
SELECT json_build_object('market_maker_id', maker.id,
                         'password_hash', credentials.password_hash) AS item,
       maker.id::text AS cursor
FROM accounts.market_maker_clients maker
JOIN accounts.market_maker_credentials credentials ON credentials.market_maker_id = maker.id
WHERE maker.email_hash = $1::text
ORDER BY maker.id
