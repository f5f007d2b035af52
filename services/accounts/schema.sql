-- accounts: the ledger as it can be read. `version` counts the changes of a thing,
-- from 1: it is the ETag, and what If-Match is compared with.

CREATE TABLE accounts (
    id         uuid PRIMARY KEY,
    user_id    uuid,                  -- of kind trading
    kind       text NOT NULL,         -- trading, market_maker
    status     text NOT NULL,         -- pending_kyc, active, restricted, closed
    reason     text,                  -- why
    tax_form   text NOT NULL,         -- generic, us_1099_b
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX accounts_by_creation ON accounts (created_at DESC, id DESC);
CREATE INDEX accounts_by_user ON accounts (user_id);

-- An account as staff see it; whose it is, somebody else knows.
CREATE FUNCTION account_item(account accounts, email text, name text) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', account.id,
        'user_id', account.user_id,
        'email', email,
        'name', name,
        'kind', account.kind,
        'status', account.status,
        'reason', account.reason,
        'created_at', bourse.time(account.created_at),
        'updated_at', bourse.time(account.updated_at));

-- The id of a market maker is that of its account.
CREATE TABLE market_maker_clients (
    id          uuid PRIMARY KEY,
    name        text,                 -- this and the next two: null once erased
    email       text,
    description text,
    email_hash  text NOT NULL,        -- keyed hash, 32 hexadecimal digits; need not be unique
    status      text NOT NULL,        -- active, inactive
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL
);
CREATE INDEX market_maker_clients_by_creation ON market_maker_clients (created_at DESC, id DESC);
CREATE INDEX market_maker_clients_by_email ON market_maker_clients (email_hash);

-- Kept apart, so that no query meets a hash that does not ask for it.
CREATE TABLE market_maker_credentials (
    market_maker_id uuid PRIMARY KEY,
    password_hash   text
);

CREATE TABLE balances (
    account_id uuid NOT NULL,
    asset      text COLLATE "C" NOT NULL,
    available  numeric(20, 8) NOT NULL CHECK (available >= 0),
    locked     numeric(20, 8) NOT NULL CHECK (locked >= 0),
    total      numeric(20, 8) NOT NULL CHECK (total = available + locked),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, asset)
);

CREATE TABLE market_maker_proceeds (
    market_maker_id uuid NOT NULL,
    asset           text COLLATE "C" NOT NULL,
    amount          numeric(20, 8) NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (market_maker_id, asset)
);

-- Deposits, withdrawals and payouts.
CREATE TABLE asset_transactions (
    id             uuid PRIMARY KEY,
    account_id     uuid NOT NULL,
    asset          text COLLATE "C" NOT NULL,
    type           text NOT NULL,
    amount         numeric(20, 8) NOT NULL,
    balance_before numeric(20, 8) NOT NULL, -- of what is available, or of the proceeds
    balance_after  numeric(20, 8) NOT NULL,
    notes          text,
    created_at     timestamptz NOT NULL,
    command_id     uuid,
    event_offset   bigint NOT NULL,
    line           int NOT NULL             -- of those of one event
);
CREATE INDEX asset_transactions_by_account
    ON asset_transactions (account_id, event_offset DESC, line DESC);

-- A booking with the ticket of the command that made it.
CREATE FUNCTION asset_transaction_item(booked asset_transactions, ticket_id text) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', booked.id,
        'ticket_id', ticket_id,
        'account_id', booked.account_id,
        'asset', booked.asset,
        'type', booked.type,
        'amount', bourse.decimal(booked.amount),
        'balance_before', bourse.decimal(booked.balance_before),
        'balance_after', bourse.decimal(booked.balance_after),
        'notes', booked.notes,
        'created_at', bourse.time(booked.created_at));

-- The whole double entry: the amounts of an event, and so of everything, sum to zero per asset.
-- What is null is so in the lines of internal accounts.
CREATE TABLE transactions (
    partition     int NOT NULL,
    event_offset  bigint NOT NULL,
    line          int NOT NULL,
    book          text NOT NULL, -- account, clearing, house, external, market_maker_payable
    account_id    uuid,          -- the client whose account it is, or to whom it is payable
    asset         text COLLATE "C" NOT NULL,
    amount        numeric(20, 8) NOT NULL,
    balance_total numeric(20, 8),          -- of the account, behind it
    kind          text,                    -- deposit, withdrawal, payout, trade, settlement
    reference_id  uuid,                    -- the asset transaction, or the order
    occurred_at   timestamptz NOT NULL,
    -- of a trade's base asset: the account's position in the instrument, behind the whole event
    instrument        text COLLATE "C",
    position_quantity numeric(20, 8),
    position_cost     numeric(20, 8),
    position_pnl      numeric(20, 8),      -- realised so far
    PRIMARY KEY (partition, event_offset, line)
);
-- Finds an account's balance, and its position, as they were at any time.
CREATE INDEX transactions_by_account
    ON transactions (account_id, asset, occurred_at DESC, event_offset DESC, line DESC)
    WHERE balance_total IS NOT NULL;

-- The same of what is no trade, which is little beside them.
CREATE INDEX transactions_booked
    ON transactions (account_id, asset, occurred_at DESC, event_offset DESC, line DESC)
    WHERE balance_total IS NOT NULL AND kind <> 'trade';

-- A client's line as its owner sees it. Its id is its place in the log.
CREATE FUNCTION transaction_id(line transactions) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN line.partition || '-' || line.event_offset || '-' || line.line;
CREATE FUNCTION transaction_notes(line transactions) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN line.kind <> 'trade' THEN
               (SELECT booked.notes FROM asset_transactions booked WHERE booked.id = line.reference_id)
           END;
CREATE FUNCTION transaction_item(line transactions) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', transaction_id(line),
        'asset', line.asset,
        'kind', line.kind,
        'amount', bourse.decimal(line.amount),
        'balance', bourse.decimal(line.balance_total),
        'instrument', line.instrument,
        'reference_id', line.reference_id,
        'notes', transaction_notes(line),
        'position', 'accounts/' || line.partition || '/' || line.event_offset,
        'occurred_at', bourse.time(line.occurred_at));
