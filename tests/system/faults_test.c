/* One flow of trades, and every accident that can befall one of its writers at any of its steps:
 * what comes of it is what comes of it without. */
#include "books.h"
#include "commands.h"
#include "transcript.h"

#include "audit/state.h"
#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CENTS(count) ((count) * (E8 / 100))

/* The clock stands still, ids are counted, and no two commands are about at once (audit numbers
 * their tickets as it reads the answers), so that equal states have equal hashes. Trades' ids and
 * events' differ with the epochs, but no state keeps them; versions of orders are taken away. */
struct outcome {
    struct hash hashes[SERVICES][VENUE_PARTITIONS_MAX];
    size_t inert_count; /* records of a replaced writer that landed behind the claim of the next */
};

static void open_accounts(struct venue *venue, struct venue_client *maker,
                          struct venue_client *clients, size_t count)
{
    (void)venue_create_maker(venue, 1000 * E8, maker);
    venue_settle(venue);
    for (size_t i = 0; i < count; i++) {
        (void)venue_register(venue, (uint8_t)(i + 1), &clients[i]);
        venue_settle(venue);
        struct uuid id = clients[i].account_id;
        (void)venue_set_status(venue, id, ACCOUNT_STATUS_ACTIVE);
        venue_settle(venue);
        (void)venue_book(venue, id, TRANSACTION_TYPE_DEPOSIT, TEXT("EUR"), 10000 * E8);
        venue_settle(venue);
    }
}

static void trade(struct venue *venue)
{
    struct venue_client maker, clients[2];
    struct uuid sales[2], purchases[3];
    open_accounts(venue, &maker, clients, COUNT_OF(clients));
    (void)venue_limit(venue, &maker, SIDE_SELL, 400 * E8, CENTS(1250), &sales[0]);
    venue_settle(venue);
    (void)venue_limit(venue, &clients[0], SIDE_BUY, 150 * E8, CENTS(1300), &purchases[0]);
    venue_settle(venue);
    (void)venue_limit(venue, &clients[1], SIDE_BUY, 300 * E8, CENTS(1250), &purchases[1]);
    venue_settle(venue);
    (void)venue_limit(venue, &clients[0], SIDE_SELL, 20 * E8, CENTS(1200), &sales[1]);
    venue_settle(venue);
    (void)venue_limit(venue, &clients[0], SIDE_BUY, E8, 1, &purchases[2]); /* off the tick */
    venue_settle(venue);
    (void)venue_cancel(venue, &clients[1], purchases[1]);
    venue_settle(venue);
    (void)venue_limit(venue, &maker, SIDE_SELL, 100 * E8, CENTS(1300), &sales[0]);
    venue_settle(venue);
    (void)venue_deactivate(venue, &maker, true);
    venue_settle(venue);
}

/* The leaves of the tree are hashes of tickets, which name events. */
static struct hash audit_hash_without_leaves(const struct venue *venue)
{
    struct buffer buffer;
    struct hash hash;
    struct audit *copy = audit_new(&(struct place){.partition = 0});
    buffer_init(&buffer, SIZE_MAX);
    audit_save(venue_state(venue, SERVICE_AUDIT, 0), &buffer);
    assert_int_equal(audit_load(copy, buffer_bytes(&buffer)), OK);
    copy->tree = (struct merkle){.size = copy->tree.size};
    buffer_reset(&buffer);
    audit_save(copy, &buffer);
    seal_hash_of(buffer.data, buffer.size, hash.bytes);
    audit_free(copy);
    buffer_free(&buffer);
    return hash;
}

static struct outcome outcome_of(struct venue *venue)
{
    struct outcome outcome = {0};
    venue_forget_versions(venue);
    struct transcript transcript;
    transcript_read(venue, &transcript);
    outcome.inert_count = transcript.inert_count;
    transcript_free(&transcript);
    for (int i = 0; i < SERVICES; i++)
        for (int32_t partition = 0; partition < venue->partition_counts[i]; partition++)
            outcome.hashes[i][partition] = writer_state_hash(venue->seats[i][partition].writer);
    outcome.hashes[SERVICE_AUDIT][0] = audit_hash_without_leaves(venue);
    return outcome;
}

/* What comes of the flow with this accident. False: it was over before. */
static bool trade_with(int32_t partitions, const struct venue_accident *accident,
                       struct outcome *ret_outcome)
{
    struct venue *venue = venue_new_with(partitions, accident);
    venue_appoint(venue);
    trade(venue);
    venue_check(venue);
    *ret_outcome = outcome_of(venue);
    bool struck = venue->struck;
    venue_free(venue);
    return struck;
}

static void assert_same(const struct outcome *outcome, const struct outcome *expected,
                        const struct venue_accident *accident)
{
    for (int i = 0; i < SERVICES; i++)
        for (int partition = 0; partition < VENUE_PARTITIONS_MAX; partition++)
            if (memcmp(&outcome->hashes[i][partition], &expected->hashes[i][partition],
                       sizeof(struct hash)) != 0)
                fail_msg("%s/%d differs after accident %d of %s/%d at %zu",
                         service_name((enum service_id)i), partition, accident->fault,
                         service_name(accident->service), accident->partition, accident->at);
}

/* Lets the accident happen to every writer at every `stride`-th of its moments. */
static void survive(enum venue_fault fault, int32_t partitions, size_t stride)
{
    struct outcome expected, outcome;
    size_t count = 0, inert_count = 0;
    (void)trade_with(partitions, &(struct venue_accident){VENUE_NOTHING}, &expected);
    for (int i = 0; i < SERVICES; i++) {
        for (int32_t partition = 0; partition < (i == SERVICE_AUDIT ? 1 : partitions);
             partition++) {
            struct venue_accident accident = {fault, (enum service_id)i, partition, 1};
            while (trade_with(partitions, &accident, &outcome)) {
                assert_same(&outcome, &expected, &accident);
                accident.at += stride;
                inert_count += outcome.inert_count;
                count++;
            }
        }
    }
    print_message("%zu accidents survived, %zu late records\n", count, inert_count);
    assert_true(count > 10);
    assert_true(fault != VENUE_USURPED || inert_count > 0);
}

static void any_writer_killed_at_any_step_is_made_up_for(void **state)
{
    (void)state;
    survive(VENUE_KILLED, 1, 1);
    survive(VENUE_KILLED, 3, 7);
}

static void any_writer_goes_on_from_a_snapshot_at_any_step(void **state)
{
    (void)state;
    survive(VENUE_RESTORED, 1, 1);
    survive(VENUE_RESTORED, 3, 7);
}

static void any_record_that_never_lands_is_decided_again(void **state)
{
    (void)state;
    survive(VENUE_LOST, 1, 1);
    survive(VENUE_LOST, 3, 7);
}

static void any_writer_replaced_in_the_middle_of_a_step_does_no_harm(void **state)
{
    (void)state;
    survive(VENUE_USURPED, 1, 1);
    survive(VENUE_USURPED, 3, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_writer_killed_at_any_step_is_made_up_for),
        cmocka_unit_test(any_writer_goes_on_from_a_snapshot_at_any_step),
        cmocka_unit_test(any_record_that_never_lands_is_decided_again),
        cmocka_unit_test(any_writer_replaced_in_the_middle_of_a_step_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
