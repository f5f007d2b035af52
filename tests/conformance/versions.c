/* versions.c - hostile logs of which a newer version wrote the end. */
#include "versions.h"

#include "eventlog/fold.h"

static void put_unknown(struct hostile *log, struct event event)
{
    hostile_value(hostile_put(log, &event))[1] = 0x7f;
}

/* Its schema is a later one, but its meta says that it is nobody's. */
void an_unknown_schema_that_is_not_due_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event event = hostile_due(log);
    event.meta.wseq++;
    hostile_value(hostile_put(log, &event))[1] = 0x7f;
    hostile_append_due(log);
}

/* To pass over it would be to lose it. */
void an_unknown_schema_that_is_due_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event event = hostile_due(log);
    hostile_value(hostile_put(log, &event))[1] = 0x7f;
}

/* Of a claim that wins, whoever claims it and whatever it continues: what its writer will write
 * would be passed over with it. In a poisoned epoch, too, which only a claim ends. */
void a_claim_in_an_unknown_schema_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event gap = hostile_due(log);
    gap.meta.wseq++;
    hostile_put(log, &gap);
    struct event claim = hostile_claim(log, 2, 2);
    claim.meta.prev_hash = (struct hash){{7}};
    hostile_value(hostile_put(log, &claim))[1] = 0x7f;
}

/* What would not count were it known stops nobody: claims that lost or came too early, others'
 * logs and partitions, and an event of an epoch that nobody has claimed. */
void a_claim_in_an_unknown_schema_that_does_not_win_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    put_unknown(log, hostile_claim(log, 1, 9));
    put_unknown(log, hostile_claim(log, 3, 9));
    for (int wrong = 0; wrong < 3; wrong++) {
        struct event claim = hostile_claim(log, 2, 2);
        if (wrong == 0)
            claim.meta.incarnation.bytes[3] = 1;
        if (wrong == 1)
            claim.meta.partition = 1;
        if (wrong == 2)
            claim.meta.service = TEXT("orders");
        put_unknown(log, claim);
    }
    struct event early = hostile_due(log);
    early.meta.epoch = 2;
    early.meta.wseq = 1;
    put_unknown(log, early);
    hostile_append_due(log);
}

/* Not even the log's beginning: all of it is a newer version's. */
void a_creation_in_an_unknown_schema_stops_the_reader(struct hostile *log)
{
    struct event other = {.kind = EVENT_LOG_CREATED, .meta.partition = 1};
    put_unknown(log, other);
    put_unknown(log, (struct event){.kind = EVENT_LOG_CREATED});
}

void a_newer_writer_stops_an_old_reader(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event claim = hostile_claim(log, 2, 2);
    claim.writer_claimed.min_reader = FOLD_READER_VERSION + 1;
    hostile_put(log, &claim);
}