-- And as a line of CSV: the columns of queries/transactions_export.sql.
CREATE FUNCTION transaction_csv(line transactions) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN transaction_id(line) || ',' || bourse.time(line.occurred_at) || ',' || line.kind || ','
           || bourse.csv(line.asset) || ',' || bourse.decimal(line.amount) || ','
           || bourse.decimal(line.balance_total) || ',' || bourse.csv(line.instrument) || ','
           || coalesce(line.reference_id::text, '') || ',' || bourse.csv(transaction_notes(line))
           || E'\r\n';

-- Where a list of lines goes on: microseconds, offset, line.
CREATE FUNCTION transaction_place(line transactions) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (extract(epoch FROM line.occurred_at) * 1000000)::bigint || '/' || line.event_offset
           || '/' || line.line;

-- A page of an account's lines, newest first, or oldest, behind a place. An index has each of its assets
-- in that order, so a page is made of a page of each. What is null narrows nothing; no "is null or" says
-- so, for a plan that is kept has to find any time by that index.
CREATE FUNCTION lines_page(account uuid, of_asset text, of_kind text, since timestamptz, until timestamptz,
                           oldest_first boolean, behind text, lines_max int)
    RETURNS SETOF transactions
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT moved.*
    FROM balances held
    CROSS JOIN LATERAL (
        SELECT line.*
        FROM transactions line
        WHERE line.account_id = account AND line.asset = held.asset AND line.balance_total IS NOT NULL
          AND (of_kind IS NULL OR line.kind = of_kind)
          AND line.occurred_at >= coalesce(since, '-infinity')
          AND line.occurred_at < coalesce(until, 'infinity')
          AND CASE WHEN oldest_first
              THEN (line.occurred_at, line.event_offset, line.line) >
                   (coalesce(timestamptz 'epoch'
                                 + split_part(behind, '/', 1)::bigint * interval '1 microsecond', '-infinity'),
                    coalesce(split_part(behind, '/', 2)::bigint, -1), coalesce(split_part(behind, '/', 3)::int, -1))
              ELSE (line.occurred_at, line.event_offset, line.line) <
                   (coalesce(timestamptz 'epoch'
                                 + split_part(behind, '/', 1)::bigint * interval '1 microsecond', 'infinity'),
                    coalesce(split_part(behind, '/', 2)::bigint, 0), coalesce(split_part(behind, '/', 3)::int, 0))
              END
        ORDER BY CASE WHEN oldest_first THEN line.occurred_at END,
                 CASE WHEN oldest_first THEN line.event_offset END,
                 CASE WHEN oldest_first THEN line.line END,
                 CASE WHEN NOT oldest_first THEN line.occurred_at END DESC,
                 CASE WHEN NOT oldest_first THEN line.event_offset END DESC,
                 CASE WHEN NOT oldest_first THEN line.line END DESC
        LIMIT lines_max) AS moved
    WHERE held.account_id = account AND (of_asset IS NULL OR held.asset = of_asset)
    ORDER BY CASE WHEN oldest_first THEN moved.occurred_at END,
             CASE WHEN oldest_first THEN moved.event_offset END,
             CASE WHEN oldest_first THEN moved.line END,
             CASE WHEN NOT oldest_first THEN moved.occurred_at END DESC,
             CASE WHEN NOT oldest_first THEN moved.event_offset END DESC,
             CASE WHEN NOT oldest_first THEN moved.line END DESC
    LIMIT lines_max;
END;

-- What an account had of each asset before `since` and before `until` (null: ever, now), and by kind
-- what came and went in between. Only events before the offset `before` count, where it is given.
CREATE FUNCTION movements(account uuid, since timestamptz, until timestamptz, before bigint)
    RETURNS TABLE (asset text, opening numeric, closing numeric, kinds json)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT held.asset, coalesce(opened.balance_total, 0), closed.balance_total,
           coalesce(moved.kinds, '[]'::json)
    FROM balances held
    LEFT JOIN LATERAL (
        SELECT line.balance_total
        FROM transactions line
        WHERE line.account_id = account AND line.asset = held.asset AND line.occurred_at < since
          AND line.balance_total IS NOT NULL AND line.event_offset < coalesce(before, 9223372036854775807)
        ORDER BY line.occurred_at DESC, line.event_offset DESC, line.line DESC
        LIMIT 1) AS opened ON true
    JOIN LATERAL (
        SELECT line.balance_total
        FROM transactions line
        WHERE line.account_id = account AND line.asset = held.asset
          AND line.occurred_at < coalesce(until, 'infinity')
          AND line.balance_total IS NOT NULL AND line.event_offset < coalesce(before, 9223372036854775807)
        ORDER BY line.occurred_at DESC, line.event_offset DESC, line.line DESC
        LIMIT 1) AS closed ON true
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
                   'kind', found.kind,
                   'count', found.count,
                   'received', bourse.decimal(found.received),
                   'paid', bourse.decimal(found.paid),
                   'net', bourse.decimal(found.received - found.paid)) ORDER BY found.kind) AS kinds
        FROM (SELECT line.kind, count(*),
                     coalesce(sum(line.amount) FILTER (WHERE line.amount > 0), 0) AS received,
                     coalesce(-sum(line.amount) FILTER (WHERE line.amount < 0), 0) AS paid
              FROM transactions line
              WHERE line.account_id = account AND line.asset = held.asset
                AND line.occurred_at >= coalesce(since, '-infinity')
                AND line.occurred_at < coalesce(until, 'infinity')
                AND line.balance_total IS NOT NULL AND line.event_offset < coalesce(before, 9223372036854775807)
              GROUP BY line.kind) AS found) AS moved
    WHERE held.account_id = account;
END;

-- Statements, each frozen at the event that it is: what it says follows from the lines before that.
CREATE TABLE account_statements (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    kind         text NOT NULL,      -- monthly, on_demand
    period_from  timestamptz NOT NULL,
    period_to    timestamptz NOT NULL, -- not included
    partition    int NOT NULL,
    event_offset bigint NOT NULL,
    totals       json NOT NULL,      -- what the ledger had behind those lines, by asset
    issued_at    timestamptz NOT NULL
);
CREATE INDEX account_statements_by_account ON account_statements (account_id, event_offset DESC, id DESC);

