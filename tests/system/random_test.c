/* Thousands of random commands to a venue of three partitions, whose writers are killed, replaced
 * and lose records all the while. At the end nothing is missing and nothing is there twice. */
#include "books.h"
#include "market.h"
#include "transcript.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { COMMANDS_COUNT = 3000, PARTITIONS = 3, STEPS_MAX = 12, ROUGH_MOMENT = 25 };

static void step_somebody(struct market *market)
{
    enum service_id service = (enum service_id)market_below(market, SERVICES);
    int32_t partition =
        (int32_t)market_below(market, (uint32_t)market->venue->partition_counts[service]);
    if (market_below(market, 20 * ROUGH_MOMENT) == 0)
        market_befall(market, service, partition);
    (void)venue_step(market->venue, service, partition);
}

static void check_tickets_count(const struct market *market)
{
    struct transcript transcript;
    transcript_read(market->venue, &transcript);
    size_t repeated = 0; /* under its key; a second record of a command is none of these */
    size_t previews = 0;
    for (size_t i = 0; i < transcript.events_count; i++) {
        const struct transcript_event *event = &transcript.events[i];
        previews += event->kind == EVENT_PREVIEW_ANSWERED;
        if (event->kind == EVENT_COMMAND_REPEATED &&
            transcript_answer(&transcript, event->command_id) == event)
            repeated++;
    }
    print_message("%zu commands, %zu repeated under their key, %zu events, %zu inert\n",
                  market->commands_count, repeated, transcript.events_count,
                  transcript.inert_count);
    print_message("%zu orders entered, %zu refused, %zu canceled\n",
                  transcript_count(&transcript, (struct uuid){{0}}, EVENT_ORDER_ENTERED),
                  transcript_count(&transcript, (struct uuid){{0}}, EVENT_ORDER_REFUSED),
                  transcript_count(&transcript, (struct uuid){{0}}, EVENT_ORDER_CANCELED));
    assert_int_equal(transcript.tickets_count, market->commands_count - repeated - previews);
    transcript_free(&transcript);
}

static void a_rough_day_leaves_everything_in_its_place(void **state)
{
    (void)state;
    struct market market;
    struct venue *venue = venue_new(PARTITIONS);
    market_open(&market, venue, market_seed(1));
    for (int i = 0; i < COMMANDS_COUNT; i++) {
        market_send(&market);
        venue->clock_us += market_below(&market, 1000);
        for (uint32_t steps = market_below(&market, STEPS_MAX); steps > 0; steps--)
            step_somebody(&market);
    }
    venue_settle(venue);
    venue_check(venue);
    check_tickets_count(&market);
    print_message("%zu orders are open\n", venue_open_count(venue));
    assert_true(venue_open_count(venue) > 0);
    venue_free(venue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rough_day_leaves_everything_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
