"""Rows of very many orders, and of what goes with them in all projections: for what takes many rows.

They fit together as far as queries can tell. Things are numbered: made.id('order', 77) is the id of
one, made.at(77) its time, of some three weeks up to now, and account n has the orders n, n + accounts,
and so on, every tenth of them open. The first twenty accounts are market makers.
"""
import topics

DAYS = 23
OWN_FROM = 50  # the first account that may be somebody's

BEGIN = """
CREATE SCHEMA made;
CREATE FUNCTION made.id(kind text, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
    RETURN CASE WHEN kind IN ('account', 'user') AND n >= {own_from} AND n < {own_from} + {own_count}
                THEN (CASE kind WHEN 'account' THEN {own_accounts} ELSE {own_users} END)[n - {own_from} + 1]
                ELSE md5(kind || n)::uuid END;
CREATE FUNCTION made.at(n bigint) RETURNS timestamptz STABLE LANGUAGE sql
    RETURN date_trunc('minute', now()) - ({rows} - n) * interval '{days} days' / {rows};
CREATE TABLE made.n AS
SELECT n::bigint AS n, ((n + n % 2) / {accounts} % 2)::int AS sold FROM generate_series(1, {rows}) AS n;
"""
ROWS = """
INSERT INTO orders.assets SELECT 'A' || n, 'A' || n, 'certificate', 0 FROM made.n WHERE n <= 20;
INSERT INTO orders.symbols
SELECT 'A' || n || '-EUR', 'A' || n, 'EUR', 1, 1, 1, 9, 0, 0, 0, 0, 2, 'open', NULL, 'EUR', NULL,
       made.at(n), made.at(n), 1, n FROM made.n WHERE n <= 20;
INSERT INTO orders.market_data SELECT symbol, 100, made.at({rows}), {rows} FROM orders.symbols
ON CONFLICT DO NOTHING;
INSERT INTO orders.candles
SELECT 'A' || s || '-EUR', minutes, start_at, 100, 100, 100, 100, 1
FROM generate_series(1, 20) AS s, (VALUES (1, 2000), (60, 1000)) AS sizes (minutes, rows),
     generate_series(made.at({rows}) - rows * minutes * interval '1 minute', made.at({rows}),
                     minutes * interval '1 minute') AS start_at;
INSERT INTO accounts.accounts
SELECT made.id('account', n), made.id('user', n), CASE WHEN n <= 20 THEN 'market_maker' ELSE 'trading' END,
       'active', NULL, 'generic', made.at(n), made.at(n), 1 FROM made.n WHERE n <= 20000
ON CONFLICT DO NOTHING;
INSERT INTO accounts.market_maker_clients
SELECT made.id('account', n), 'maker', 'maker@example.com', NULL, 'hash' || n, 'active', made.at(n), made.at(n), 1
FROM made.n WHERE n <= 20;
INSERT INTO accounts.balances
SELECT made.id('account', a), asset, 10, 5, 15, made.at({rows}) FROM generate_series(1, 10000) AS a,
       (VALUES ('EUR'), ('A1'), ('A2')) AS held (asset)
ON CONFLICT DO NOTHING;
INSERT INTO accounts.positions
SELECT made.id('account', a), 'A' || s || '-EUR', 10, 1000, 5, made.at({rows}), 7
FROM generate_series(1, 10000) AS a, generate_series(1, 2) AS s;
INSERT INTO orders.orders (id, place, account_id, instrument, side, type, time_in_force, status,
    lifecycle, quantity, filled_quantity, prevented_quantity, limit_price, filled_notional, fees,
    post_only, self_trade, client_order_id, created_at, updated_at, partition, placed_offset,
    entered_offset, event_offset, filled_offset, version, average_fill_price, trigger, close)
SELECT made.id('order', n), bourse.place(made.at(n)) || made.id('order', n), made.id('account', n % {accounts}), s, side,
       'limit', 'gtc', status, lifecycle, 10, 10 * (status = 'filled')::int, 0, 100 + n % 997,
       1000, 0, false, 'cancel_resting', 'mine' || n, made.at(n), made.at(n), {partition}, n, n, n, n, n, 100,
       'none', false
FROM made.n, LATERAL (SELECT 'A' || (n + n % 2) / {accounts} % 20 + 1 || '-EUR' AS s,
                        CASE n % 2 WHEN sold THEN 'buy' ELSE 'sell' END AS side,
                        CASE n / 20 % 10 WHEN 0 THEN 'open' ELSE 'filled' END AS status,
                        CASE n / 20 % 10 WHEN 0 THEN 'submitted' ELSE 'executed' END AS lifecycle) AS o;
INSERT INTO orders.trades
SELECT made.id('trade', n), bourse.place(made.at(n)) || n, 'A' || n / {accounts} % 20 + 1 || '-EUR', 100, 10,
       made.id('order', n - sold), made.id('order', n - 1 + sold), made.id('account', (n - sold) % {accounts}),
       made.id('account', (n - 1 + sold) % {accounts}), 0, 0, 'buy', made.at(n), {partition}, n
FROM made.n WHERE n % 2 = 0;
INSERT INTO accounts.asset_transactions
SELECT made.id('booking', n), made.id('account', n % {accounts}), 'EUR', 'deposit', 10, 0, 10, NULL, made.at(n + {rows} - 50000),
       made.id('command', n), n + {rows} - 50000, 0 FROM made.n WHERE n <= 50000;
INSERT INTO accounts.transactions
SELECT {partition}, n, line, 'account', made.id('account', of % {accounts}), asset, amount, 100000, 'trade',
       made.id('order', of), made.at(n), CASE asset WHEN 'A1' THEN 'A1-EUR' END, 10, 1000, n
FROM made.n,
     LATERAL (VALUES (0, n - sold, 'A1', 10), (1, n - sold, 'EUR', -1000),
                     (2, n - 1 + sold, 'A1', -10), (3, n - 1 + sold, 'EUR', 1000))
         AS legs (line, of, asset, amount)
WHERE n % 2 = 0;
INSERT INTO desk.news_articles
SELECT made.id('news', n), 'category' || n % 20, 'Title ' || n, NULL, 'Text of ' || n || ' about word' || n % {accounts},
       NULL, NULL, ARRAY['A' || n % 20 + 1 || '-EUR', 'B' || n], made.at(n + {rows} - 50000), made.at(n + {rows} - 50000), made.at(n + {rows} - 50000), 1, NULL FROM made.n WHERE n <= 50000;
INSERT INTO desk.economic_events
SELECT made.id('figure', n), 'DE', 'Figure ' || n, 'high', made.at(n + {rows} - 50000) + interval '20 days', NULL, NULL, 1, 2, 3, NULL,
       made.at(n + {rows} - 50000), made.at(n + {rows} - 50000), 1, NULL FROM made.n WHERE n <= 50000;
INSERT INTO desk.earnings_calendar
SELECT made.id('report', n), 'A' || n % 20 + 1 || '-EUR', 'Company ' || n, '2026-Q3', made.at(n + {rows} - 50000) + interval '20 days',
       'after_close', 'EUR', 1, 2, 3, 4, made.at(n + {rows} - 50000), made.at(n + {rows} - 50000), 1, NULL FROM made.n WHERE n <= 50000;
INSERT INTO desk.faq_items
SELECT made.id('question', n), 'category' || n % 20, 'Question ' || n, 'Answer', n, made.at(n + {rows} - 50000), made.at(n + {rows} - 50000), 1, NULL
FROM made.n WHERE n <= 50000;
INSERT INTO desk.support_tickets
SELECT made.id('conversation', n), made.id('user', n % {accounts}), 'Subject ' || n, 'funding',
       CASE n % 20 WHEN 0 THEN 'open' ELSE 'closed' END, 'normal', made.id('user', n % 20), made.at(n + {rows} - 50000), made.at(n + {rows} - 50000), NULL,
       made.at(n + {rows} - 50000), NULL, NULL, NULL, NULL, NULL, 2, 1, made.at(n + {rows} - 50000) FROM made.n WHERE n <= 50000;
INSERT INTO desk.support_messages
SELECT made.id('message', n), made.id('conversation', n / 2), made.id('user', n / 2 % {accounts}), made.id('user', n % {accounts}), false,
       'Text', made.at(n + {rows} - 50000), n % 2 + 1 FROM made.n WHERE n <= 50000;
INSERT INTO accounts.account_statements
SELECT made.id('statement', n), made.id('account', n % {accounts}), 'monthly', made.at(n) - interval '1 day', made.at(n), 0, n, '{{}}',
       made.at(n) FROM made.n WHERE n <= 20000;
INSERT INTO accounts.tax_documents
SELECT made.id('document', n), made.id('account', n % {accounts}), 'generic', date_trunc('year', made.at(n)), made.at(n), 0, n, '{{}}',
       made.at(n) FROM made.n WHERE n <= 20000;
INSERT INTO accounts.account_events
SELECT made.id('account', n % {accounts}), made.at(n), n, {partition}, '{{"EUR":["10","5"],"A1":["1","0"]}}' FROM made.n;
INSERT INTO audit.ticket_logs
SELECT 'TKT-2025-' || lpad(n::text, 7, '0'), n - {rows} - 1, made.id('command', n), 'PlaceOrder', 'order',
       made.id('order', n)::text, made.id('account', n % {accounts}), made.id('user', n % {accounts}),
       CASE n % 10 WHEN 0 THEN 'failed' ELSE 'success' END, NULL, 'bourse.orders.events', {partition}, n,
       made.id('event', n), NULL, made.at(n), made.at(n), 1, sha256(n::text::bytea) FROM made.n;
INSERT INTO settings.price_alerts
SELECT made.id('order', n), made.id('user', n % {accounts}), 'A1-EUR', 'above', 10, NULL, NULL, false, NULL, 'active', 1, made.at(n + {rows} - 50000), made.at(n + {rows} - 50000)
FROM made.n WHERE n <= 50000;
INSERT INTO settings.notifications
SELECT made.id('order', n), made.id('user', n % {accounts}), 'price_alert', made.id('order', n), 'A1-EUR', 10, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, made.at(n + {rows} - 50000) FROM made.n WHERE n <= 50000;
INSERT INTO settings.push_subscriptions
SELECT made.id('order', n), made.id('user', n % {accounts}), 'https://push.example.net', made.at(n + {rows} - 50000), NULL FROM made.n WHERE n <= 50000;
INSERT INTO settings.notification_pushes
SELECT made.id('order', n), made.id('order', n), 'sent' FROM made.n WHERE n <= 50000;
INSERT INTO settings.watchlists
SELECT made.id('order', n), made.id('user', n % {accounts}), '{{A1-EUR,A2-EUR}}', 1, made.at(n + {rows} - 50000), made.at(n + {rows} - 50000), 'list' FROM made.n WHERE n <= 50000;
INSERT INTO settings.saved_screens
SELECT made.id('order', n), made.id('user', n % {accounts}), 'screen', '{{}}', NULL, 1, made.at(n + {rows} - 50000), made.at(n + {rows} - 50000) FROM made.n WHERE n <= 50000;
INSERT INTO settings.users
SELECT made.id('user', n), 'user@example.com', 'hash' || n, 'User', made.id('account', n), '{{user}}',
       'active', made.at(n), 1 FROM made.n WHERE n <= 20000
ON CONFLICT DO NOTHING;
"""
JOURNAL = """
INSERT INTO {service}.events
SELECT {partition}, n, made.id('event', n), 'OrderEntered', made.id('account', n % {accounts})::text,
       made.id('command', n), made.id('correlation', n), made.id('user', n % {accounts}), true, NULL, made.at(n),
       'orders/{partition}/' || n, '{{}}', 'PlaceOrder', NULL, NULL, '{{}}' FROM made.n;
"""


def many_rows(rows, accounts=500, partition=0, own=()):
    """The statements that make the rows of so many orders. own: (user, account) of accounts that are
    there already and have their share, too."""
    said = {"rows": rows, "accounts": accounts, "partition": partition, "days": DAYS, "own_from": OWN_FROM,
            "own_count": len(own)}
    for place, name in enumerate(("own_users", "own_accounts")):
        said[name] = "ARRAY[" + ", ".join(f"'{ids[place]}'" for ids in own) + "]::uuid[]"
    statements = [BEGIN.format(**said), ROWS.format(**said)]
    statements += [JOURNAL.format(service=service, **said) for service in topics.SERVICES]
    return "BEGIN;\n" + "".join(statements) + "COMMIT;\n"
