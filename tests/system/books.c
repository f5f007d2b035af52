#include "books.h"

#include "ledger.h"
#include "orders/state.h"
#include "transcript.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_hold(const struct venue *venue, const struct book_order *order)
{
    int64_t hold_e8 = 0, remaining_e8 = 0;
    assert_true(venue_hold(venue, order->account_id, order->order_id, &hold_e8, &remaining_e8));
    assert_true(hold_e8 > 0);
    assert_int_equal(remaining_e8, book_remaining_e8(order));
}

static void check_side(const struct venue *venue, const struct orders_instrument *instrument,
                       enum side side)
{
    const struct book_order *order = book_first(instrument->book, side);
    for (; order != NULL; order = book_next(order))
        check_hold(venue, order);
}

static void check_waiting(const struct venue *venue, const struct orders_instrument *instrument)
{
    const struct orders_terms *terms = instrument->triggers.list;
    for (; terms != NULL; terms = terms->next)
        check_hold(venue, &terms->order->book);
}

static void check_crossing(const struct orders_instrument *instrument)
{
    struct book_level bid, ask;
    if (book_best(instrument->book, SIDE_BUY, &bid) && book_best(instrument->book, SIDE_SELL, &ask))
        assert_true(bid.price_e8 < ask.price_e8);
}

/* A pair of which one cancels the other counts once: it has one hold. */
static size_t waiting_count(const struct orders_instrument *instrument)
{
    size_t count = 0;
    const struct orders_terms *terms = instrument->triggers.list;
    for (; terms != NULL; terms = terms->next)
        count += !terms->has_sibling || terms->order->type == ORDER_TYPE_STOP;
    return count;
}

size_t venue_open_count(const struct venue *venue)
{
    size_t count = 0;
    for (int32_t i = 0; i < venue->partition_counts[SERVICE_ORDERS]; i++) {
        const struct orders_state *state = venue_state(venue, SERVICE_ORDERS, i);
        const struct orders_instrument *instrument, *next;
        HASH_ITER(hh, state->instruments, instrument, next)
        {
            count += book_orders_count(instrument->book) + waiting_count(instrument);
        }
    }
    return count;
}

void venue_check_books(const struct venue *venue)
{
    for (int32_t i = 0; i < venue->partition_counts[SERVICE_ORDERS]; i++) {
        const struct orders_state *state = venue_state(venue, SERVICE_ORDERS, i);
        const struct orders_instrument *instrument, *next;
        HASH_ITER(hh, state->instruments, instrument, next)
        {
            check_crossing(instrument);
            check_side(venue, instrument, SIDE_BUY);
            check_side(venue, instrument, SIDE_SELL);
            check_waiting(venue, instrument);
        }
    }
    assert_int_equal(venue_holds_count(venue), venue_open_count(venue));
}

void venue_forget_versions(struct venue *venue)
{
    for (int32_t i = 0; i < venue->partition_counts[SERVICE_ORDERS]; i++) {
        const struct orders_state *state = venue_state(venue, SERVICE_ORDERS, i);
        struct orders_order *order;
        for (size_t cursor = 0; (order = id_table_next(&state->orders, &cursor)) != NULL;)
            order->version = 0;
    }
}

void venue_check(const struct venue *venue)
{
    struct transcript transcript;
    transcript_read(venue, &transcript);
    transcript_check_answers(&transcript, venue);
    transcript_check_tickets(&transcript);
    transcript_free(&transcript);
    venue_check_ledger(venue);
    venue_check_books(venue);
}
