-- accounts: the ledger as it can be read. `version` counts the changes of a thing,
-- from 1: it is the ETag, and what If-Match is compared with.

CREATE TABLE accounts (
    id         uuid PRIMARY KEY,
    user_id    uuid,                  -- of kind trading
    kind       text NOT NULL,         -- trading, market_maker
    status     text NOT NULL,         -- pending_kyc, active, restricted, closed
    reason     text,                  -- why
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX accounts_by_creation ON accounts (created_at DESC, id DESC);
CREATE INDEX accounts_by_user ON accounts (user_id);

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
    kind          text,                    -- deposit, withdrawal, payout, trade
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

-- Which events concern which account, and the balances behind them that they moved:
-- {"EUR": ["available", "locked"]}.
CREATE TABLE account_events (
    account_id   uuid NOT NULL,
    occurred_at  timestamptz NOT NULL,
    event_offset bigint NOT NULL,
    partition    int NOT NULL,
    balances     json,
    PRIMARY KEY (account_id, occurred_at, event_offset)
);

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

-- What an account's orders are held against, where it is not the venue's. `version` is the ETag.
CREATE TABLE risk_limits (
    account_id uuid PRIMARY KEY,
    limits     json NOT NULL,    -- by name; null: the venue's (settings.venue_rules)
    version    bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- What an account's buys were authorised for on the last day that it bought on, per quote asset.
CREATE TABLE daily_notionals (
    account_id uuid NOT NULL,
    asset      text NOT NULL,
    day        timestamptz NOT NULL, -- 00:00 UTC
    notional   numeric(20, 8) NOT NULL,
    PRIMARY KEY (account_id, asset)
);

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

-- Password hashes are for the gateway alone: who reads reports has no business with them.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'bourse_reader') THEN
        REVOKE ALL ON market_maker_credentials FROM bourse_reader;
    END IF;
END
$$;
