-- One signed checkpoint.
-- shape: one
-- reads: audit
-- params: number:int
SELECT item FROM audit.checkpoint_items WHERE number = $1::int
