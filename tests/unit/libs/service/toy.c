#include "toy.h"

#include "eventlog/headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *toy_new(const struct place *place)
{
    (void)place;
    return calloc(1, sizeof(struct toy));
}

static void toy_decide(const void *state, const struct input *input, struct arena *arena,
                       struct event *event)
{
    const struct toy *toy = state;
    (void)arena;
    if (input->kind == INPUT_TIME) {
        event->kind = EVENT_ASSET_TRANSACTION_RECORDED;
        event->asset_transaction_recorded.transaction = (struct asset_transaction){
            .type = TRANSACTION_TYPE_WITHDRAWAL, .created_at = input->now_us};
        return;
    }
    const struct record_asset_transaction *deposit = &input->command->record_asset_transaction;
    if (deposit->amount_e8 <= 0) {
        event_reject(event, "VALIDATION_FAILED", TEXT("not above zero"), "amount");
        return;
    }
    if (deposit->amount_e8 > 1000 * E8) {
        event_reject(event, "AMOUNT_RANGE", TEXT("too much"), "amount");
        return;
    }
    event->kind = EVENT_ASSET_TRANSACTION_RECORDED;
    event->asset_transaction_recorded.transaction.amount_e8 = deposit->amount_e8;
    event->asset_transaction_recorded.transaction.id = input_id(input, 1, 0);
    event->asset_transaction_recorded.transaction.asset = deposit->asset;
    event->asset_transaction_recorded.transaction.created_at = input->now_us;
    event->asset_transaction_recorded.transaction.has_notes = true;
    event->asset_transaction_recorded.transaction.notes =
        (struct text){(const char *)&toy->deposits, sizeof toy->deposits};
}

static void toy_apply(void *state, const struct event *event)
{
    struct toy *toy = state;
    toy->events++;
    if (event->kind != EVENT_ASSET_TRANSACTION_RECORDED)
        return;
    const struct asset_transaction *deposit = &event->asset_transaction_recorded.transaction;
    if (deposit->type == TRANSACTION_TYPE_WITHDRAWAL) {
        toy->strikes_left--;
        toy->strikes++;
        toy->struck_us = deposit->created_at;
        return;
    }
    if (text_is(deposit->asset, "BEL")) {
        toy->strikes_left = deposit->amount_e8;
        toy->struck_us = deposit->created_at + 1000000;
        return;
    }
    toy->sum_e8 += deposit->amount_e8;
    toy->deposits++;
    memcpy(&toy->last_notes, deposit->notes.data, sizeof toy->last_notes);
}

static int64_t toy_due_us(const void *state)
{
    const struct toy *toy = state;
    return toy->strikes_left > 0 ? toy->struck_us : INT64_MAX;
}

static void toy_save(const void *state, struct buffer *buffer)
{
    buffer_append(buffer, state, sizeof(struct toy));
}

static enum err toy_load(void *state, struct bytes bytes)
{
    if (bytes.size != sizeof(struct toy))
        return ERR_POISON;
    memcpy(state, bytes.data, bytes.size);
    return OK;
}

const struct service TOY = {
    .id = SERVICE_ACCOUNTS,
    .run_max = 1,
    .state_new = toy_new,
    .state_free = free,
    .decide = toy_decide,
    .apply = toy_apply,
    .due_us = toy_due_us,
    .save = toy_save,
    .load = toy_load,
};

static void append(struct log *log, const char *topic, int32_t partition, struct text key,
                   const struct buffer *value, const struct log_header *headers, size_t count)
{
    struct log_writer *writer = log_writer_open(log);
    struct bytes key_bytes = {(const uint8_t *)key.data, key.size};
    assert_int_equal(
        log_writer_append(writer, topic, partition, key_bytes, buffer_bytes(value), headers, count),
        OK);
    assert_int_equal(log_writer_flush(writer, 1000), OK);
    log_writer_close(writer);
}

