-- The venue's rules: the limits of every account that has none of its own, null: no limit; and what
-- needs the consent of a second person.
-- shape: one
-- etag: part
-- reads: settings
-- params:
SELECT json_build_object(
           'max_order_notional', rules.limits->'max_order_notional',
           'max_daily_notional', rules.limits->'max_daily_notional',
           'max_concentration_percent', rules.limits->'max_concentration_percent',
           'max_open_orders', rules.limits->'max_open_orders',
           'approval_amounts', coalesce(rules.approvals->'amounts', '{}'),
           'approval_of_roles', coalesce((rules.approvals->>'roles')::bool, false),
           'approval_of_retries', coalesce((rules.approvals->>'retries')::bool, false),
           'approval_expires_after_s', rules.approvals->'expires_after_s',
           'updated_at', bourse.time(rules.updated_at)) AS item,
       coalesce(rules.version, 1)::text AS etag
FROM (SELECT) AS venue
LEFT JOIN settings.venue_rules rules ON rules.name = 'venue'
