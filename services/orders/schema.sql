-- orders: the read model of orders, trades, instruments and assets.
--
-- place     text that sorts rows by time: what lists are ordered and continued by.
-- offsets   of the event topic in `partition`: where the row came from and was last changed.

CREATE TABLE orders (
    id                 uuid PRIMARY KEY,
    place              text COLLATE "C" NOT NULL,
    account_id         uuid NOT NULL,
    instrument         text COLLATE "C" NOT NULL,
    side               text NOT NULL,
    type               text NOT NULL,
    time_in_force      text NOT NULL,
    status             text NOT NULL,
    lifecycle          text NOT NULL,
    quantity           numeric(20,8) NOT NULL,
    filled_quantity    numeric(20,8) NOT NULL,
    prevented_quantity numeric(20,8) NOT NULL, -- taken away so as not to trade with its own account
    remaining_quantity numeric(20,8) NOT NULL
        GENERATED ALWAYS AS (quantity - filled_quantity - prevented_quantity) STORED,
    limit_price        numeric(20,8),
    max_notional       numeric(20,8),
    average_fill_price numeric(20,8),
    filled_notional    numeric(20,8) NOT NULL,
    fees               numeric(20,8) NOT NULL,
    post_only          boolean NOT NULL,
    self_trade         text NOT NULL,
    client_order_id    text,
    trigger            text NOT NULL,
    stop_price         numeric(20,8), -- of a trailing stop, when it came or fired: trailed_stop()
    trail_amount       numeric(20,8),
    trail_percent      numeric(20,8),
    expires_at         timestamptz,
    stop_loss_price    numeric(20,8),
    take_profit_price  numeric(20,8),
    parent_id          uuid,
    sibling_id         uuid,
    close              boolean NOT NULL,
    end_reason         text,
    code               text, -- why it was rejected
    message            text,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    partition          int NOT NULL,
    placed_offset      bigint NOT NULL,
    entered_offset     bigint NOT NULL, -- where it met its book: time priority inside its price
    event_offset       bigint NOT NULL,
    filled_offset      bigint,          -- of its last fill
    version            bigint NOT NULL, -- behind event_offset; what its book compares If-Match with
    crossed_by         uuid             -- the trade whose price fired it
);
CREATE INDEX orders_by_account ON orders (account_id, place DESC);
CREATE INDEX orders_by_client_order_id ON orders (account_id, client_order_id)
    WHERE client_order_id IS NOT NULL;
CREATE INDEX orders_resting ON orders (instrument, side, limit_price, entered_offset)
    WHERE status IN ('open', 'partially_filled');

-- What is open of an account's, which is little of all that it ever had, and what ended otherwise than
-- by trading. Most of most accounts is filled, which is found without. An entry costs an order 0.75
-- microseconds.
CREATE INDEX orders_open ON orders (account_id, status, place DESC)
    WHERE status IN ('pending', 'open', 'partially_filled');
CREATE INDEX orders_ended ON orders (account_id, status, place DESC)
    WHERE status IN ('canceled', 'expired', 'rejected');

CREATE TABLE trades (
    trade_id          uuid PRIMARY KEY,
    place             text COLLATE "C" NOT NULL,
    instrument        text COLLATE "C" NOT NULL,
    price             numeric(20,8) NOT NULL,
    quantity          numeric(20,8) NOT NULL,
    buy_order_id      uuid NOT NULL,
    sell_order_id     uuid NOT NULL,
    buyer_account_id  uuid NOT NULL,
    seller_account_id uuid NOT NULL,
    buyer_fee         numeric(20,8) NOT NULL,
    seller_fee        numeric(20,8) NOT NULL,
    taker_side        text NOT NULL,
    executed_at       timestamptz NOT NULL,
    partition         int NOT NULL,
    event_offset      bigint NOT NULL
);
CREATE INDEX trades_by_instrument ON trades (instrument, place DESC);
CREATE INDEX trades_by_buyer ON trades (buyer_account_id, place DESC);
CREATE INDEX trades_by_seller ON trades (seller_account_id, place DESC);
CREATE INDEX trades_by_buy_order ON trades (buy_order_id);
CREATE INDEX trades_by_sell_order ON trades (sell_order_id);