static void create_partition(struct log *log, enum service_id service, int32_t partition,
                             int32_t partitions)
{
    struct partition_count counts[SERVICES];
    struct event event = {.kind = EVENT_LOG_CREATED};
    struct buffer value;
    for (int i = 0; i < SERVICES; i++)
        counts[i] = (struct partition_count){.service = text_of(service_name((enum service_id)i)),
                                             .count = partitions};
    event.meta.service = text_of(service_name(service));
    event.meta.partition = partition;
    event.log_created.partition_counts = counts;
    event.log_created.partition_counts_count = SERVICES;
    buffer_init(&value, 10000);
    event_encode(&event, &value);
    append(log, follower_events_topic(service), partition, TEXT(""), &value, NULL, 0);
    buffer_free(&value);
}

struct log *toy_log(int32_t partitions)
{
    struct log *log = log_open_memory();
    const char *problem = NULL;
    struct log_topic topics[2 * SERVICES];
    for (int i = 0; i < SERVICES; i++) {
        enum service_id service = (enum service_id)i;
        topics[2 * i] = (struct log_topic){follower_events_topic(service), partitions, true};
        topics[2 * i + 1] = (struct log_topic){follower_commands_topic(service), partitions, false};
    }
    assert_int_equal(log_create_topics(log, topics, COUNT_OF(topics), 1, &problem), OK);
    for (int i = 0; i < SERVICES; i++)
        for (int32_t partition = 0; partition < partitions; partition++)
            create_partition(log, (enum service_id)i, partition, partitions);
    return log;
}

static int64_t stopped_clock(void *context)
{
    return *(int64_t *)context;
}

static void counted_random(void *context, void *data, size_t size)
{
    static uint8_t counter;
    (void)context;
    memset(data, ++counter, size);
}

struct writer_world toy_world(struct log *log, int64_t *clock_us)
{
    log_memory_set_clock(log, stopped_clock, clock_us);
    return (struct writer_world){
        .log = log, .clock_us = stopped_clock, .random = counted_random, .context = clock_us};
}

struct writer *toy_writer(const struct writer_world *world)
{
    struct writer *writer = writer_new(&TOY, 0, world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
    assert_int_equal(writer_claim(writer, 1000), OK);
    return writer;
}

struct command toy_deposit(uint8_t number, int64_t amount_e8, int64_t now_us)
{
    struct command command = {.kind = COMMAND_RECORD_ASSET_TRANSACTION};
    command.meta.command_id.bytes[15] = number;
    command.meta.received_at = now_us;
    command.meta.valid_until = now_us + 30 * INT64_C(1000000);
    command.record_asset_transaction.asset = TEXT("CEA");
    command.record_asset_transaction.amount_e8 = amount_e8;
    return command;
}

struct command toy_bell(uint8_t number, int64_t strikes, int64_t now_us)
{
    struct command command = toy_deposit(number, strikes, now_us);
    command.record_asset_transaction.asset = TEXT("BEL");
    return command;
}

void toy_send(struct log *log, struct command *command)
{
    struct buffer value;
    buffer_init(&value, 10000);
    command_encode(command, &value);
    append(log, follower_commands_topic(SERVICE_ACCOUNTS), 0, TEXT("key"), &value, NULL, 0);
    buffer_free(&value);
}

void toy_run(struct writer *writer)
{
    size_t decided = 1;
    while (decided > 0 || !writer_settled(writer))
        assert_int_equal(writer_step(writer, 10, &decided), OK);
}

size_t toy_kinds(struct log *log, enum event_kind *ret_kinds, size_t kinds_max)
{
    struct follower *follower = follower_open(log, LOG_PROMPT);
    struct followed followed;
    size_t count = 0;
    assert_int_equal(follower_begin(follower, SERVICE_ACCOUNTS, 0), OK);
    while (follower_poll(follower, 10, &followed) == OK) {
        if (followed.verdict == FOLD_VALID && count < kinds_max)
            ret_kinds[count++] = followed.event->kind;
    }
    follower_close(follower);
    return count;
}