-- The same of a year's taxes.
CREATE TABLE tax_documents (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    kind         text NOT NULL,      -- the form: generic, us_1099_b
    period_from  timestamptz NOT NULL,
    period_to    timestamptz NOT NULL,
    partition    int NOT NULL,
    event_offset bigint NOT NULL,
    totals       json NOT NULL,
    issued_at    timestamptz NOT NULL
);
CREATE INDEX tax_documents_by_account ON tax_documents (account_id, event_offset DESC, id DESC);

-- The how manieth of its account and time: a later one stands in for those before.
CREATE FUNCTION statement_version(this account_statements) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT count(*) FROM account_statements other
            WHERE other.account_id = this.account_id AND other.period_from = this.period_from
              AND other.period_to = this.period_to AND other.event_offset <= this.event_offset);
CREATE FUNCTION statement_item(this account_statements) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object(
        'id', this.id,
        'kind', this.kind,
        'version', statement_version(this),
        'from', bourse.time(this.period_from),
        'to', bourse.time(this.period_to),
        'position', 'accounts/' || this.partition || '/' || this.event_offset,
        'issued_at', bourse.time(this.issued_at));
CREATE FUNCTION tax_version(this tax_documents) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT count(*) FROM tax_documents other
            WHERE other.account_id = this.account_id AND other.period_from = this.period_from
              AND other.event_offset <= this.event_offset);
