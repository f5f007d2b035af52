-- One question with its answer.
-- shape: one
-- reads: desk
-- params: id:uuid
SELECT item, version::text AS etag
FROM desk.faq_shown
WHERE id = $1::uuid
