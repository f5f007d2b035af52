-- One ticket whole: what was asked, by whom, from where, and what came of it.
-- shape: one
-- reads: audit, accounts, orders, settings, desk
-- params: ticket_id:text
WITH ticket AS (
    SELECT * FROM audit.ticket_items WHERE id = $1::text
), steps AS (
    SELECT e.event_id, e.correlation_id, e.request, e.result, e.ip_address, e.user_agent, e.occurred_at
    FROM accounts.events e JOIN ticket ON ticket.command_id = e.command_id
    UNION ALL
    SELECT e.event_id, e.correlation_id, e.request, e.result, e.ip_address, e.user_agent, e.occurred_at
    FROM orders.events e JOIN ticket ON ticket.command_id = e.command_id
    UNION ALL
    SELECT e.event_id, e.correlation_id, e.request, e.result, e.ip_address, e.user_agent, e.occurred_at
    FROM settings.events e JOIN ticket ON ticket.command_id = e.command_id
    UNION ALL
    SELECT e.event_id, e.correlation_id, e.request, e.result, e.ip_address, e.user_agent, e.occurred_at
    FROM desk.events e JOIN ticket ON ticket.command_id = e.command_id
    UNION ALL
    SELECT e.event_id, e.correlation_id, e.request, e.result, e.ip_address, e.user_agent, e.occurred_at
    FROM audit.events e JOIN ticket ON ticket.command_id = e.command_id
), asked AS (
    SELECT * FROM steps ORDER BY request IS NULL, occurred_at LIMIT 1
), answered AS (
    SELECT steps.result FROM steps JOIN ticket ON ticket.event_id = steps.event_id LIMIT 1
), sharing AS (
    SELECT e.command_id
    FROM accounts.events e JOIN asked ON asked.correlation_id = e.correlation_id
    WHERE e.action IS NOT NULL
    UNION ALL
    SELECT e.command_id
    FROM orders.events e JOIN asked ON asked.correlation_id = e.correlation_id
    WHERE e.action IS NOT NULL
    UNION ALL
    SELECT e.command_id
    FROM settings.events e JOIN asked ON asked.correlation_id = e.correlation_id
    WHERE e.action IS NOT NULL
    UNION ALL
    SELECT e.command_id
    FROM desk.events e JOIN asked ON asked.correlation_id = e.correlation_id
    WHERE e.action IS NOT NULL
    UNION ALL
    SELECT e.command_id
    FROM audit.events e JOIN asked ON asked.correlation_id = e.correlation_id
    WHERE e.action IS NOT NULL
), related AS (
    SELECT other.id, other.seq
    FROM audit.ticket_logs other
    WHERE other.command_id IN (SELECT command_id FROM sharing)
      AND other.id <> $1::text
    ORDER BY other.seq
    LIMIT 100
)
SELECT t.item::jsonb || jsonb_build_object(
           'actor', CASE WHEN actor.id IS NOT NULL THEN json_build_object(
               'id', actor.id, 'email', actor.email, 'full_name', actor.full_name) END,
           'request', asked.request,
           'result', answered.result,
           'before', answered.result -> 'balance_before',
           'after', answered.result -> 'balance_after',
           'ip_address', asked.ip_address,
           'user_agent', asked.user_agent,
           'correlation_id', asked.correlation_id,
           'related', (SELECT coalesce(json_agg(related.id ORDER BY related.seq), '[]') FROM related),
           'event_id', t.event_id,
           'hash', encode(t.event_hash, 'hex'),
           'inclusion_proof', audit.inclusion_proof(
               t.seq, (SELECT max(number) FROM audit.checkpoints))) AS item
FROM ticket t
LEFT JOIN asked ON true
LEFT JOIN answered ON true
LEFT JOIN settings.users actor ON actor.id = t.actor_id
