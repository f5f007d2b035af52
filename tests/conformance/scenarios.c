/* scenarios.c - the hostile logs themselves. A new rule of the fold comes with one of these. */
#include "hostile.h"
#include "versions.h"

#include "eventlog/fold.h"

#include <string.h>

static void an_honest_log_is_valid(struct hostile *log)
{
    hostile_begin(log, 3);
    hostile_take_over(log, 2);
    hostile_append_due(log);
}

static void the_key_is_part_of_the_head(struct hostile *log)
{
    static const char LONG_KEY[300] = {'k', 0, '\n', '\x7f', '\xff'};
    hostile_begin(log, 0);
    const struct text keys[] = {TEXT(""), TEXT("1"), {LONG_KEY, sizeof LONG_KEY}};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct event event = hostile_due(log);
        event.key = keys[i];
        hostile_append(log, &event);
    }
}

static void a_replaced_writers_record_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event late = hostile_due(log);
    hostile_take_over(log, 2);
    hostile_put(log, &late);
    hostile_append_due(log);
}

static void nothing_counts_before_the_first_claim(struct hostile *log)
{
    hostile_create(log);
    struct event early = hostile_due(log);
    hostile_put(log, &early);
}

/* "1, 4, 5": what lands behind a lost record is void until somebody claims again. */
static void behind_a_lost_record_all_is_inert_until_a_claim(struct hostile *log)
{
    hostile_begin(log, 1);
    struct fold_state before = log->next;
    hostile_append_due(log);
    log->count--; /* the middle is lost; the log knows nothing of it */
    log->offset--;
    hostile_append_due(log);
    hostile_append_due(log);
    log->next = before;
    hostile_take_over(log, 2);
    hostile_append_due(log);
}

static void in_a_poisoned_epoch_not_even_the_right_record_counts(struct hostile *log)
{
    hostile_begin(log, 0);
    struct event second = hostile_due(log);
    second.meta.wseq = 2;
    hostile_put(log, &second);
    struct event first = hostile_due(log);
    hostile_put(log, &first);
}

static void a_record_that_continues_another_history_poisons(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event event = hostile_due(log);
    event.meta.prev_hash.bytes[5] ^= 1;
    hostile_put(log, &event);
}

static void a_copy_of_a_record_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    log->records[log->count] = log->records[log->count - 1];
    log->records[log->count++].offset = log->offset++;
    hostile_append_due(log);
}

static void an_old_wseq_with_other_contents_poisons_nothing(struct hostile *log)
{
    hostile_begin(log, 2);
    struct event event = hostile_due(log);
    event.meta.wseq = 1;
    hostile_put(log, &event);
    event.meta.wseq = -1;
    hostile_put(log, &event);
    hostile_append_due(log);
}

static void the_first_claim_of_an_epoch_wins(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event same = hostile_claim(log, 1, 9), ahead = hostile_claim(log, 3, 9);
    hostile_put(log, &same);
    hostile_put(log, &ahead);
    hostile_take_over(log, 2);
    struct event second = hostile_claim(log, 2, 3);
    hostile_put(log, &second);
    hostile_append_due(log);
}

/* A claimant that slept before it claimed: whoever is in force by then, its number decides. */
static void a_claim_need_not_know_the_head(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event claim = hostile_claim(log, 2, 2);
    claim.meta.prev_hash = (struct hash){{7}};
    struct log_record *record = hostile_put(log, &claim);
    log->next = (struct fold_state){.epoch = 2,
                                    .nonce = claim.meta.nonce,
                                    .head = fold_hash(&log->next.head, record->key, record->value)};
    hostile_append_due(log);
}

static void a_claims_time_is_not_log_time(struct hostile *log)
{
    hostile_begin(log, 1);
    log->time_us = 5000;
    hostile_take_over(log, 2);
    log->time_us = 0;
    hostile_append_due(log);
}

static void another_nonce_in_the_same_epoch_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event event = hostile_due(log);
    event.meta.nonce.bytes[0] = 77;
    hostile_put(log, &event);
    hostile_append_due(log);
}

/* A copied machine draws the same nonce again: the epoch still tells its records apart, and a late
 * one does not poison the new epoch. */
