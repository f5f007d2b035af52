-- audit: the tickets, and the signed checkpoints of the tree over them. What a command asked and what
-- came of it is joined from the journals.

CREATE TABLE ticket_logs (
    id               text COLLATE "C" PRIMARY KEY, -- TKT-YYYY-NNNNNN
    seq              bigint NOT NULL UNIQUE, -- the order of all tickets, over the years: 0, 1, 2 ...
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
    count            bigint NOT NULL, -- how many refusals of one second it stands for
    nodes            bytea NOT NULL -- of the tree: the leaf, and above it what it completes, 32 bytes each
);
CREATE INDEX ticket_logs_by_command ON ticket_logs (command_id);
CREATE INDEX ticket_logs_by_account ON ticket_logs (account_id, seq DESC);
CREATE INDEX ticket_logs_by_actor ON ticket_logs (actor_id, seq DESC);
CREATE INDEX ticket_logs_by_entity ON ticket_logs (entity_id, seq DESC);
-- What gateways refused: such a ticket is its own answer.
CREATE INDEX ticket_logs_refused ON ticket_logs (actor_id, occurred_at DESC, event_id DESC) WHERE event_hash IS NULL;
-- What failed, which is little: all of it, and whose it was.
CREATE INDEX ticket_logs_failed ON ticket_logs (seq DESC) WHERE outcome = 'failed';
CREATE INDEX ticket_logs_failed_by_actor ON ticket_logs (actor_id, seq DESC) WHERE outcome = 'failed';
CREATE INDEX ticket_logs_failed_by_account ON ticket_logs (account_id, seq DESC) WHERE outcome = 'failed';

-- The tree's checkpoints that are signed, and by which keys.
CREATE TABLE checkpoints (
    number    bigint PRIMARY KEY,
    tree_size bigint NOT NULL,
    root_hash bytea NOT NULL,
    made_at   timestamptz NOT NULL,
    signed_at timestamptz NOT NULL,
    note      text NOT NULL
);
CREATE TABLE checkpoint_keys (
    key             text PRIMARY KEY, -- NAME+ID+KEY
    first_number    bigint NOT NULL,
    last_number     bigint NOT NULL,
    first_signed_at timestamptz NOT NULL,
    last_signed_at  timestamptz NOT NULL
);

-- A complete node of the tree: it stands with the last of its leaves.
CREATE FUNCTION tree_node(level int, index bigint) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT substring(nodes FROM 32 * level + 1 FOR 32)
            FROM audit.ticket_logs WHERE seq = ((index + 1) << level) - 1);
END $$;

-- The root of the tree over `size` leaves from `first` on, which is a multiple of a power of two that
-- is not smaller: its complete subtrees, from the smallest, which is the last, to the largest.
CREATE FUNCTION tree_root(first bigint, size bigint) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    at   bigint := first + size;
    root bytea;
    node bytea;
BEGIN
    FOR level IN 0..62 LOOP
        CONTINUE WHEN size >> level & 1 = 0;
        at := at - (1::bigint << level);
        node := audit.tree_node(level, at >> level);
        root := CASE WHEN root IS NULL THEN node ELSE sha256('\x01' || node || root) END;
    END LOOP;
    RETURN root;
END $$;

-- Where a tree of that size, above one, parts (RFC 9162): the largest power of two below it.
CREATE FUNCTION tree_split(size bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    split bigint := 1;
BEGIN
    WHILE split * 2 < size LOOP
        split := split * 2;
    END LOOP;
    RETURN split;
END $$;

-- What proves that a leaf is in the tree of that size (RFC 9162, 2.1.3.1), nearest to the leaf first.
CREATE FUNCTION inclusion_path(leaf bigint, tree_size bigint) RETURNS bytea[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    path  bytea[] := '{}';
    first bigint := 0;
    size  bigint := tree_size;
    split bigint;
BEGIN
    WHILE size > 1 LOOP
        split := audit.tree_split(size);
        IF leaf < first + split THEN
            path := audit.tree_root(first + split, size - split) || path;
            size := split;
        ELSE
            path := audit.tree_root(first, split) || path;
            first := first + split;
            size := size - split;
        END IF;
    END LOOP;
    RETURN path;
END $$;

-- What proves that the tree of that size begins with the one of `old_size` (RFC 9162, 2.1.4.1).
CREATE FUNCTION consistency_path(old_size bigint, tree_size bigint) RETURNS bytea[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    path  bytea[] := '{}';
    first bigint := 0;
    size  bigint := tree_size;
    old   bigint := old_size; -- of its leaves, those from `first` on
    split bigint;
BEGIN
    WHILE old < size LOOP
        split := audit.tree_split(size);
        IF old <= split THEN
            path := audit.tree_root(first + split, size - split) || path;
            size := split;
        ELSE
            path := audit.tree_root(first, split) || path;
            first := first + split;
            size := size - split;
            old := old - split;
        END IF;
    END LOOP;
    RETURN CASE WHEN first = 0 THEN path ELSE audit.tree_root(first, size) || path END;
END $$;

-- Hashes as JSON shows them.
CREATE FUNCTION hashes(path bytea[]) RETURNS json
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(json_agg(encode(hash, 'hex') ORDER BY place), '[]')
            FROM unnest(path) WITH ORDINALITY AS hashes (hash, place));

-- That a ticket is in the tree of a signed checkpoint; null where it is not.
CREATE FUNCTION inclusion_proof(leaf bigint, checkpoint_number bigint) RETURNS json
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT json_build_object(
                'leaf_index', leaf,
                'leaf_hash', encode(audit.tree_node(0, leaf), 'hex'),
                'hashes', audit.hashes(audit.inclusion_path(leaf, tree_size)),
                'tree_size', tree_size,
                'root_hash', encode(root_hash, 'hex'),
                'checkpoint', number,
                'note', note)
            FROM audit.checkpoints WHERE number = checkpoint_number AND tree_size > leaf);
END $$;

-- A checkpoint as it is shown.
CREATE VIEW checkpoint_items AS
SELECT checkpoints.*,
       json_build_object(
           'number', number,
           'tree_size', tree_size,
           'root_hash', encode(root_hash, 'hex'),
           'made_at', bourse.time(made_at),
           'signed_at', bourse.time(signed_at),
           'note', note) AS item
FROM checkpoints;

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
