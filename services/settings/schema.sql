-- settings: people, how they prove who they are, and when they signed in.

CREATE TABLE users (
    id         uuid PRIMARY KEY,
    email      text,                 -- null once the person has been erased
    email_hash text,                 -- keyed hash, 32 hexadecimal digits; this and the next the same
    full_name  text,
    account_id uuid NOT NULL,
    roles      text[] NOT NULL,
    status     text NOT NULL,        -- active, locked, erased
    created_at timestamptz NOT NULL,
    version    bigint NOT NULL,      -- from 1; the ETag
    email_verified_at timestamptz
);
-- Not unique: settings sees to that, and in a batch of both a person is inserted behind another one
-- before that one is erased.
CREATE INDEX users_by_email_hash ON users (email_hash);
CREATE INDEX users_by_creation ON users (created_at DESC, id DESC);

CREATE TABLE credentials (
    user_id       uuid PRIMARY KEY,
    password_hash text,
    version       bigint NOT NULL -- from 1; each password is another one
);

-- `secret` is sealed here, too: only a gateway opens it, to check a code.
CREATE TABLE two_factor_auth (
    user_id        uuid PRIMARY KEY,
    secret         text NOT NULL,
    secret_version bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    verified_at    timestamptz -- since when it is asked for; null: it is not
);

CREATE TABLE session_logs (
    session_id uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    login_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ip_address text,
    user_agent text,
    location   text, -- where that address is, as the file of places (BOURSE_GEO_DB) said
    logout_at  timestamptz, -- when it was ended; null: it lasts until it expires
    end_reason text
);
CREATE INDEX session_logs_by_user ON session_logs (user_id, login_at DESC, session_id DESC);
CREATE INDEX session_logs_by_logout ON session_logs (logout_at) WHERE logout_at IS NOT NULL;

-- What happened to somebody's sign-in, as that user is shown it.
CREATE TABLE security_log (
    event_id   uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    event      text NOT NULL,
    code       text, -- why it failed, or ended
    session_id uuid,
    by_staff   boolean NOT NULL, -- then from where is no concern of the user's
    ip_address text,
    user_agent text,
    created_at timestamptz NOT NULL
);
CREATE INDEX security_log_by_user ON security_log (user_id, created_at DESC, event_id DESC);

-- Of whoever has changed his preferences; `version` is the ETag.
CREATE TABLE user_settings (
    user_id     uuid PRIMARY KEY,
    preferences json NOT NULL,
    version     bigint NOT NULL, -- from 2: what everybody begins with is the first
    updated_at  timestamptz NOT NULL
);

-- A key itself is nowhere: `key_hash` is its keyed hash, `networks` are prefixes with the keyed
-- hashes of the networks that it may be used from; both in hexadecimal digits.
CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL,
    key_hash     text NOT NULL,
    name         text,        -- null once the person has been erased, as are the addresses
    scopes       text[] NOT NULL,
    rate_limit   int,         -- requests a second; null: as many as anybody
    addresses    text,        -- the networks, with commas between; null: anywhere
    networks     text[] NOT NULL,
    expires_at   timestamptz, -- null: never
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at DESC, id DESC);

-- Keys as the lists show them.
CREATE VIEW api_key_items AS
SELECT id, user_id, created_at,
       json_build_object(
           'id', id,
           'name', name,
           'scopes', scopes,
           'rate_limit', rate_limit,
           'addresses', coalesce(string_to_array(addresses, ','), '{}'),
           'expires_at', bourse.time(expires_at),
           'last_used_at', bourse.time(last_used_at),
           'revoked_at', bourse.time(revoked_at),
           'is_active', revoked_at IS NULL AND coalesce(expires_at > now(), true),
           'created_at', bourse.time(created_at)) AS item,
       (extract(epoch FROM created_at) * 1000000)::bigint || '/' || id AS cursor
FROM api_keys;

