#include "service/lost.h"

#include "eventlog/follower.h"
#include "service/internal.h"

enum { POLL_MS = 100, AWAY_POLLS_MAX = 300 };

enum err lost_find(struct log *log, const struct fold *own, struct lost *ret_lost)
{
    const char *topic = follower_commands_topic(own->service);
    const struct fold_source *source = fold_source(own, text_of(topic), own->partition);
    int64_t next = source == NULL ? 0 : source->offset + 1;
    int64_t start = 0, end = 0;
    enum err err = log_ends(log, topic, own->partition, &start, &end);
    if (err != OK)
        return err;
    if (start <= next)
        return ERR_NOT_FOUND;
    *ret_lost = (struct lost){.from = next, .to = start - 1};
    return OK;
}

/* True when a record of the command topic is a report of just this loss, and still valid. */
static bool reports(struct writer *writer, const struct log_record *record, const struct lost *lost)
{
    struct command *command = &writer->command;
    const struct report_commands_lost *report = &command->report_commands_lost;
    arena_reset(writer->arena);
    command->key = (struct text){(const char *)record->key.data, record->key.size};
    return record->key.size <= COMMAND_KEY_MAX && record->value.size <= COMMAND_SIZE_MAX &&
           command_decode(record->value, writer->arena, command) == OK &&
           command->kind == COMMAND_REPORT_COMMANDS_LOST &&
           text_is(report->topic, follower_commands_topic(writer->service->id)) &&
           report->partition == writer->place.partition && report->from == lost->from &&
           report->to == lost->to && command->meta.valid_until >= writer_now_us(writer) &&
           actor_has(command->meta.has_actor, &command->meta.actor, ROLE_BIT(ROLE_ADMIN));
}

/* Looks through what is left of the commands for a report, which stays readable until the reader's
 * next poll. ERR_NOT_FOUND: there is none. */
static enum err find_report(struct writer *writer, struct log_reader *reader,
                            const struct lost *lost, struct log_record *ret_report)
{
    const char *topic = follower_commands_topic(writer->service->id);
    int32_t partition = writer->place.partition;
    const char *why = NULL;
    int64_t start = 0, end = 0;
    enum err err = log_ends(writer->world.log, topic, partition, &start, &end);
    if (err == OK)
        err = log_reader_assign(reader, topic, partition, lost->to + 1, &why);
    int64_t next = lost->to + 1;
    for (int away = 0; err == OK && next < end && away < AWAY_POLLS_MAX;) {
        if (writer_stopping(writer))
            return writer_fail(writer, ERR_TIMEOUT, "asked to stop while looking for a report");
        err = log_reader_poll(reader, POLL_MS, ret_report, &why);
        if (err == OK && reports(writer, ret_report, lost))
            return OK;
        if (err == OK)
            next = ret_report->offset + 1;
        away = err == OK ? 0 : away + 1;
        if (err == ERR_TIMEOUT || err == ERR_BUSY)
            err = OK;
    }
    if (err == ERR_LOG)
        return writer_fail(writer, err, "%s", why);
    if (err == OK && next < end)
        return writer_fail(writer, ERR_BUSY, "%s/%d could not be read to its end", topic,
                           partition);
    return err == OK ? ERR_NOT_FOUND : err;
}

/* Answers everything that is gone with the report's own answer. */
static enum err append_lost(struct writer *writer, const struct log_record *report,
                            const struct lost *lost)
{
    struct event event = {.kind = EVENT_COMMANDS_LOST, .key = writer->command.key};
    struct cause_run cause = {.topic = text_of(follower_commands_topic(writer->service->id)),
                              .partition = writer->place.partition,
                              .first_offset = lost->from,
                              .last_offset = lost->to}; /* the hash of what is gone is 0 */
    struct hash seed = fold_record_hash(report->key, report->value);
    size_t size = report->value.size;
    event.commands_lost = (struct commands_lost){
        .from = lost->from, .to = lost->to, .reason = writer->command.report_commands_lost.reason};
    writer_inherit(&event.meta, &writer->command);
    event.meta.has_request = size <= REQUEST_SIZE_MAX;
    event.meta.request = report->value;
    return writer_append(writer, &event, &cause, 1, seed.bytes, writer_now_us(writer));
}

enum err writer_answer_lost(struct writer *writer, struct fold_source *ret_behind)
{
    const char *topic = follower_commands_topic(writer->service->id);
    struct lost lost;
    struct log_record report;
    enum err err = lost_find(writer->world.log, writer->own, &lost);
    if (err != OK)
        return err;
    struct log_reader *reader = log_reader_open(writer->world.log, LOG_PROMPT);
    err = find_report(writer, reader, &lost, &report);
    if (err == OK)
        err = append_lost(writer, &report, &lost);
    if (err == ERR_NOT_FOUND)
        err = writer_fail(writer, ERR_LOG,
                          "%s/%d: the commands from %lld to %lld were deleted before they were "
                          "read; `bourse commands lost` says so in the log, and then it goes on",
                          topic, writer->place.partition, (long long)lost.from, (long long)lost.to);
    log_reader_close(reader);
    *ret_behind = (struct fold_source){.partition = writer->place.partition, .offset = lost.to};
    return err;
}