-- What orders became behind their placing, but for fills, which are trades, and their ends: other terms, a
-- trigger that fired, a guard that came or grew; and what was not to trade with their own account.
CREATE TABLE order_changes (
    order_id           uuid NOT NULL,
    event_offset       bigint NOT NULL,
    occurred_at        timestamptz NOT NULL,
    prevented_quantity numeric(20,8) NOT NULL, -- this and all below as they are behind the event
    quantity           numeric(20,8),          -- null, as all below: nothing but the above has changed
    limit_price        numeric(20,8),
    stop_price         numeric(20,8),
    trigger            text,
    PRIMARY KEY (order_id, event_offset)
);

CREATE TABLE assets (
    code  text COLLATE "C" PRIMARY KEY,
    name  text NOT NULL,
    kind  text NOT NULL,
    scale int NOT NULL,
    underlying   text,          -- of options, as all below: the instrument whose price settles it
    strike       numeric(20,8),
    expires_at   timestamptz,
    option_right text,          -- call, put
    multiplier   numeric(20,8)
);

-- Options that have expired, and the price that settled them.
CREATE TABLE option_settlements (
    asset            text PRIMARY KEY,
    settlement_price numeric(20,8) NOT NULL,
    settled_at       timestamptz NOT NULL
);

CREATE TABLE symbols (
    symbol             text COLLATE "C" PRIMARY KEY,
    base               text NOT NULL,
    quote              text NOT NULL,
    tick_size          numeric(20,8) NOT NULL,
    lot_size           numeric(20,8) NOT NULL,
    min_quantity       numeric(20,8) NOT NULL,
    max_quantity       numeric(20,8) NOT NULL,
    price_band_percent numeric(20,8) NOT NULL,
    maker_fee_bps      int NOT NULL,
    taker_fee_bps      int NOT NULL,
    base_scale         int NOT NULL,
    quote_scale        int NOT NULL,
    status             text NOT NULL,
    sector             text,
    currency           text NOT NULL,
    mark_price         numeric(20,8),
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    version            bigint NOT NULL, -- counts its changes, from 1
    event_offset       bigint NOT NULL
);

CREATE TABLE market_data (
    instrument text COLLATE "C" PRIMARY KEY,
    last_price numeric(20,8), -- null until something trades
    last_at    timestamptz,
    sequence   bigint         -- offset of the last event that concerned its book
);

-- What traded in each minute and each hour, UTC; longer ones are summed up from these.
CREATE TABLE candles (
    instrument text COLLATE "C" NOT NULL,
    minutes    int NOT NULL,         -- 1 or 60
    start_at   timestamptz NOT NULL,
    open       numeric(20,8) NOT NULL,
    high       numeric(20,8) NOT NULL,
    low        numeric(20,8) NOT NULL,
    close      numeric(20,8) NOT NULL,
    volume     numeric(20,8) NOT NULL,
    PRIMARY KEY (instrument, minutes, start_at)
);

-- Mark prices as they were fed in. From an instrument's first on, triggers look at no other price.
CREATE TABLE mark_prices (
    instrument   text COLLATE "C" NOT NULL,
    event_offset bigint NOT NULL,
    mark_price   numeric(20,8) NOT NULL,
    marked_at    timestamptz NOT NULL,
    PRIMARY KEY (instrument, event_offset)
);
CREATE INDEX mark_prices_by_time ON mark_prices (instrument, marked_at DESC, event_offset DESC);

