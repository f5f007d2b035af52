-- The keys that checkpoints are signed with, the newest first; two at once while they are changed.
-- shape: one
-- reads: audit
-- params:
SELECT json_build_object(
           'key', (SELECT key FROM audit.checkpoint_keys
                   ORDER BY last_number DESC, first_number DESC, key LIMIT 1),
           'keys', coalesce(json_agg(json_build_object(
                       'key', key,
                       'first_checkpoint', first_number,
                       'last_checkpoint', last_number,
                       'first_signed_at', bourse.time(first_signed_at),
                       'last_signed_at', bourse.time(last_signed_at))
                   ORDER BY last_number DESC, first_number DESC, key), '[]')) AS item
FROM audit.checkpoint_keys
