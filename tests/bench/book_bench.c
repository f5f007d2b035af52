/* The book on exchange-core's yardstick flow: xorshift64* from seed 42, 60 % limit orders (side
 * 50/50, price 10000 +- 50, size 1..100), 40 % cancels of one of the last 4096 orders placed, a
 * third of all operations a cancel of an order that is gone already. A million operations make
 * 465,343 trades and leave 62,058 orders, or the program fails.
 *
 * Usage    book_bench [repeats]: each run from an empty book; the last one times every operation.
 * Each order has an account of its own: the yardstick knows no self-trade prevention.
 */
#include "base/id_table.h"
#include "orders/book.h"
#include "orders/book_slab.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    OPERATIONS_COUNT = 1000000,
    RECENT_COUNT = 4096,
    FILLS_MAX = 256, /* more than any order of the flow meets */
    REPEATS_MAX = 1000,
    TRADES_EXPECTED = 465343,
    RESTING_EXPECTED = 62058
};

struct operation {
    struct uuid order_id;
    int64_t price_e8; /* 0: a cancel */
    int64_t quantity_e8;
    enum side side;
};

static uint64_t random_state = 42;

static int random_below(int bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    uint64_t number = random_state * UINT64_C(0x2545F4914F6CDD1D);
    return (int)((number >> 33) % (uint64_t)bound);
}

/* The yardstick's number for an order as an id of ours; all are one instrument's. */
static struct uuid id_of(int number)
{
    uint8_t rest[12] = {0};
    for (int i = 0; i < 4; i++)
        rest[8 + i] = (uint8_t)(number >> (24 - 8 * i));
    return uuid_make(UINT32_C(0xb00c), rest);
}

static void make_flow(struct operation *operations)
{
    int recent[RECENT_COUNT];
    int placed = 0;
    for (size_t i = 0; i < OPERATIONS_COUNT; i++) {
        struct operation *operation = &operations[i];
        if (placed < 100 || random_below(10) < 6) {
            operation->side = random_below(2) == 0 ? SIDE_BUY : SIDE_SELL;
            operation->price_e8 = (10000 + random_below(101) - 50) * E8;
            operation->quantity_e8 = (1 + random_below(100)) * E8;
            recent[placed & (RECENT_COUNT - 1)] = placed + 1;
            operation->order_id = id_of(++placed);
        } else {
            int bound = placed < RECENT_COUNT ? placed : RECENT_COUNT;
            *operation = (struct operation){.order_id = id_of(recent[random_below(bound)])};
        }
    }
}

/* A book and what its owner keeps beside it: orders, found by id. */
struct market {
    struct book *book;
    struct id_table ids;
    struct book_slab orders;
};

static void drop_ended(struct market *market, struct book_order *order)
{
    if (book_rests(order))
        return;
    id_table_remove(&market->ids, order);
    book_slab_give(&market->orders, order);
}

static size_t place(struct market *market, const struct operation *operation)
{
    const struct book_incoming incoming = {.account_id = operation->order_id,
                                           .side = operation->side,
                                           .price_e8 = operation->price_e8,
                                           .quantity_e8 = operation->quantity_e8,
                                           .lot_size_e8 = E8};
    struct book_fill fills[FILLS_MAX];
    struct book_match match;
    book_match(market->book, &incoming, FILLS_MAX, 0, fills, NULL, &match);
    CHECK(match.outcome == BOOK_FILLED || match.outcome == BOOK_RESTS);
    for (size_t i = 0; i < match.fills_count; i++) { /* by id, as an event is applied */
        struct book_order *resting = id_table_find(&market->ids, fills[i].resting->order_id);
        book_fill(market->book, resting, fills[i].quantity_e8, 0);
        drop_ended(market, resting);
    }
    if (match.outcome == BOOK_RESTS) {
        struct book_order *order = book_slab_take(&market->orders);
        *order = (struct book_order){.order_id = operation->order_id,
                                     .account_id = operation->order_id,
                                     .side = operation->side,
                                     .price_e8 = operation->price_e8,
                                     .quantity_e8 = operation->quantity_e8,
                                     .filled_quantity_e8 = match.filled_quantity_e8,
                                     .filled_notional_e16 = match.filled_notional_e16};
        book_add(market->book, order);
        id_table_add(&market->ids, order);
    }
    return match.fills_count;
}

static size_t operate(struct market *market, const struct operation *operation)
{
    if (operation->price_e8 != 0)
        return place(market, operation);
    struct book_order *order = id_table_find(&market->ids, operation->order_id);
    if (order != NULL) {
        book_remove(market->book, order);
        drop_ended(market, order);
    }
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* One run of the whole flow; times each operation where `times_ns` is not NULL. */
static bool run(const struct operation *operations, int64_t *times_ns)
{
    struct market market = {.book = book_new()};
    size_t trades = 0;
    book_slab_init(&market.orders, sizeof(struct book_order));
    int64_t begin_ns = now_ns();
    for (size_t i = 0; i < OPERATIONS_COUNT; i++) {
        int64_t before_ns = times_ns == NULL ? 0 : now_ns();
        trades += operate(&market, &operations[i]);
        if (times_ns != NULL)
            times_ns[i] = now_ns() - before_ns;
    }
    int64_t spent_ns = now_ns() - begin_ns;
    size_t resting = book_orders_count(market.book);
    printf("operations=%d trades=%zu resting=%zu million_per_s=%.3f ns_per_operation=%.0f%s\n",
           OPERATIONS_COUNT, trades, resting, OPERATIONS_COUNT * 1e3 / (double)spent_ns,
           (double)spent_ns / OPERATIONS_COUNT, times_ns == NULL ? "" : " (each timed)");
    book_free(market.book);
    id_table_free(&market.ids);
    book_slab_free(&market.orders);
    return trades == TRADES_EXPECTED && resting == RESTING_EXPECTED;
}

static int compare_times(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void print_percentiles(int64_t *times_ns)
{
    qsort(times_ns, OPERATIONS_COUNT, sizeof times_ns[0], compare_times);
    printf("per operation, timer included: p50=%" PRId64 " p90=%" PRId64 " p99=%" PRId64
           " p99.9=%" PRId64 " max=%" PRId64 " ns\n",
           times_ns[OPERATIONS_COUNT / 2], times_ns[OPERATIONS_COUNT / 10 * 9],
           times_ns[OPERATIONS_COUNT / 100 * 99], times_ns[OPERATIONS_COUNT / 1000 * 999],
           times_ns[OPERATIONS_COUNT - 1]);
}

int main(int argc, char **argv)
{
    long repeats = argc > 1 ? strtol(argv[1], NULL, 10) : 8;
    if (argc > 2 || repeats < 1 || repeats > REPEATS_MAX) {
        fprintf(stderr, "usage: book_bench [repeats, 1 to %d]\n", REPEATS_MAX);
        return EXIT_FAILURE;
    }
    struct operation *operations = calloc(OPERATIONS_COUNT, sizeof operations[0]);
    int64_t *times_ns = calloc(OPERATIONS_COUNT, sizeof times_ns[0]);
    CHECK(operations != NULL && times_ns != NULL);
    make_flow(operations);
    bool good = true;
    for (long i = 1; i <= repeats; i++)
        good = run(operations, i == repeats ? times_ns : NULL) && good;
    print_percentiles(times_ns);
    free(operations);
    free(times_ns);
    if (!good)
        fprintf(stderr, "expected %d trades and %d resting orders\n", TRADES_EXPECTED,
                RESTING_EXPECTED);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
