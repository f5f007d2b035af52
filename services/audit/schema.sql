-- audit: the tickets. What a command asked and what came of it is joined from the journals.

CREATE TABLE ticket_logs (
    id               text COLLATE "C" PRIMARY KEY, -- TKT-YYYY-NNNNNN
    seq              bigint NOT NULL UNIQUE, -- the order of all tickets, over the years
    command_id       uuid NOT NULL,
    action           text NOT NULL,
    entity_type      text,
    entity_id        text COLLATE "C",
    account_id       uuid,
    actor_id         uuid,
    outcome          text NOT NULL,
    code             text,
    source_topic     text NOT NULL,
    source_partition int NOT NULL,
    source_offset    bigint NOT NULL,
    event_id         uuid NOT NULL,
    event_hash       bytea, -- null where the answer is the ticket's own event
    occurred_at      timestamptz NOT NULL,
    issued_at        timestamptz NOT NULL,
    count            bigint NOT NULL -- how many refusals of one second it stands for
);
CREATE INDEX ticket_logs_by_command ON ticket_logs (command_id);
CREATE INDEX ticket_logs_by_account ON ticket_logs (account_id, seq DESC);
CREATE INDEX ticket_logs_by_actor ON ticket_logs (actor_id, seq DESC);
CREATE INDEX ticket_logs_by_entity ON ticket_logs (entity_id, seq DESC);
-- What gateways refused: such a ticket is its own answer.
CREATE INDEX ticket_logs_refused ON ticket_logs (actor_id, occurred_at DESC, event_id DESC) WHERE event_hash IS NULL;
CREATE INDEX ticket_logs_failed ON ticket_logs (seq DESC) WHERE outcome = 'failed';

-- A ticket as every list shows it, with the words that a search looks in.
CREATE VIEW ticket_items AS
SELECT ticket_logs.*,
       lower(concat_ws(' ', id, action, entity_type, entity_id, code)) AS words,
       json_build_object(
           'id', id,
           'ticket_id', id,
           'action', action,
           'outcome', outcome,
           'code', code,
           'actor_id', actor_id,
           'entity_type', entity_type,
           'entity_id', entity_id,
           'account_id', account_id,
           'command_id', command_id,
           'count', count,
           'occurred_at', bourse.time(occurred_at),
           'issued_at', bourse.time(issued_at),
           'source', json_build_object('topic', source_topic, 'partition', source_partition,
                                       'offset', source_offset)) AS item
FROM ticket_logs;