-- The highest and the lowest price that triggers have looked at behind an event of that time, and until
-- another (null: now): of candles where they lie between, else of trades; nulls where there was none.
CREATE FUNCTION reference_range(symbol text, since timestamptz, behind bigint, until timestamptz,
                                last_offset bigint, OUT high numeric, OUT low numeric)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH marks AS (
        SELECT min(event_offset) AS first_offset, min(marked_at) AS first_at
        FROM mark_prices WHERE instrument = symbol AND event_offset <= last_offset
          AND marked_at <= coalesce(until, 'infinity')
    ), edges AS (
        SELECT date_trunc('minute', since) + interval '1 minute' AS minute,
               date_trunc('hour', since) + interval '1 hour' AS hour,
               date_trunc('minute', until) AS last_minute, date_trunc('hour', until) AS last_hour
    ), seen AS (
        SELECT max(price) AS high, min(price) AS low
        FROM marks, edges, trades
        WHERE instrument = symbol AND place >= bourse.place(since)
          AND event_offset > behind AND event_offset <= last_offset
          AND (first_offset IS NULL OR event_offset < first_offset)
          AND place < bourse.place(coalesce(first_at + interval '1 microsecond',
                                            least(minute, until + interval '1 microsecond')))
        UNION ALL
        SELECT max(candles.high), min(candles.low)
        FROM marks, edges, candles
        WHERE instrument = symbol AND minutes = 1 AND first_offset IS NULL
          AND start_at >= minute AND start_at < hour
          AND start_at < coalesce(last_minute, 'infinity')
        UNION ALL
        SELECT max(candles.high), min(candles.low)
        FROM marks, edges, candles
        WHERE instrument = symbol AND minutes = 60 AND first_offset IS NULL
          AND start_at >= hour AND start_at < coalesce(last_hour, 'infinity')
        UNION ALL
        SELECT max(candles.high), min(candles.low)
        FROM marks, edges, candles
        WHERE instrument = symbol AND minutes = 1 AND first_offset IS NULL
          AND start_at >= greatest(hour, last_hour) AND start_at < last_minute
        UNION ALL
        SELECT max(price), min(price)
        FROM marks, edges, trades
        WHERE instrument = symbol AND first_offset IS NULL AND event_offset <= last_offset
          AND place >= bourse.place(greatest(minute, last_minute))
          AND place < bourse.place(until + interval '1 microsecond')
        UNION ALL
        SELECT max(mark_price), min(mark_price)
        FROM mark_prices
        WHERE instrument = symbol AND event_offset > behind AND event_offset <= last_offset
          AND marked_at <= coalesce(until, 'infinity')
    )
    SELECT max(seen.high), min(seen.low) FROM seen;
END;

-- Where a trailing stop that waits had moved to, from `stop` behind that event until then, as its book
-- works it out (services/orders/trigger.c).
CREATE FUNCTION trailed_stop(waiting orders, stop numeric, since timestamptz, behind bigint,
                             until timestamptz, last_offset bigint) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE waiting.side
               WHEN 'sell' THEN greatest(stop, CASE WHEN high > away THEN high - away END)
               ELSE least(stop, low + away) END
    FROM reference_range(waiting.instrument, since, behind, until, last_offset),
         LATERAL (SELECT coalesce(waiting.trail_amount,
                                  ceil(CASE waiting.side WHEN 'sell' THEN high ELSE low END
                                       * waiting.trail_percent * 1000000) / 100000000) AS away) AS trail;
END;

-- An order as its owner sees it: column by column, and as one item.
CREATE VIEW order_items AS
SELECT shown.*,
       json_build_object(
           'id', id,
           'account_id', account_id,
           'instrument', instrument,
           'side', side,
           'type', type,
           'time_in_force', time_in_force,
           'status', status,
           'lifecycle', lifecycle,
           'quantity', quantity,
           'filled_quantity', filled_quantity,
           'remaining_quantity', remaining_quantity,
           'limit_price', limit_price,
           'max_notional', max_notional,
           'average_fill_price', average_fill_price,
           'filled_notional', filled_notional,
           'fees', fees,
           'post_only', post_only,
           'self_trade', self_trade,
           'client_order_id', client_order_id,
           'trigger', trigger,
           'stop_price', stop_price,
           'trail_amount', trail_amount,
           'trail_percent', trail_percent,
           'expires_at', expires_at,
           'stop_loss_price', stop_loss_price,
           'take_profit_price', take_profit_price,
           'parent_id', parent_id,
           'sibling_id', sibling_id,
           'close', close,
           'end_reason', end_reason,
           'code', code,
           'message', message,
           'created_at', created_at,
           'updated_at', updated_at) AS item
FROM (SELECT orders AS known, place, partition, event_offset, filled_offset, version,
             id, account_id, instrument, side, type, time_in_force, status, lifecycle,
             bourse.decimal(quantity) AS quantity,
             bourse.decimal(filled_quantity) AS filled_quantity,
             bourse.decimal(remaining_quantity) AS remaining_quantity,
             bourse.decimal(limit_price) AS limit_price,
             bourse.decimal(max_notional) AS max_notional,
             bourse.decimal(average_fill_price) AS average_fill_price,
             bourse.decimal(filled_notional) AS filled_notional, bourse.decimal(fees) AS fees,
             post_only, self_trade, client_order_id, trigger,
             CASE WHEN type = 'trailing_stop' AND trigger = 'waiting' AND status = 'pending'
                  THEN bourse.decimal(trailed_stop(orders, stop_price, updated_at, event_offset,
                                                   NULL, 9223372036854775807))
                  ELSE bourse.decimal(stop_price) END AS stop_price,
             bourse.decimal(trail_amount) AS trail_amount,
             bourse.decimal(trail_percent) AS trail_percent, bourse.time(expires_at) AS expires_at,
             bourse.decimal(stop_loss_price) AS stop_loss_price,
             bourse.decimal(take_profit_price) AS take_profit_price, parent_id, sibling_id, close,
             end_reason, code, message, bourse.time(created_at) AS created_at,
             bourse.time(updated_at) AS updated_at
      FROM orders) AS shown;

