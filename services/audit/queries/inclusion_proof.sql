-- That a ticket is in the tree of a checkpoint; of the newest one where none is named.
-- shape: one
-- reads: audit
-- params: ticket_id:text, checkpoint:int
SELECT proof.item
FROM audit.ticket_logs ticket,
     LATERAL (SELECT audit.inclusion_proof(
                  ticket.seq, coalesce($2::int, (SELECT max(number) FROM audit.checkpoints))) AS item) proof
WHERE ticket.id = $1::text AND proof.item IS NOT NULL
