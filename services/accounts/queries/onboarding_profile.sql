-- Who the caller has said to be.
-- shape: one
-- etag: part
-- reads: accounts
-- params: caller_user_id:uuid
SELECT json_build_object(
           'name', checked.name,
           'birth_date', checked.birth_date,
           'nationality', checked.nationality,
           'address', checked.address,
           'tax_id', checked.tax_id,
           'status', checked.status,
           'created_at', bourse.time(checked.created_at),
           'updated_at', bourse.time(checked.updated_at)) AS item,
       checked.version::text AS etag
FROM accounts.kyc_profiles checked
WHERE checked.user_id = $1::uuid AND checked.has_profile
