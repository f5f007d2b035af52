-- That the tree of a checkpoint continues that of an older one.
-- shape: one
-- reads: audit
-- params: number:int, since:int
SELECT json_build_object(
           'since', old.item,
           'checkpoint', new.item,
           'hashes', audit.hashes(audit.consistency_path(old.tree_size, new.tree_size))) AS item
FROM audit.checkpoint_items new, audit.checkpoint_items old
WHERE new.number = $1::int AND old.number = $2::int AND old.number <= new.number