-- A trade twice: what either side got of it, as its owner sees it.
CREATE VIEW fills AS
SELECT sides.*,
       json_build_object(
           'trade_id', trade_id,
           'order_id', order_id,
           'instrument', instrument,
           'side', side,
           'price', bourse.decimal(price),
           'quantity', bourse.decimal(quantity),
           'fee', bourse.decimal(fee),
           'liquidity', CASE WHEN taker_side = side THEN 'taker' ELSE 'maker' END,
           'executed_at', bourse.time(executed_at)) AS item
FROM (SELECT trade_id, place, instrument, price, quantity, buy_order_id AS order_id,
             buyer_account_id AS account_id, 'buy'::text AS side, buyer_fee AS fee, taker_side,
             executed_at, partition, event_offset
      FROM trades
      UNION ALL
      SELECT trade_id, place, instrument, price, quantity, sell_order_id, seller_account_id,
             'sell'::text, seller_fee, taker_side, executed_at, partition, event_offset
      FROM trades) AS sides;

-- Where the past of orders ends: in the partition of a position by offset, elsewhere by time.
CREATE TYPE bound AS (until timestamptz, partition int, last_offset bigint);

-- What "as of" means for orders: with what happened until then, be it a time, an event's position
-- ("orders/0/12"), or null for now.
CREATE FUNCTION bound_of(as_of text) RETURNS SETOF bound
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT coalesce(asked.until,
                    (SELECT e.occurred_at
                     FROM events e
                     WHERE e.partition = asked.partition AND e.event_offset >= asked.event_offset
                     ORDER BY e.event_offset
                     LIMIT 1),
                    'infinity'),
           asked.partition, asked.event_offset
    FROM (SELECT substring(as_of FROM '^orders/(\d+)/')::int AS partition,
                 substring(as_of FROM '^orders/\d+/(\d+)$')::bigint AS event_offset,
                 substring(as_of FROM '^[^o].*$')::timestamptz AS until) AS asked;
END;

-- Whether an event of that time and place had happened.
CREATE FUNCTION had_happened(past bound, at timestamptz, in_partition int, event_offset bigint)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN in_partition = past.partition THEN event_offset <= past.last_offset
                ELSE at <= past.until END;

