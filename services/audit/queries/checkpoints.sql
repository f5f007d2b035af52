-- Signed checkpoints, newest first.
-- shape: list
-- reads: audit
-- params: limit:int, cursor:text
SELECT item, number::text AS cursor
FROM audit.checkpoint_items
WHERE $2::text IS NULL OR number < $2::bigint
ORDER BY number DESC
LIMIT $1::int
