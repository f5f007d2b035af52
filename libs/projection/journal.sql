-- What came of every command, in the current schema: a row for each event that has a command_id, and
-- for those of the clock that concern orders, with what follows from them.
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
    PRIMARY KEY (partition, event_offset)
);
CREATE INDEX events_by_command ON events (command_id);
CREATE INDEX events_by_cause ON events (cause) WHERE command_id IS NULL;
CREATE INDEX events_by_correlation ON events (correlation_id) WHERE action IS NOT NULL;