static void a_nonce_drawn_twice_does_not_mix_two_epochs(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event late = hostile_due(log);
    hostile_take_over(log, 1);
    hostile_put(log, &late);
    hostile_append_due(log);
}

static void another_log_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event event = hostile_due(log), claim = hostile_claim(log, 2, 2);
    event.meta.incarnation.bytes[3] = 1;
    claim.meta.incarnation.bytes[3] = 1;
    hostile_put(log, &event);
    hostile_put(log, &claim);
    hostile_append_due(log);
}

static void another_partition_or_service_is_inert(struct hostile *log)
{
    struct event creation = {.kind = EVENT_LOG_CREATED, .meta.partition = 1};
    hostile_put(log, &creation);
    hostile_begin(log, 1);
    struct event partition = hostile_due(log), service = hostile_due(log);
    struct event claim = hostile_claim(log, 2, 2);
    partition.meta.partition = 2;
    service.meta.service = TEXT("orders");
    claim.meta.partition = -1;
    hostile_put(log, &partition);
    hostile_put(log, &service);
    hostile_put(log, &claim);
    hostile_append_due(log);
}

static void a_second_creation_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    struct fold_state before = log->next;
    hostile_create(log);
    log->next = before;
    hostile_append_due(log);
}

/* Even before the log begins: anybody may have been faster than `bourse init`. */
static void what_cannot_be_read_is_inert(struct hostile *log)
{
    struct event creation = {.kind = EVENT_LOG_CREATED};
    hostile_put(log, &creation)->value.size = 0;
    hostile_begin(log, 1);
    struct event event = hostile_due(log);
    hostile_put(log, &event)->value.size = 40;              /* ends within meta */
    hostile_put(log, &event)->value.size = 4;               /* and within the frame */
    hostile_value(hostile_put(log, &event))[0] = 1;         /* no framing of ours */
    hostile_value(hostile_put(log, &event))[5] = 2 * 35;    /* the incarnation is no uuid */
    hostile_value(hostile_put(log, &event))[5 + 1 + 8] = 0; /* nor this */
    hostile_append_due(log);
}

static void a_time_that_nobody_can_write_down_is_inert(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event event = hostile_due(log);
    event.meta.has_valid_until = true;
    event.meta.valid_until = INT64_MAX;
    hostile_put(log, &event);
    hostile_append_due(log);
}

static void only_meta_is_the_folds_business(struct hostile *log)
{
    hostile_begin(log, 0);
    struct event event = hostile_due(log);
    event.meta.has_reply_to = true;
    event.meta.reply_to = TEXT("\xff\xfe, no UTF-8");
    struct log_record *record = hostile_put(log, &event);
    record->value.size--; /* the last of its own fields is cut */
    log->next.wseq++;
    log->next.head = fold_hash(&log->next.head, record->key, record->value);
    hostile_append_due(log);
}

static void a_claim_that_ends_early_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event claim = hostile_claim(log, 2, 2);
    hostile_put(log, &claim)->value.size--;
}

static void a_creation_that_ends_early_stops_the_reader(struct hostile *log)
{
    struct event creation = {.kind = EVENT_LOG_CREATED};
    hostile_put(log, &creation)->value.size--;
}

static void a_log_without_its_creation_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 2);
    memmove(log->records, log->records + 1, --log->count * sizeof *log->records);
}

static void an_offset_that_goes_back_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 1);
    log->offset = 40; /* ahead is fine */
    hostile_append_due(log);
    log->offset = 40;
    hostile_append_due(log);
}

static void time_that_goes_back_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 0);
    log->time_us = 1000;
    hostile_append_due(log);
    log->time_us = 999;
    hostile_append_due(log);
}

static void time_before_the_logs_creation_stops_the_reader(struct hostile *log)
{
    log->time_us = 1000;
    hostile_begin(log, 0);
    log->time_us = 999;
    hostile_append_due(log);
}

/* The event that is due, answering `runs`. */
static void answer(struct hostile *log, struct cause_run *runs, size_t count)
{
    struct event event = hostile_due(log);
    event.meta.cause = runs;
    event.meta.cause_count = count;
    hostile_append(log, &event);
}