-- What an order was then, where that is not what it is now: `was` are the members of its item that were
-- others. No row: it was not there yet. One that has not changed since is what it is; otherwise it was
-- open, with the terms of the last change before (or of its placing, which the journal has, or, where
-- nothing but fills came since, those it has), and with the trades until then.
CREATE FUNCTION order_at(known orders, past bound)
    RETURNS TABLE (status text, lifecycle text, filled_offset bigint, was jsonb)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT known.status, known.lifecycle, known.filled_offset,
           CASE WHEN known.type = 'trailing_stop' AND known.trigger = 'waiting' AND known.status = 'pending'
                THEN jsonb_build_object('stop_price', bourse.decimal(trailed_stop(
                         known, known.stop_price, known.updated_at, known.event_offset,
                         nullif(past.until, 'infinity'),
                         CASE WHEN known.partition = past.partition THEN past.last_offset
                              ELSE 9223372036854775807 END)))
                ELSE '{}' END
    WHERE had_happened(past, known.updated_at, known.partition, known.event_offset)
    UNION ALL
    SELECT CASE WHEN terms.trigger = 'waiting' THEN 'pending'
                WHEN filled.quantity > 0 THEN 'partially_filled' ELSE 'open' END,
           CASE WHEN terms.trigger = 'waiting' THEN 'pending' ELSE 'submitted' END,
           filled.last_offset,
           jsonb_build_object(
               'status', CASE WHEN terms.trigger = 'waiting' THEN 'pending'
                              WHEN filled.quantity > 0 THEN 'partially_filled' ELSE 'open' END,
               'lifecycle', CASE WHEN terms.trigger = 'waiting' THEN 'pending' ELSE 'submitted' END,
               'quantity', bourse.decimal(terms.quantity),
               'filled_quantity', bourse.decimal(filled.quantity),
               'remaining_quantity', bourse.decimal(terms.quantity - filled.quantity - terms.prevented),
               'limit_price', bourse.decimal(terms.limit_price),
               'average_fill_price', bourse.decimal(bourse.divide(filled.notional, filled.quantity)),
               'filled_notional', bourse.decimal(filled.notional),
               'fees', bourse.decimal(filled.fees),
               'trigger', terms.trigger,
               'stop_price', bourse.decimal(
                   CASE WHEN known.type = 'trailing_stop' AND terms.trigger = 'waiting'
                        THEN trailed_stop(known, terms.stop_price, changed.at, changed.event_offset,
                                          nullif(past.until, 'infinity'),
                                          CASE WHEN known.partition = past.partition THEN past.last_offset
                                               ELSE 9223372036854775807 END)
                        ELSE terms.stop_price END),
               'end_reason', NULL,
               'code', NULL,
               'message', NULL,
               'updated_at', bourse.time(greatest(changed.at, filled.last_at)))
    FROM (SELECT e.occurred_at AS at, e.result
          FROM (SELECT 1) AS always
          LEFT JOIN events e
                 ON e.partition = known.partition AND e.event_offset = known.placed_offset) AS placed
    LEFT JOIN LATERAL (
        SELECT change.*
        FROM order_changes change
        WHERE change.order_id = known.id
          AND had_happened(past, change.occurred_at, known.partition, change.event_offset)
        ORDER BY change.event_offset DESC
        LIMIT 1) AS last ON true
    LEFT JOIN LATERAL (
        SELECT change.*
        FROM order_changes change
        WHERE change.order_id = known.id AND change.quantity IS NOT NULL
          AND change.event_offset <= last.event_offset
        ORDER BY change.event_offset DESC
        LIMIT 1) AS own ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(last.occurred_at, placed.at) AS at,
               coalesce(last.event_offset, known.placed_offset) AS event_offset) AS changed
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT FROM order_changes later WHERE later.order_id = known.id)
                    THEN placed.result END AS item) AS first
    CROSS JOIN LATERAL (
        SELECT coalesce(own.quantity, (first.item ->> 'quantity')::numeric, known.quantity) AS quantity,
               coalesce(last.prevented_quantity,
                        (first.item ->> 'quantity')::numeric - (first.item ->> 'filled_quantity')::numeric
                        - (first.item ->> 'remaining_quantity')::numeric,
                        known.prevented_quantity) AS prevented,
               CASE WHEN own.quantity IS NOT NULL THEN own.limit_price
                    WHEN first.item IS NOT NULL THEN (first.item ->> 'limit_price')::numeric
                    ELSE known.limit_price END AS limit_price,
               CASE WHEN own.quantity IS NOT NULL THEN own.stop_price
                    WHEN first.item IS NOT NULL THEN (first.item ->> 'stop_price')::numeric
                    ELSE known.stop_price END AS stop_price,
               coalesce(own.trigger, first.item ->> 'trigger', known.trigger) AS trigger) AS terms
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(fill.quantity), 0) AS quantity,
               coalesce(sum(fill.price * fill.quantity), 0) AS notional,
               coalesce(sum(fill.fee), 0) AS fees, max(fill.executed_at) AS last_at,
               max(fill.event_offset) AS last_offset
        FROM fills fill
        WHERE fill.order_id = known.id
          AND had_happened(past, fill.executed_at, fill.partition, fill.event_offset)) AS filled
    WHERE NOT had_happened(past, known.updated_at, known.partition, known.event_offset)
      AND had_happened(past, changed.at, known.partition, known.placed_offset);
END;

-- How many of an account's orders were open then: those that had come to their book and had not changed
-- for the last time, and of the others those that are open.
CREATE FUNCTION open_at(account uuid, past bound) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT count(*)
    FROM orders known
    JOIN events placed
      ON placed.partition = known.partition AND placed.event_offset = known.placed_offset
    WHERE known.account_id = account
      AND known.place < bourse.place(least(past.until, now()) + interval '1 minute')
      AND had_happened(past, placed.occurred_at, placed.partition, placed.event_offset)
      AND (known.status IN ('pending', 'open', 'partially_filled')
           OR NOT had_happened(past, known.updated_at, known.partition, known.event_offset));
