-- How far the caller's identity check has come, and what is missing.
-- shape: one
-- reads: accounts
-- params: caller_user_id:uuid
SELECT CASE WHEN checked.user_id IS NOT NULL THEN accounts.kyc_item(checked)
            ELSE jsonb_build_object('user_id', account.user_id, 'account_id', account.id,
                                    'status', 'draft', 'level', 0, 'has_profile', false,
                                    'reason', NULL, 'submitted_at', NULL, 'reviewed_at', NULL,
                                    'created_at', bourse.time(account.created_at),
                                    'updated_at', bourse.time(account.created_at))
       END
       || jsonb_build_object('account_status', account.status) AS item,
       coalesce(checked.version, 0) || '-' || account.version AS etag
FROM accounts.accounts account
LEFT JOIN accounts.kyc_profiles checked ON checked.user_id = account.user_id
WHERE account.user_id = $1::uuid
