
-- What needed the consent of a second person, of every service alike.
CREATE TABLE approvals (
    id                 uuid PRIMARY KEY,
    status             text NOT NULL,        -- pending, approved, rejected, expired
    action             text NOT NULL,        -- the command's name
    entity_type        text NOT NULL,
    entity_id          text NOT NULL,
    requested_by       uuid NOT NULL,
    requested_at       timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    command_id         uuid NOT NULL,        -- which waited; it is in events, at the next two
    partition          int NOT NULL,
    event_offset       bigint NOT NULL,
    decided_by         uuid,                 -- null: nobody yet, or the clock
    decided_at         timestamptz,
    decided_command_id uuid,
    reason             text                  -- of a rejection
);
CREATE INDEX approvals_by_time ON approvals (requested_at DESC, id DESC);
CREATE INDEX approvals_waiting ON approvals (requested_at DESC, id DESC) WHERE status = 'pending';
CREATE INDEX approvals_by_command ON approvals (command_id);

-- Requests as the lists show them; `request` is the command's own fields, as they came.
CREATE VIEW approval_items AS
SELECT approval.id, approval.status, approval.requested_at, approval.requested_by,
       approval.decided_by, approval.command_id,
       jsonb_build_object(
           'id', approval.id,
           'status', approval.status,
           'action', approval.action,
           'entity_type', approval.entity_type,
           'entity_id', approval.entity_id,
           'request', asked.request,
           'roles', asked.result->'roles',
           'requested_by', approval.requested_by,
           'requested_at', bourse.time(approval.requested_at),
           'expires_at', bourse.time(approval.expires_at),
           'command_id', approval.command_id,
           'decided_by', approval.decided_by,
           'decided_at', bourse.time(approval.decided_at),
           'decided_command_id', approval.decided_command_id,
           'reason', approval.reason) AS item
FROM approvals approval
LEFT JOIN events asked USING (partition, event_offset);