CREATE FUNCTION tax_form_name(form text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE form WHEN 'us_1099_b' THEN '1099-B' ELSE form END;
CREATE FUNCTION tax_item(this tax_documents) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object(
        'id', this.id,
        'form', tax_form_name(this.kind),
        'year', extract(year FROM this.period_from AT TIME ZONE 'UTC')::int,
        'version', tax_version(this),
        'to', bourse.time(this.period_to),
        'position', 'accounts/' || this.partition || '/' || this.event_offset,
        'issued_at', bourse.time(this.issued_at));

-- An account's lines behind a place and before a time and an offset, oldest first.
CREATE FUNCTION lines_behind(account uuid, after timestamptz, after_offset bigint, after_line int,
                             until timestamptz, before bigint, lines_max int)
    RETURNS SETOF transactions
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT moved.*
    FROM balances held
    CROSS JOIN LATERAL (
        SELECT line.*
        FROM transactions line
        WHERE line.account_id = account AND line.asset = held.asset AND line.balance_total IS NOT NULL
          AND (line.occurred_at, line.event_offset, line.line) > (after, after_offset, after_line)
          AND line.occurred_at < until AND line.event_offset < before
        ORDER BY line.occurred_at, line.event_offset, line.line
        LIMIT lines_max) AS moved
    WHERE held.account_id = account
    ORDER BY moved.occurred_at, moved.event_offset, moved.line
    LIMIT lines_max;
END;

-- What an account's assets but cash came and went by, in order: what for each was paid or received with
-- it, fees included, where anything was. Each leg of a trade is paid for by the other, so what is given for
-- something else than money is sold for that, and what is received so is bought for it. Both legs the same
-- way are a fee above all that the trade brought: nothing that was received for the other.
CREATE FUNCTION lot_moves(account uuid, before bigint)
    RETURNS TABLE (place bigint, asset text, at timestamptz, event_offset bigint, line int,
                   quantity numeric, money numeric, currency text, scale int, kind text)
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
        SELECT row_number() OVER (ORDER BY moved.event_offset, moved.line), moved.asset,
               moved.occurred_at, moved.event_offset, moved.line, moved.amount, other.amount,
               other.asset, coalesce(priced.scale, 8)::int, moved.kind
        FROM accounts.transactions moved
        JOIN orders.assets known ON known.code = moved.asset AND known.kind <> 'cash'
        LEFT JOIN accounts.transactions other
               ON other.partition = moved.partition AND other.event_offset = moved.event_offset
              AND other.line IN (moved.line - 1, moved.line + 1)
              AND other.account_id = moved.account_id
              AND other.kind = moved.kind AND moved.kind IN ('trade', 'settlement')
              AND other.reference_id IS NOT DISTINCT FROM moved.reference_id
              AND (other.line > moved.line OR sign(other.amount) <> sign(moved.amount))
        LEFT JOIN orders.assets priced ON priced.code = other.asset
        WHERE moved.account_id = account AND moved.balance_total IS NOT NULL
          AND moved.event_offset < before;
END $$;

-- All that was sold or withdrawn, first in, first out: divided among the lots that it takes, and money
-- by quantity, rounded so that the parts of a sale and those of a lot make up the whole. What was
-- deposited has no known basis. Lots are taken whatever was paid for them, so the basis has a currency
-- of its own. An option that expires worthless is sold for nothing. `rest`: of the lot, behind it.
CREATE FUNCTION lot_parts(account uuid, before bigint)
    RETURNS TABLE (asset text, quantity numeric, acquired_at timestamptz, sold_at timestamptz,
                   proceeds numeric, currency text, basis numeric, basis_currency text, kind text,
                   sale bigint, lot bigint, lot_offset bigint, lot_line int, rest numeric)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    sources refcursor;
    source record;
    sold record;
    received numeric; -- for all of it; null: not known
    used numeric; -- of the source
    done numeric; -- of what is sold
BEGIN
    FOR sold IN
        SELECT * FROM accounts.lot_moves(account, before) AS moved
        WHERE moved.quantity < 0 ORDER BY moved.asset, moved.place
    LOOP
        IF asset IS DISTINCT FROM sold.asset THEN
            IF asset IS NOT NULL THEN
                CLOSE sources;
            END IF;
            asset := sold.asset;
            OPEN sources NO SCROLL FOR
                SELECT * FROM accounts.lot_moves(account, before) AS moved
                WHERE moved.asset = sold.asset AND moved.quantity > 0 ORDER BY moved.place;
            FETCH sources INTO source;
            used := 0;
        END IF;
        received := CASE sold.kind WHEN 'settlement' THEN coalesce(sold.money, 0) ELSE sold.money END;
        done := 0;
        WHILE done < -sold.quantity LOOP
            IF used = source.quantity THEN
                FETCH sources INTO source;
                used := 0;
            END IF;
            quantity := least(-sold.quantity - done, source.quantity - used);
            proceeds := round(received * (done + quantity) / -sold.quantity, sold.scale)
                        - round(received * done / -sold.quantity, sold.scale);
            basis := round(-source.money * (used + quantity) / source.quantity, source.scale)
                     - round(-source.money * used / source.quantity, source.scale);
            used := used + quantity;
            done := done + quantity;
            acquired_at := source.at;
            sold_at := sold.at;
            currency := sold.currency;
            IF currency IS NULL AND received = 0 THEN
                currency := source.currency; -- nothing is nothing in any
            END IF;
            basis_currency := source.currency;
            kind := sold.kind;
            sale := sold.place;
            lot := source.place;
            lot_offset := source.event_offset;
            lot_line := source.line;
            rest := CASE source.kind WHEN 'trade' THEN source.quantity - used ELSE 0 END;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;

-- What was sold, with its gain where the basis is known and in the currency of the sale: nothing here is
-- converted. A loss is a wash sale where the same was bought within 30 days before or behind it and is
-- held behind it: what is left of the last lot that the sale took, of a lot behind that, or of what was
-- bought later. Where that is so and the gain is not known (null), neither is that.
CREATE FUNCTION lots(account uuid, before bigint)
    RETURNS TABLE (asset text, quantity numeric, acquired_at timestamptz, sold_at timestamptz,
                   proceeds numeric, currency text, basis numeric, basis_currency text, gain numeric,
                   long_term boolean, wash_sale boolean)
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
        SELECT part.asset, part.quantity, part.acquired_at, part.sold_at, part.proceeds, part.currency,
               part.basis, part.basis_currency, part.gain,
               part.sold_at > part.acquired_at + interval '1 year',
               part.gain < 0 AND (
                   (part.lot <> part.last_lot AND part.last_rest > 0 AND part.last_at >= part.since)
                   OR EXISTS (
                       SELECT FROM accounts.transactions bought
                       WHERE bought.account_id = account AND bought.asset = part.asset
                         AND bought.kind = 'trade' AND bought.amount > 0
                         AND bought.balance_total IS NOT NULL AND bought.event_offset < before
                         AND bought.occurred_at >= part.since
                         AND bought.occurred_at < part.since + interval '61 days'
                         AND (bought.event_offset, bought.line) > (part.last_offset, part.last_line)))
        FROM (SELECT found.*, date_trunc('day', found.sold_at, 'UTC') - interval '30 days' AS since,
                     CASE WHEN found.basis_currency = found.currency
                     THEN found.proceeds - found.basis END AS gain,
                     last_value(found.lot) OVER taken AS last_lot,
                     last_value(found.rest) OVER taken AS last_rest,
                     last_value(found.acquired_at) OVER taken AS last_at,
                     last_value(found.lot_offset) OVER taken AS last_offset,
                     last_value(found.lot_line) OVER taken AS last_line
              FROM accounts.lot_parts(account, before) AS found
              WINDOW taken AS (PARTITION BY found.asset, found.sale ORDER BY found.lot
                               ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS part
        WHERE part.kind IN ('trade', 'settlement')
        ORDER BY part.asset, part.sale, part.lot;
END $$;

-- Which events concern which account, and the balances behind them that they moved:
-- {"EUR": ["available", "locked"], "proceeds": {"EUR": "amount"}}; where a buy was authorised also what
-- the account's buys of the day had come to by it, in "EUR" behind "locked".
CREATE TABLE account_events (
    account_id   uuid NOT NULL,
    occurred_at  timestamptz NOT NULL,
    event_offset bigint NOT NULL,
    partition    int NOT NULL,
    balances     json,
    PRIMARY KEY (account_id, occurred_at, event_offset)
);

-- Where the past of an account ends: with the last event that counts, by time and, in the account's own
-- partition, by offset. What changed before `settled` is in it, whatever its offset.
CREATE TYPE bound AS (settled timestamptz, until timestamptz, last_offset bigint);

-- What "as of" means for an account: with what happened until then, be it a time, an event's position
-- ("accounts/0/12"), or null for now. Times of a partition never go back, so those of the events around
-- a position bound what comes with it. In another partition than the account's it stands for its time.
CREATE FUNCTION bound_of(account uuid, as_of text) RETURNS SETOF bound
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT CASE WHEN asked.own THEN coalesce((SELECT e.occurred_at
                                              FROM events e
                                              WHERE e.partition = asked.partition
                                                AND e.event_offset <= asked.event_offset
                                              ORDER BY e.event_offset DESC
                                              LIMIT 1), '-infinity')
                ELSE asked.until + interval '1 microsecond' END,
           asked.until,
           CASE WHEN asked.own THEN asked.event_offset ELSE 9223372036854775807 END
    FROM (SELECT said.partition, said.event_offset,
                 coalesce(said.until,
                          (SELECT e.occurred_at
                           FROM events e
                           WHERE e.partition = said.partition AND e.event_offset >= said.event_offset
                           ORDER BY e.event_offset
                           LIMIT 1),
                          'infinity') AS until,
                 coalesce(said.partition = (SELECT noted.partition
                                            FROM account_events noted
                                            WHERE noted.account_id = account
                                            LIMIT 1), false) AS own
          FROM (SELECT substring(as_of FROM '^accounts/(\d+)/')::int AS partition,
                       substring(as_of FROM '^accounts/\d+/(\d+)$')::bigint AS event_offset,
                       substring(as_of FROM '^[^a].*$')::timestamptz AS until) AS said) AS asked;
END;

-- What an account had of each asset then.
CREATE FUNCTION balances_at(account uuid, past bound)
    RETURNS TABLE (asset text, available numeric, locked numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT now.asset, held.available, held.locked
    FROM balances now
    CROSS JOIN LATERAL (
        SELECT now.available, now.locked
        WHERE now.changed_at < past.settled
        UNION ALL
        (SELECT (e.balances -> now.asset ->> 0)::numeric, (e.balances -> now.asset ->> 1)::numeric
         FROM account_events e
         WHERE now.changed_at >= past.settled
           AND e.account_id = account
           AND e.occurred_at <= past.until
           AND e.event_offset <= past.last_offset
           AND e.balances -> now.asset IS NOT NULL
         ORDER BY e.occurred_at DESC, e.event_offset DESC
         LIMIT 1)) AS held (available, locked)
    WHERE now.account_id = account;
END;

-- The internal accounts of each partition.
CREATE VIEW ledger_shards AS
    SELECT partition, asset, book, sum(amount) AS amount
    FROM transactions
    WHERE book <> 'account'
    GROUP BY partition, asset, book;

CREATE TABLE positions (
    account_id   uuid NOT NULL,
    instrument   text COLLATE "C" NOT NULL,
    quantity     numeric(20, 8) NOT NULL,
    cost         numeric(20, 8) NOT NULL,
    realised_pnl numeric(20, 8) NOT NULL,
    updated_at   timestamptz NOT NULL,
    flat_offset  bigint, -- of the last event of its book behind which nothing was held
    PRIMARY KEY (account_id, instrument)
);

-- A position as its owner sees it, at a price that may be null.
CREATE FUNCTION position_item(held positions, mark numeric) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'instrument', held.instrument,
        'quantity', bourse.decimal(held.quantity),
        'average_cost', bourse.decimal(round(held.cost / nullif(held.quantity, 0), 8)),
        'cost', bourse.decimal(held.cost),
        'mark', bourse.decimal(mark),
        'market_value', bourse.decimal(round(held.quantity * mark, 8)),
        'unrealised_pnl', bourse.decimal(round(held.quantity * mark - held.cost, 8)),
        'realised_pnl', bourse.decimal(held.realised_pnl),
        'updated_at', bourse.time(held.updated_at));

-- A position as it was then, by the trades' lines of its base asset; none before its first.
CREATE FUNCTION position_at(held positions, base text, past bound) RETURNS SETOF positions
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT held.*
    WHERE held.updated_at < past.settled
    UNION ALL
    (SELECT held.account_id, held.instrument, line.position_quantity, line.position_cost,
            line.position_pnl, line.occurred_at, NULL
     FROM transactions line
     WHERE held.updated_at >= past.settled
       AND line.account_id = held.account_id AND line.asset = base AND line.balance_total IS NOT NULL
       AND line.instrument = held.instrument
       AND line.occurred_at <= past.until AND line.event_offset <= past.last_offset
     ORDER BY line.occurred_at DESC, line.event_offset DESC, line.line DESC
     LIMIT 1);
END;

-- What an event realised for the position that its line is of: so far, less what was so before it.
CREATE FUNCTION realised_by(moved transactions) RETURNS TABLE (realised numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT moved.position_pnl - coalesce((
        SELECT before.position_pnl
        FROM transactions before
        WHERE before.account_id = moved.account_id AND before.asset = moved.asset
          AND before.balance_total IS NOT NULL AND before.instrument = moved.instrument
          AND before.occurred_at <= moved.occurred_at
          AND before.event_offset < moved.event_offset
        ORDER BY before.occurred_at DESC, before.event_offset DESC, before.line DESC
        LIMIT 1), 0);
END;

-- The days that are asked for: at most a year, the last 30 where nothing is said.
CREATE FUNCTION days_asked(since date, until date) RETURNS TABLE (first date, last date)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT greatest(coalesce(since, ends.last - 29), ends.last - 365), ends.last
    FROM (SELECT coalesce(until, (now() AT TIME ZONE 'UTC')::date) AS last) AS ends;
END;

-- What follows reads other services' tables too, which may be made later or anew: names are looked up
-- when it runs, by PL/pgSQL or in a body that is text. Of the latter those that return tables become part
-- of the plan of whoever asks, which is ten times cheaper than a call where many points are asked for.
-- "Until" includes that time and what is before it.
SET check_function_bodies = off;

-- The price of an instrument: of now its mark, or else the last trade's; of the past the last trade's.
CREATE FUNCTION price_at(symbol text, until timestamptz) RETURNS TABLE (price numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT CASE WHEN until >= now()
           THEN (SELECT coalesce(known.mark_price, market.last_price)
                 FROM orders.symbols known
                 LEFT JOIN orders.market_data market ON market.instrument = known.symbol
                 WHERE known.symbol = price_at.symbol)
           ELSE (SELECT trade.price
                 FROM orders.trades trade
                 WHERE trade.instrument = price_at.symbol
                   AND trade.place < bourse.place(until + interval '1 microsecond')
                 ORDER BY trade.place DESC
                 LIMIT 1)
           END;
$$;

-- What positions were shown at: the mark where one had been fed in, else the last trade's price.
CREATE FUNCTION mark_at(symbol text, until timestamptz) RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce((SELECT fed.mark_price
                     FROM orders.mark_prices fed
                     WHERE fed.instrument = mark_at.symbol AND fed.marked_at <= until
                     ORDER BY fed.marked_at DESC, fed.event_offset DESC
                     LIMIT 1),
                    (SELECT price FROM accounts.price_at(mark_at.symbol, until)));
END $$;

-- Whether a position had been flat behind an event of its book, until a time: what closes the orders
-- that it filled. Read are the lines between that event and the next flat one.
CREATE FUNCTION was_flat(account uuid, symbol text, book_partition int, book_offset bigint,
                         until timestamptz) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (
        SELECT
        FROM orders.events met
        JOIN orders.symbols known ON known.symbol = was_flat.symbol
        JOIN accounts.transactions line
          ON line.account_id = account AND line.asset = known.base AND line.balance_total IS NOT NULL
         AND line.occurred_at >= met.occurred_at - interval '10 seconds' -- clocks differ
         AND line.occurred_at <= was_flat.until
         AND line.instrument = known.symbol AND line.position_quantity = 0
        LEFT JOIN accounts.events settled
          ON settled.partition = line.partition AND settled.event_offset = line.event_offset
        WHERE met.partition = book_partition AND met.event_offset = book_offset
          AND coalesce(split_part(settled.cause, '/', 3)::bigint, book_offset) >= book_offset);
END $$;

-- An account's cash in EUR, and what else it had at its price in EUR, until a time and behind an event
-- of that time; what has no price does not count.
CREATE FUNCTION worth_at(account uuid, until timestamptz, last_offset bigint)
    RETURNS TABLE (cash numeric, assets numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT coalesce(sum(held.total) FILTER (WHERE now.asset = 'EUR'), 0),
           coalesce(round(sum(held.total * priced.price), 8), 0)
    FROM accounts.balances now
    CROSS JOIN LATERAL (
        SELECT line.balance_total AS total
        FROM accounts.transactions line
        WHERE line.account_id = account AND line.asset = now.asset AND line.balance_total IS NOT NULL
          AND (line.occurred_at, line.event_offset) <= (until, last_offset)
        ORDER BY line.occurred_at DESC, line.event_offset DESC, line.line DESC
        LIMIT 1) AS held
    LEFT JOIN orders.symbols known ON known.base = now.asset AND known.quote = 'EUR'
    CROSS JOIN LATERAL accounts.price_at(known.symbol, until) AS priced
    WHERE now.account_id = account;
$$;

-- Whose prices change what an account is worth, as what an answer depends on (x-cache).
CREATE FUNCTION prices_of(account uuid) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT string_agg('price ' || known.symbol, ',')
            FROM orders.symbols known
            WHERE known.symbol IN (SELECT instrument FROM accounts.positions WHERE account_id = account)
               OR known.base IN (SELECT asset FROM accounts.balances WHERE account_id = account));
END $$;

-- An account's days, UTC: what it was worth at the end of each, what came in (less what went out), and
-- by what factor the rest grew. Growth is time-weighted: a day is divided where money came or went, and
-- the factors of its parts are multiplied; a part that began with nothing counts 1. `grown` is the
-- product of all growth since the first day.
CREATE FUNCTION days(account uuid, first date, last date)
    RETURNS TABLE (day date, before numeric, cash numeric, assets numeric, flow numeric,
                   growth numeric, grown numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    point record;
    since numeric := 0; -- what the part that ends at the point began with
BEGIN
    before := 0;
    flow := 0;
    growth := 1;
    grown := 1;
    FOR point IN
        SELECT ends.*, worth.cash, worth.assets
        FROM (SELECT date_of::date AS day, NULL::bigint AS event_offset, 0::numeric AS moved,
                     least((date_of + interval '1 day') AT TIME ZONE 'UTC' - interval '1 microsecond',
                           greatest(now(), date_of AT TIME ZONE 'UTC')) AS until
              FROM generate_series(first::timestamp - interval '1 day', last::timestamp,
                                   interval '1 day') AS date_of
              UNION ALL
              SELECT (booked.created_at AT TIME ZONE 'UTC')::date, booked.event_offset,
                     sum(CASE booked.type WHEN 'deposit' THEN booked.amount ELSE -booked.amount END
                         * CASE booked.asset WHEN 'EUR' THEN 1
                           ELSE coalesce((SELECT priced.price
                                          FROM orders.symbols known
                                          CROSS JOIN LATERAL accounts.price_at(
                                              known.symbol, booked.created_at) AS priced
                                          WHERE known.base = booked.asset AND known.quote = 'EUR'
                                          LIMIT 1), 0)
                           END), booked.created_at
              FROM accounts.asset_transactions booked
              WHERE booked.account_id = account AND booked.type <> 'payout'
                AND booked.created_at >= first::timestamp AT TIME ZONE 'UTC'
                AND booked.created_at < (last + 1)::timestamp AT TIME ZONE 'UTC'
              GROUP BY booked.event_offset, booked.created_at) AS ends
        CROSS JOIN LATERAL accounts.worth_at(
            account, ends.until, coalesce(ends.event_offset, 9223372036854775807)) AS worth
        ORDER BY ends.until, ends.event_offset NULLS LAST
    LOOP
        cash := point.cash;
        assets := point.assets;
        IF since > 0 THEN
            growth := round(growth * (cash + assets - point.moved) / since, 16);
        END IF;
        since := cash + assets;
        flow := round(flow + point.moved, 8);
        IF point.event_offset IS NULL THEN
            day := point.day;
            IF day >= first THEN
                grown := round(grown * growth, 16);
                RETURN NEXT;
            END IF;
            before := since;
            flow := 0;
            growth := 1;
        END IF;
    END LOOP;
END $$;

-- The events of this service that answer one of a book's: by the command of that one, or by its place.
CREATE FUNCTION answers_to(book_partition int, book_offset bigint) RETURNS SETOF events
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 3 AS $$
DECLARE
    answered CONSTANT text := 'orders/' || book_partition || '/' || book_offset;
BEGIN
    RETURN QUERY
        SELECT e.*
        FROM orders.events met
        JOIN accounts.events e ON e.command_id = met.command_id
        WHERE met.partition = book_partition AND met.event_offset = book_offset
          AND e.cause = answered
        UNION ALL
        SELECT e.* FROM accounts.events e WHERE e.command_id IS NULL AND e.cause = answered;
END $$;
RESET check_function_bodies;

-- What an account's orders are held against, where it is not the venue's. `version` is the ETag.
CREATE TABLE risk_limits (
    account_id uuid PRIMARY KEY,
    limits     json NOT NULL,    -- by name; null: the venue's (settings.venue_rules)
    version    bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Limits of an account as staff see them: its own, where null means the venue's, and those in force.
CREATE FUNCTION limits_item(account uuid, own json, venue json, updated_at timestamptz) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'account_id', account,
        'max_order_notional', own->'max_order_notional',
        'max_daily_notional', own->'max_daily_notional',
        'max_concentration_percent', own->'max_concentration_percent',
        'max_open_orders', own->'max_open_orders',
        'in_force', json_build_object(
            'max_order_notional', coalesce(own->>'max_order_notional', venue->>'max_order_notional'),
            'max_daily_notional', coalesce(own->>'max_daily_notional', venue->>'max_daily_notional'),
            'max_concentration_percent', coalesce(own->>'max_concentration_percent',
                                                  venue->>'max_concentration_percent'),
            'max_open_orders', coalesce(own->>'max_open_orders', venue->>'max_open_orders')::bigint),
        'updated_at', bourse.time(updated_at));

-- Each change of that, and of the venue's limits as a partition has adopted it.
CREATE TABLE risk_limit_changes (
    partition    int NOT NULL,
    event_offset bigint NOT NULL,
    account_id   uuid,           -- null: the venue's
    limits       json NOT NULL,
    occurred_at  timestamptz NOT NULL,
    PRIMARY KEY (partition, event_offset)
);
CREATE INDEX risk_limit_changes_by_account
    ON risk_limit_changes (account_id, partition, occurred_at DESC, event_offset DESC);

-- What an account's orders were held against then: its own limits, and those of the venue that its
-- partition knew; nulls where there were none yet.
CREATE FUNCTION limits_at(account uuid, past bound)
    RETURNS TABLE (own json, venue json, updated_at timestamptz)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT set.limits, adopted.limits, set.occurred_at
    FROM (SELECT noted.partition FROM account_events noted WHERE noted.account_id = account LIMIT 1) AS its
    LEFT JOIN LATERAL (
        SELECT change.limits, change.occurred_at
        FROM risk_limit_changes change
        WHERE change.account_id = account AND change.partition = its.partition
          AND change.occurred_at <= past.until AND change.event_offset <= past.last_offset
        ORDER BY change.occurred_at DESC, change.event_offset DESC
        LIMIT 1) AS set ON true
    LEFT JOIN LATERAL (
        SELECT change.limits
        FROM risk_limit_changes change
        WHERE change.account_id IS NULL AND change.partition = its.partition
          AND change.occurred_at <= past.until AND change.event_offset <= past.last_offset
        ORDER BY change.occurred_at DESC, change.event_offset DESC
        LIMIT 1) AS adopted ON true;
END;

-- What an account's buys were authorised for on the last day that it bought on, per quote asset.
CREATE TABLE daily_notionals (
    account_id uuid NOT NULL,
    asset      text NOT NULL,
    day        timestamptz NOT NULL, -- 00:00 UTC
    notional   numeric(20, 8) NOT NULL,
    PRIMARY KEY (account_id, asset)
);

-- What they had come to then, of the day that it was then.
CREATE FUNCTION bought_at(account uuid, past bound) RETURNS TABLE (asset text, notional numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT known.asset, last.notional
    FROM daily_notionals known
    CROSS JOIN LATERAL (
        SELECT (e.balances -> known.asset ->> 2)::numeric AS notional
        FROM account_events e
        WHERE e.account_id = account
          AND e.occurred_at >= date_trunc('day', least(past.until, now()), 'UTC')
          AND e.occurred_at <= past.until
          AND e.event_offset <= past.last_offset
          AND e.balances -> known.asset ->> 2 IS NOT NULL
        ORDER BY e.occurred_at DESC, e.event_offset DESC
        LIMIT 1) AS last
    WHERE known.account_id = account;
END;

-- The identity check of a person. What they said, and what was said of it, is null once erased.
CREATE TABLE kyc_profiles (
    user_id      uuid PRIMARY KEY,
    account_id   uuid NOT NULL,
    status       text NOT NULL, -- draft, submitted, in_review, approved, rejected, needs_information
    level        int NOT NULL,  -- 1 to 3; 0: never approved
    has_profile  boolean NOT NULL,
    name         text,
    birth_date   text,
    nationality  text,
    address      text,
    tax_id       text,
    reason       text,          -- what the last review said
    reviewer_id  uuid,
    submitted_at timestamptz,
    reviewed_at  timestamptz,
    version      bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);
CREATE INDEX kyc_profiles_by_change ON kyc_profiles (updated_at DESC, user_id DESC);
CREATE INDEX kyc_profiles_by_status ON kyc_profiles (status, updated_at DESC, user_id DESC);

-- What a person has handed in; what is in it is in the vault.
CREATE TABLE kyc_documents (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    kind       text NOT NULL,   -- passport, id_card, proof_of_address
    format     text NOT NULL,   -- pdf, png, jpeg
    size_bytes bigint NOT NULL,
    sha256     text NOT NULL,   -- 64 hexadecimal digits
    status     text NOT NULL,   -- kept, removed
    created_at timestamptz NOT NULL
);
CREATE INDEX kyc_documents_by_user ON kyc_documents (user_id, created_at DESC, id DESC);

-- A document as its owner and operators see it.
CREATE FUNCTION kyc_document_item(document kyc_documents) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', document.id,
        'kind', document.kind,
        'format', document.format,
        'size_bytes', document.size_bytes,
        'sha256', document.sha256,
        'created_at', bourse.time(document.created_at));

-- How far an identity check has come, for whoever may see it.
CREATE FUNCTION kyc_item(checked kyc_profiles) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object(
        'user_id', checked.user_id,
        'account_id', checked.account_id,
        'status', checked.status,
        'level', checked.level,
        'has_profile', checked.has_profile,
        'reason', checked.reason,
        'submitted_at', bourse.time(checked.submitted_at),
        'reviewed_at', bourse.time(checked.reviewed_at),
        'created_at', bourse.time(checked.created_at),
        'updated_at', bourse.time(checked.updated_at));

-- How money comes and goes. The small deposits are for whoever sends them, and what is sealed for nobody
-- but their owner: readers of reports see neither.
CREATE TABLE payment_methods (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL,
    user_id       uuid,
    kind          text NOT NULL, -- bank_account, card, crypto_wallet
    status        text NOT NULL, -- pending, verified, failed, removed
    details       text,          -- JSON as it was given; null once erased, as the next
    shown         text,          -- masked
    small_deposits text,         -- what is sent by it, sealed: `bourse small-deposits` opens it
    attempts_left int NOT NULL,
    created_at    timestamptz NOT NULL,
    verified_at   timestamptz
);
CREATE INDEX payment_methods_by_account ON payment_methods (account_id, created_at DESC, id DESC);
CREATE INDEX payment_methods_by_user ON payment_methods (user_id);

-- Where withdrawals may go, of those who say so.
CREATE TABLE allowed_destinations (
    id                uuid PRIMARY KEY,
    account_id        uuid NOT NULL,
    payment_method_id uuid NOT NULL,
    known_since       timestamptz NOT NULL, -- from here on it cools off
    created_at        timestamptz NOT NULL,
    removed_at        timestamptz
);
CREATE INDEX allowed_destinations_by_account
    ON allowed_destinations (account_id, created_at DESC, id DESC);

-- Deposits and withdrawals by clients, from the first to the last.
CREATE TABLE funding_transactions (
    id                uuid PRIMARY KEY,
    account_id        uuid NOT NULL,
    payment_method_id uuid NOT NULL,
    type              text NOT NULL, -- deposit, withdrawal
    status            text NOT NULL, -- pending, processing, completed, failed, canceled
    asset             text COLLATE "C" NOT NULL,
    amount            numeric(20, 8) NOT NULL,
    reason            text,          -- why it failed
    provider          text,
    reference         text,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    version           bigint NOT NULL
);
CREATE INDEX funding_transactions_by_account
    ON funding_transactions (account_id, created_at DESC, id DESC);
CREATE INDEX funding_transactions_by_creation ON funding_transactions (created_at DESC, id DESC);
CREATE INDEX funding_transactions_by_status
    ON funding_transactions (status, created_at DESC, id DESC);

-- What was asked for, in the last day and month in which anything was.
CREATE TABLE transfer_uses (
    account_id   uuid NOT NULL,
    type         text NOT NULL,
    asset        text COLLATE "C" NOT NULL,
    day          timestamptz NOT NULL, -- 00:00 UTC
    day_amount   numeric(20, 8) NOT NULL,
    month        timestamptz NOT NULL, -- 00:00 UTC of its first day
    month_amount numeric(20, 8) NOT NULL,
    PRIMARY KEY (account_id, type, asset)
);

-- What goes with each level of the identity check, as the ledger has it.
CREATE TABLE level_transfer_limits (
    level        int PRIMARY KEY,
    max_transfer numeric(20, 8) NOT NULL,
    max_day      numeric(20, 8) NOT NULL,
    max_month    numeric(20, 8) NOT NULL,
    cool_off_s   bigint NOT NULL
);

-- What a client's transfers are held against, where it is not what goes with the level.
CREATE TABLE user_transfer_limits (
    account_id uuid PRIMARY KEY,
    limits     json NOT NULL,
    version    bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- The limits in force of an account: its own, else those of its level.
CREATE FUNCTION transfer_limits_of(account uuid, OUT max_transfer numeric, OUT max_day numeric,
                                   OUT max_month numeric, OUT cool_off_s bigint, OUT level int)
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    own json;
BEGIN
    SELECT set.limits INTO own FROM accounts.user_transfer_limits set WHERE set.account_id = account;
    SELECT coalesce((own->>'max_transfer')::numeric, usual.max_transfer),
           coalesce((own->>'max_day')::numeric, usual.max_day),
           coalesce((own->>'max_month')::numeric, usual.max_month),
           coalesce((own->>'cool_off_s')::bigint, usual.cool_off_s), of.level
    INTO max_transfer, max_day, max_month, cool_off_s, level
    FROM (SELECT coalesce((SELECT checked.level
                           FROM accounts.accounts known
                           JOIN accounts.kyc_profiles checked ON checked.user_id = known.user_id
                           WHERE known.id = account), 0) AS level) AS of
    JOIN accounts.level_transfer_limits usual ON usual.level = of.level;
END $$;

-- A payment method as its owner sees it.
CREATE FUNCTION payment_method_item(method payment_methods) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', method.id,
        'kind', method.kind,
        'status', method.status,
        'shown', method.shown,
        'attempts_left', method.attempts_left,
        'created_at', bourse.time(method.created_at),
        'verified_at', bourse.time(method.verified_at));

-- A place on the allow-list as its owner sees it.
CREATE FUNCTION allowed_item(allowed allowed_destinations) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT json_build_object(
                       'id', allowed.id,
                       'payment_method_id', allowed.payment_method_id,
                       'kind', method.kind,
                       'shown', method.shown,
                       'usable_from', bourse.time(allowed.known_since
                           + (SELECT cool_off_s FROM transfer_limits_of(allowed.account_id))
                             * interval '1 second'),
                       'created_at', bourse.time(allowed.created_at))
            FROM payment_methods method
            WHERE method.id = allowed.payment_method_id);

-- Until when withdrawals go to allowed destinations only: 'infinity' while there are any, null once
-- that is over, or where it never was so (funding.c).
CREATE FUNCTION allow_list_until(account uuid) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT nullif(greatest(ends.at, now()), now())
            FROM (SELECT CASE WHEN bool_or(allowed.removed_at IS NULL) THEN 'infinity'
                              ELSE max(allowed.removed_at)
                                   + (SELECT cool_off_s FROM transfer_limits_of(account))
                                     * interval '1 second' END AS at
                  FROM allowed_destinations allowed
                  WHERE allowed.account_id = account) AS ends);

-- A transfer as its owner and operators see it.
CREATE FUNCTION transfer_item(moved funding_transactions) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object(
        'id', moved.id,
        'type', moved.type,
        'status', moved.status,
        'asset', moved.asset,
        'amount', bourse.decimal(moved.amount),
        'payment_method_id', moved.payment_method_id,
        'reason', moved.reason,
        'created_at', bourse.time(moved.created_at),
        'updated_at', bourse.time(moved.updated_at));

-- A market maker as the list and the single one show it.
CREATE VIEW market_maker_items AS
SELECT maker.*,
       json_build_object(
           'id', maker.id,
           'name', maker.name,
           'email', maker.email,
           'description', maker.description,
           'status', maker.status,
           'balances', balances.by_asset,
           'created_at', bourse.time(maker.created_at),
           'updated_at', bourse.time(maker.updated_at)) AS item
FROM market_maker_clients maker
CROSS JOIN LATERAL (
    SELECT json_object_agg(held.asset, json_build_object(
               'available', bourse.decimal(coalesce(balance.available, 0)),
               'locked', bourse.decimal(coalesce(balance.locked, 0)),
               'total', bourse.decimal(coalesce(balance.total, 0))) ORDER BY held.asset) AS by_asset
    FROM (VALUES ('CEA'), ('EUA')
          UNION
          SELECT asset FROM balances WHERE account_id = maker.id) AS held (asset)
    LEFT JOIN balances balance
           ON balance.account_id = maker.id AND balance.asset = held.asset) AS balances;