static void answer_commands(struct hostile *log, int64_t first, int64_t last)
{
    answer(log,
           &(struct cause_run){.topic = TEXT("bourse.accounts.commands"),
                               .first_offset = first,
                               .last_offset = last},
           1);
}

static void each_source_has_its_own_position(struct hostile *log)
{
    hostile_begin(log, 0);
    answer_commands(log, 0, 4);
    struct cause_run runs[] = {
        {.topic = TEXT("bourse.accounts.commands"), .partition = 1, .last_offset = 2},
        {.topic = TEXT("bourse.orders.events"), .has_fold = true, .fold = {.poisoned = true}},
        {.topic = TEXT("bourse.accounts.commands"), .first_offset = 5, .last_offset = 5},
    };
    answer(log, runs, COUNT_OF(runs));
    answer_commands(log, 6, 6);
}

static void an_input_answered_twice_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 0);
    answer_commands(log, 0, 4);
    answer_commands(log, 5, 5);
    answer_commands(log, 5, 6);
}

static void an_input_answered_twice_at_once_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 0);
    struct cause_run runs[] = {
        {.topic = TEXT("bourse.accounts.commands"), .first_offset = 0, .last_offset = 4},
        {.topic = TEXT("bourse.accounts.commands"), .first_offset = 3, .last_offset = 3},
    };
    answer(log, runs, COUNT_OF(runs));
}

static void a_run_that_goes_back_stops_the_reader(struct hostile *log)
{
    hostile_begin(log, 0);
    answer_commands(log, 4, 3);
}

static void put_with_header(struct hostile *log, const char *name, struct text value)
{
    hostile_begin(log, 0);
    struct event event = hostile_due(log);
    struct touch touches[] = {{TEXT("orders"), 0}, {TEXT("audit"), -1}};
    event.meta.touches = touches;
    event.meta.touches_count = COUNT_OF(touches);
    struct log_record *record = hostile_put(log, &event);
    for (size_t i = 0; i < record->headers_count; i++) {
        struct log_header *header = (struct log_header *)(uintptr_t)&record->headers[i];
        if (text_is(header->name, name))
            *header = (struct log_header){value.size == 0 ? TEXT("other") : header->name, value};
    }
}

static void a_header_epoch_that_differs_stops_the_reader(struct hostile *log)
{
    put_with_header(log, "epoch", TEXT("01"));
}

static void a_header_wseq_that_differs_stops_the_reader(struct hostile *log)
{
    put_with_header(log, "wseq", TEXT("2"));
}

static void a_header_nonce_that_differs_stops_the_reader(struct hostile *log)
{
    put_with_header(log, "nonce", TEXT("00000000000000000000000000000001"));
}

static void a_header_prev_hash_that_differs_stops_the_reader(struct hostile *log)
{
    put_with_header(log, "prev_hash", TEXT("00"));
}

static void a_header_touches_that_differs_stops_the_reader(struct hostile *log)
{
    put_with_header(log, "touches", TEXT("orders/0"));
}

static void a_header_that_is_missing_stops_the_reader(struct hostile *log)
{
    put_with_header(log, "wseq", TEXT(""));
}

static void headers_of_what_does_not_count_say_nothing(struct hostile *log)
{
    hostile_begin(log, 1);
    struct event late = hostile_due(log), claim = hostile_claim(log, 2, 2);
    struct log_record *record = hostile_put(log, &claim);
    record->headers_count = 0;
    log->next = (struct fold_state){.epoch = 2,
                                    .nonce = claim.meta.nonce,
                                    .head = fold_hash(&log->next.head, record->key, record->value)};
    hostile_put(log, &late)->headers_count = 0;
    struct event event = hostile_due(log);
    struct touch touches[] = {{TEXT("orders"), 0}, {TEXT("audit"), -1}};
    event.meta.touches = touches;
    event.meta.touches_count = COUNT_OF(touches);
    hostile_append(log, &event);
}

#define SCENARIO(function, verdicts)                                                               \
    {                                                                                              \
#function, verdicts, false, function                                                       \
    }