-- What is on a list is in the order of its owner.
CREATE TABLE watchlists (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    symbols    text[] NOT NULL,
    version    bigint NOT NULL, -- the ETag
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    name       text,            -- null once the person has been erased, or it is kept no longer
    deleted_at timestamptz
);
CREATE INDEX watchlists_by_user ON watchlists (user_id, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;

CREATE VIEW watchlist_symbols AS
SELECT watchlists.id AS watchlist_id, listed.symbol, listed.place
FROM watchlists
CROSS JOIN LATERAL unnest(watchlists.symbols) WITH ORDINALITY AS listed (symbol, place)
WHERE watchlists.deleted_at IS NULL;

-- What somebody looks for among the instruments. `filters` is JSON, as it was asked for.
CREATE TABLE saved_screens (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    name       text,            -- null as above, as is the next
    filters    text,
    sort       text,
    version    bigint NOT NULL, -- the ETag
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX saved_screens_by_user ON saved_screens (user_id, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;

CREATE VIEW screen_items AS
SELECT id, user_id, created_at, version,
       json_build_object(
           'id', id,
           'name', name,
           'filters', filters::json,
           'sort', sort,
           'created_at', bourse.time(created_at),
           'updated_at', bourse.time(updated_at)) AS item,
       (extract(epoch FROM created_at) * 1000000)::bigint || '/' || id AS cursor
FROM saved_screens
WHERE deleted_at IS NULL;

-- Whether a value passes a screen's filter of it; null: there is none.
CREATE FUNCTION passes(value numeric, filter json) RETURNS boolean
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN filter IS NULL
        OR (coalesce(value > (filter->>'above')::numeric, filter->>'above' IS NULL)
            AND coalesce(value >= (filter->>'at_least')::numeric, filter->>'at_least' IS NULL)
            AND coalesce(value <= (filter->>'at_most')::numeric, filter->>'at_most' IS NULL)
            AND coalesce(value < (filter->>'below')::numeric, filter->>'below' IS NULL));

CREATE FUNCTION passes(value text, filter json) RETURNS boolean
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN filter IS NULL
        OR (coalesce((filter->'in')::jsonb ? value, filter->'in' IS NULL)
            AND NOT coalesce((filter->'not_in')::jsonb ? value, false));

CREATE TABLE price_alerts (
    id              uuid PRIMARY KEY,
    user_id         uuid NOT NULL,
    instrument      text COLLATE "C" NOT NULL,
    condition       text NOT NULL,     -- above, below, crosses, percent_change
    price           numeric(20,8),     -- but of the last
    percent         numeric(20,8),     -- of the last, with the next
    window_s        bigint,
    recurring       boolean NOT NULL,
    expires_at      timestamptz,
    status          text NOT NULL,     -- active, paused, triggered, expired
    version         bigint NOT NULL,   -- the ETag: of what its user said
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    triggered_at    timestamptz,       -- last
    triggered_price numeric(20,8),
    triggered_count numeric(20,8),
    deleted_at      timestamptz
);
CREATE INDEX price_alerts_by_user ON price_alerts (user_id, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;

CREATE VIEW alert_items AS
SELECT id, user_id, created_at, version, status, instrument,
       json_build_object(
           'id', id,
           'instrument', instrument,
           'condition', condition,
           'price', bourse.decimal(price),
           'percent', bourse.decimal(percent),
           'window_s', window_s,
           'recurring', recurring,
           'expires_at', bourse.time(expires_at),
           'status', status,
           'triggered_at', bourse.time(triggered_at),
           'triggered_price', bourse.decimal(triggered_price),
           'triggered_count', coalesce(triggered_count, 0)::bigint,
           'created_at', bourse.time(created_at),
           'updated_at', bourse.time(updated_at)) AS item,
       (extract(epoch FROM created_at) * 1000000)::bigint || '/' || id AS cursor
FROM price_alerts
WHERE deleted_at IS NULL;

-- The inbox. `email`, `webhook` and `sms`: pending, sent or failed, where it goes that way, too; so is
-- `push`, below.
CREATE TABLE notifications (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    kind       text NOT NULL,
    subject_id uuid NOT NULL, -- the alert, order, transfer or conversation
    instrument text COLLATE "C",
    price      numeric(20,8),
    quantity   numeric(20,8),
    asset      text,
    amount     numeric(20,8),
    state      text,
    email      text,
    webhook    text,
    sms        text,
    created_at timestamptz NOT NULL,
    read_at    timestamptz
);
CREATE INDEX notifications_by_user ON notifications (user_id, created_at DESC, id DESC);

-- Up to when a user has read all.
CREATE TABLE notification_reads (
    user_id    uuid PRIMARY KEY,
    read_until timestamptz NOT NULL
);

-- The browsers that a notification goes to, each pending, sent or failed.
CREATE TABLE notification_pushes (
    notification_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    state           text NOT NULL,
    PRIMARY KEY (notification_id, subscription_id)
);

-- To which browsers notifications go; their keys are in the log only, sealed.
CREATE TABLE push_subscriptions (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    endpoint   text, -- null: the person has been erased
    created_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX push_subscriptions_by_user ON push_subscriptions (user_id, created_at DESC, id DESC)
    WHERE ended_at IS NULL;

CREATE VIEW push_subscription_items AS
SELECT id, user_id, created_at,
       json_build_object(
           'id', id,
           'endpoint', endpoint,
           'created_at', bourse.time(created_at)) AS item,
       (extract(epoch FROM created_at) * 1000000)::bigint || '/' || id AS cursor
FROM push_subscriptions
WHERE ended_at IS NULL;

CREATE VIEW notification_items AS
SELECT notifications.id, notifications.user_id, notifications.created_at, unread.unread,
       json_build_object(
           'id', notifications.id,
           'kind', kind,
           'subject_id', subject_id,
           'instrument', instrument,
           'price', bourse.decimal(price),
           'quantity', bourse.decimal(quantity),
           'asset', asset,
           'amount', bourse.decimal(amount),
           'state', state,
           'email', email,
           'webhook', webhook,
           'sms', sms,
           'push', (SELECT max(pushes.state) -- one that was sent, else that may be yet
                    FROM notification_pushes pushes
                    WHERE pushes.notification_id = notifications.id),
           'unread', unread.unread,
           'created_at', bourse.time(notifications.created_at)) AS item,
       (extract(epoch FROM notifications.created_at) * 1000000)::bigint || '/' || notifications.id
           AS cursor
FROM notifications
LEFT JOIN notification_reads reads ON reads.user_id = notifications.user_id
CROSS JOIN LATERAL (
    SELECT notifications.read_at IS NULL
           AND coalesce(notifications.created_at > reads.read_until, true) AS unread) AS unread;

-- Of whoever has changed his; what its messages are signed with is in the log only, sealed.
CREATE TABLE notification_settings (
    user_id     uuid PRIMARY KEY,
    order_fills boolean NOT NULL,
    transfers   boolean NOT NULL,
    webhook_url text,            -- null: none, or the person has been erased, as the next
    phone_number text,
    version     bigint NOT NULL, -- the ETag
    updated_at  timestamptz NOT NULL
);

-- The one row, once somebody has made a rule. `version` is the ETag.
CREATE TABLE venue_rules (
    name       text PRIMARY KEY, -- venue
    limits     json NOT NULL,    -- of risk, by name; null: none
    approvals  json,             -- what needs a second person; null: nothing does
    version    bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- What a gateway that begins counts for the limits of logins and registrations.
CREATE INDEX events_of_attempts ON events (occurred_at)
    WHERE action IN ('RecordLogin', 'RegisterUser', 'RequestPasswordReset');
