-- What came of every command, in the current schema: a row for each event that has a command_id, for
-- those of the clock that concern orders, with what follows from them, and for what could not be read.
CREATE TABLE events (
    partition      int NOT NULL,
    event_offset   bigint NOT NULL,
    event_id       uuid NOT NULL,
    type           text NOT NULL,  -- 'OrderEntered'
    key            text NOT NULL,
    command_id     uuid,
    correlation_id uuid,
    actor_id       uuid,
    answers        boolean NOT NULL,
    code           text,           -- of a refusal
    occurred_at    timestamptz NOT NULL,
    cause          text,           -- 'orders/0/55' an event followed, 'orders.commands/0/12'
    request        json,           -- the command's own fields, without the sealed ones; this and
    action         text,           -- the next three only where the event decides the command
    ip_address     text,
    user_agent     text,
    result         json,           -- what the client is shown
    letter_id      uuid,           -- of a command that was set aside (decision/letter.h)
    raw            bytea,          -- which cannot be read: its first 16 KiB
    PRIMARY KEY (partition, event_offset)
);
CREATE INDEX events_by_command ON events (command_id);
CREATE INDEX events_by_cause ON events (cause) WHERE command_id IS NULL;
CREATE INDEX events_by_correlation ON events (correlation_id) WHERE action IS NOT NULL;
CREATE UNIQUE INDEX events_letters ON events (letter_id) WHERE letter_id IS NOT NULL;
CREATE INDEX events_letters_by_time ON events (occurred_at DESC, letter_id DESC) WHERE letter_id IS NOT NULL;
CREATE INDEX events_retries ON events ((request->>'letter_id')) WHERE action = 'RetryDeadLetter';
CREATE INDEX events_consents ON events ((request->>'approval_id')) WHERE action = 'ApproveRequest';

-- What was set aside, and which command had it decided anew: a retry, or the consent to one.
CREATE VIEW dead_letters AS
SELECT letter.*, retry.command_id AS retried_command_id, retry.actor_id AS retried_by,
       retry.occurred_at AS retried_at
FROM events letter
LEFT JOIN LATERAL (
    SELECT coalesce(consent.command_id, asked.command_id) AS command_id,
           coalesce(consent.actor_id, asked.actor_id) AS actor_id,
           coalesce(consent.occurred_at, asked.occurred_at) AS occurred_at
    FROM events asked
    LEFT JOIN events consent
           ON consent.action = 'ApproveRequest' AND asked.type = 'ApprovalRequested'
          AND consent.request->>'approval_id' = asked.result->>'approval_id'
          AND consent.code IS NULL AND consent.type <> 'CommandRepeated'
    WHERE asked.action = 'RetryDeadLetter' AND asked.request->>'letter_id' = letter.letter_id::text
      AND asked.code IS NULL AND asked.type <> 'CommandRepeated'
      AND (asked.type <> 'ApprovalRequested' OR consent.command_id IS NOT NULL)
    LIMIT 1) retry ON true
WHERE letter.letter_id IS NOT NULL;

-- Dead letters as they are shown, but for the name of the service, and whether it takes retries.
CREATE VIEW dead_letter_items AS
SELECT letter.letter_id AS id, letter.occurred_at, letter.command_id, letter.actor_id,
       letter.retried_by, letter.raw,
       CASE WHEN letter.command_id IS NULL THEN 'malformed' ELSE 'poisonous' END AS kind,
       jsonb_build_object(
           'id', letter.letter_id,
           'kind', CASE WHEN letter.command_id IS NULL THEN 'malformed' ELSE 'poisonous' END,
           'status', CASE WHEN letter.retried_command_id IS NOT NULL THEN 'retried'
                          WHEN letter.actor_id IS NULL OR letter.action IS NULL
                               OR letter.action IN ('ApproveRequest', 'RejectRequest',
                                                    'RetryDeadLetter')
                          THEN 'not_retriable'
                          ELSE 'waiting' END,
           'code', letter.code,
           'message', letter.result->>'message',
           'action', letter.action,
           'request', letter.request,
           'command_id', letter.command_id,
           'correlation_id', letter.correlation_id,
           'actor_id', letter.actor_id,
           'occurred_at', bourse.time(letter.occurred_at),
           'source', letter.cause,
           'position', letter.partition || ':' || letter.event_offset,
           'size', octet_length(letter.raw),
           'retried_command_id', letter.retried_command_id,
           'retried_by', letter.retried_by,
           'retried_at', bourse.time(letter.retried_at)) AS item
FROM dead_letters letter;