END;

-- What the change of 24 hours is measured from, to the minute: the last trade before them, or their
-- first where there was none.
CREATE VIEW day_begins AS
SELECT symbols.symbol, day.from_price
FROM symbols
CROSS JOIN LATERAL (
    SELECT date_trunc('minute', now()) - interval '24 hours' AS start_at) AS since
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT before.close
                     FROM candles before
                     WHERE before.instrument = symbols.symbol
                       AND before.minutes = 1
                       AND before.start_at < since.start_at
                     ORDER BY before.start_at DESC
                     LIMIT 1),
                    (SELECT recent.open
                     FROM candles recent
                     WHERE recent.instrument = symbols.symbol
                       AND recent.minutes = 1
                       AND recent.start_at >= since.start_at
                     ORDER BY recent.start_at
                     LIMIT 1)) AS from_price
    OFFSET 0) AS day; -- looked up once, however often it is named

-- An instrument with what the last 24 hours brought, to the minute.
CREATE VIEW instrument_items AS
SELECT symbols.symbol, symbols.status, symbols.version,
       json_build_object(
           'symbol', symbols.symbol,
           'base', base,
           'quote', quote,
           'tick_size', bourse.decimal(tick_size),
           'lot_size', bourse.decimal(lot_size),
           'min_quantity', bourse.decimal(min_quantity),
           'max_quantity', bourse.decimal(max_quantity),
           'price_band_percent', bourse.decimal(price_band_percent),
           'maker_fee_bps', maker_fee_bps,
           'taker_fee_bps', taker_fee_bps,
           'base_scale', base_scale,
           'quote_scale', quote_scale,
           'status', status,
           'sector', sector,
           'currency', currency,
           'mark_price', bourse.decimal(mark_price),
           'last', bourse.decimal(market_data.last_price),
           'last_at', bourse.time(market_data.last_at),
           'change_24h', bourse.decimal(market_data.last_price - begins.from_price),
           'change_24h_percent', bourse.decimal(
               round((market_data.last_price - begins.from_price) * 100 / begins.from_price, 2)),
           'high_24h', bourse.decimal(day.high),
           'low_24h', bourse.decimal(day.low),
           'volume_24h', bourse.decimal(day.volume),
           'created_at', bourse.time(created_at),
           'updated_at', bourse.time(updated_at)) AS item
FROM symbols
LEFT JOIN market_data ON market_data.instrument = symbols.symbol
JOIN day_begins begins ON begins.symbol = symbols.symbol
CROSS JOIN LATERAL (
    SELECT date_trunc('minute', now()) - interval '24 hours' AS start_at) AS since
CROSS JOIN LATERAL (
    SELECT coalesce(sum(recent.volume), 0) AS volume,
           max(recent.high) AS high,
           min(recent.low) AS low
    FROM candles recent
    WHERE recent.instrument = symbols.symbol
      AND recent.minutes = 1
      AND recent.start_at >= since.start_at) AS day;

-- The best of each side of every book.
CREATE VIEW best_prices AS
SELECT symbols.symbol, best.bid, best.ask
FROM symbols
CROSS JOIN LATERAL (
    SELECT (SELECT max(limit_price) FROM orders
            WHERE instrument = symbols.symbol AND side = 'buy'
              AND status IN ('open', 'partially_filled')) AS bid,
           (SELECT min(limit_price) FROM orders
            WHERE instrument = symbols.symbol AND side = 'sell'
              AND status IN ('open', 'partially_filled')) AS ask
    OFFSET 0) AS best; -- looked up once, however often it is named

-- What is shown of an instrument on a watchlist.
CREATE VIEW quotes AS
SELECT best.symbol,
       json_build_object(
           'symbol', best.symbol,
           'bid', bourse.decimal(best.bid),
           'ask', bourse.decimal(best.ask),
           'last', bourse.decimal(market_data.last_price),
           'change_24h', bourse.decimal(market_data.last_price - begins.from_price),
           'change_24h_percent', bourse.decimal(round(
               (market_data.last_price - begins.from_price) * 100 / begins.from_price, 2))) AS item
FROM best_prices best
LEFT JOIN market_data ON market_data.instrument = best.symbol
JOIN day_begins begins ON begins.symbol = best.symbol;
