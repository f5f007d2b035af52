-- One ledger account, with whom it belongs to.
-- shape: one
-- etag: part
-- reads: accounts, settings
-- params: id:uuid
SELECT json_build_object(
           'id', account.id,
           'user_id', account.user_id,
           'email', coalesce(person.email, maker.email),
           'name', coalesce(person.full_name, maker.name),
           'kind', account.kind,
           'status', account.status,
           'reason', account.reason,
           'tax_form', account.tax_form,
           'created_at', bourse.time(account.created_at),
           'updated_at', bourse.time(account.updated_at)) AS item,
       account.version::text AS etag
FROM accounts.accounts account
LEFT JOIN settings.users person ON person.id = account.user_id
LEFT JOIN accounts.market_maker_clients maker ON maker.id = account.id
WHERE account.id = $1::uuid
