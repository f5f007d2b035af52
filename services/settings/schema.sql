-- settings: people, how they prove who they are, and when they signed in.

CREATE TABLE users (
    id         uuid PRIMARY KEY,
    email      text,                 -- null once the person has been erased
    email_hash text NOT NULL UNIQUE, -- keyed hash, 32 hexadecimal digits
    full_name  text,
    account_id uuid NOT NULL,
    roles      text[] NOT NULL,
    status     text NOT NULL,        -- active, locked
    created_at timestamptz NOT NULL,
    version    bigint NOT NULL,      -- from 1; the ETag
    email_verified_at timestamptz
);
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
    ip_address text,
    user_agent text,
    created_at timestamptz NOT NULL
);
CREATE INDEX security_log_by_user ON security_log (user_id, created_at DESC, event_id DESC);

-- The one row, once somebody has made a rule. `version` is the ETag.
CREATE TABLE venue_rules (
    name       text PRIMARY KEY, -- venue
    limits     json NOT NULL,    -- of risk, by name; null: none
    version    bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Password hashes are for the gateway alone: who reads reports has no business with them.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'bourse_reader') THEN
        REVOKE ALL ON credentials FROM bourse_reader;
        REVOKE SELECT ON two_factor_auth FROM bourse_reader;
    END IF;
END
$$;
