-- Whose conversation it is: with that key is sealed what the desk says in it.
-- shape: one
-- reads: desk
-- params: id:uuid
SELECT json_build_object('user_id', user_id) AS item
FROM desk.support_tickets
WHERE id = $1::uuid