#define POISONED_SCENARIO(function, verdicts)                                                      \
    {                                                                                              \
#function, verdicts, true, function                                                        \
    }

const struct scenario SCENARIOS[] = {
    SCENARIO(an_honest_log_is_valid, "VCVVVCV"),
    SCENARIO(the_key_is_part_of_the_head, "VCVVV"),
    SCENARIO(a_replaced_writers_record_is_inert, "VCVCIV"),
    SCENARIO(nothing_counts_before_the_first_claim, "VI"),
    SCENARIO(behind_a_lost_record_all_is_inert_until_a_claim, "VCVIICV"),
    POISONED_SCENARIO(in_a_poisoned_epoch_not_even_the_right_record_counts, "VCII"),
    POISONED_SCENARIO(a_record_that_continues_another_history_poisons, "VCVI"),
    SCENARIO(a_copy_of_a_record_is_inert, "VCVIV"),
    SCENARIO(an_old_wseq_with_other_contents_poisons_nothing, "VCVVIIV"),
    SCENARIO(the_first_claim_of_an_epoch_wins, "VCVIICIV"),
    SCENARIO(a_claim_need_not_know_the_head, "VCVCV"),
    SCENARIO(a_claims_time_is_not_log_time, "VCVCV"),
    SCENARIO(another_nonce_in_the_same_epoch_is_inert, "VCVIV"),
    SCENARIO(a_nonce_drawn_twice_does_not_mix_two_epochs, "VCVCIV"),
    SCENARIO(another_log_is_inert, "VCVIIV"),
    SCENARIO(another_partition_or_service_is_inert, "IVCVIIIV"),
    SCENARIO(a_second_creation_is_inert, "VCVIV"),
    SCENARIO(what_cannot_be_read_is_inert, "IVCVIIIIIV"),
    SCENARIO(a_time_that_nobody_can_write_down_is_inert, "VCVIV"),
    SCENARIO(an_unknown_schema_that_is_not_due_is_inert, "VCVIV"),
    SCENARIO(an_unknown_schema_that_is_due_stops_the_reader, "VCVS"),
    SCENARIO(a_claim_in_an_unknown_schema_stops_the_reader, "VCVIS"),
    SCENARIO(a_claim_in_an_unknown_schema_that_does_not_win_is_inert, "VCVIIIIIIV"),
    SCENARIO(a_creation_in_an_unknown_schema_stops_the_reader, "IS"),
    SCENARIO(only_meta_is_the_folds_business, "VCVV"),
    SCENARIO(a_newer_writer_stops_an_old_reader, "VCVS"),
    SCENARIO(a_claim_that_ends_early_stops_the_reader, "VCVS"),
    SCENARIO(a_creation_that_ends_early_stops_the_reader, "S"),
    SCENARIO(a_log_without_its_creation_stops_the_reader, "S"),
    SCENARIO(an_offset_that_goes_back_stops_the_reader, "VCVVS"),
    SCENARIO(time_that_goes_back_stops_the_reader, "VCVS"),
    SCENARIO(time_before_the_logs_creation_stops_the_reader, "VCS"),
    SCENARIO(each_source_has_its_own_position, "VCVVV"),
    SCENARIO(an_input_answered_twice_stops_the_reader, "VCVVS"),
    SCENARIO(an_input_answered_twice_at_once_stops_the_reader, "VCS"),
    SCENARIO(a_run_that_goes_back_stops_the_reader, "VCS"),
    SCENARIO(a_header_epoch_that_differs_stops_the_reader, "VCS"),
    SCENARIO(a_header_wseq_that_differs_stops_the_reader, "VCS"),
    SCENARIO(a_header_nonce_that_differs_stops_the_reader, "VCS"),
    SCENARIO(a_header_prev_hash_that_differs_stops_the_reader, "VCS"),
    SCENARIO(a_header_touches_that_differs_stops_the_reader, "VCS"),
    SCENARIO(a_header_that_is_missing_stops_the_reader, "VCS"),
    SCENARIO(headers_of_what_does_not_count_say_nothing, "VCVCIV"),
};
const size_t SCENARIOS_COUNT = COUNT_OF(SCENARIOS);
