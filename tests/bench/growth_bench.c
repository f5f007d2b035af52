/* growth_bench.c - what an order costs the pure core beside how much: accounts, instruments and
 * open orders, one of them raised tenfold at a time. One partition of `accounts` and one of
 * `orders` stand beside each other without a log: the ledger decides, the book decides what comes
 * of it, the ledger settles that; each event is encoded, decoded and applied, as a writer does.
 * Then both states are saved and loaded, which is what a restart takes beside the records behind
 * it.
 *
 * Usage    growth_bench [exponent]; up to 10^exponent of each, 6 where left out. 7 takes 14 GB.
 * Orders are up to 50 ticks from the middle, where about half of them trade; what rests beside
 * them is up to 20,000 ticks away. Times are those of one thread; latencies are by the wall.
 * Fails where what was loaded is not what was saved.
 */
#include "base/murmur2.h"
#include "seal/seal.h"
#include "service/service.h"
#include "venue.h"
#include "wire/wire.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ARENA_MAX_SIZE = 64 << 20,
    ORDERS_COUNT = 50000, /* that are timed */
    FEW_ORDERS = 2000,    /* the same where the exponent is small: as a test */
    NEAR_TICKS = 50,
    FAR_TICKS = 20000,
    SYMBOL_SIZE = 16,
    INSTRUMENTS_EXPONENT = 4,
    INSTRUMENTS_MAX = 10000,
    STAFF_NUMBER = 1,
    FIRST_NUMBER = 2, /* of the accounts */
};
static const size_t SAVED_MAX = (size_t)16 << 30;
static const int64_t MIDDLE_E8 = 1000 * E8, TICK_E8 = E8 / 100, FUNDS_E8 = 100000000 * E8;

/* How much there is. */
struct size {
    size_t accounts, instruments, open;
    bool one_seller; /* who has something of everything, as a market maker; else everybody sells */
};

/* A partition of a service, and its last event as it was read from its bytes. */
struct partition {
    const struct service *row;
    struct place place;
    void *state;
    struct arena *decided_in, *read_in;
    struct buffer bytes;
    struct event event;
    uint64_t turns;
};

struct bench {
    struct size size;
    struct partition ledger, book;
    int64_t now_us;
    uint64_t random, orders_count;
    char symbols[INSTRUMENTS_MAX][SYMBOL_SIZE];
};

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    CHECK(clock_gettime(clock, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint32_t below(struct bench *bench, size_t bound)
{
    bench->random ^= bench->random >> 12;
    bench->random ^= bench->random << 25;
    bench->random ^= bench->random >> 27;
    return (uint32_t)((bench->random * UINT64_C(0x2545F4914F6CDD1D) >> 33) % bound);
}

/* --- one turn of a service --- */

static void happen(struct bench *bench, struct partition *partition, struct event *decided)
{
    decided->meta.service = text_of(service_name(partition->place.service));
    decided->meta.occurred_at = bench->now_us;
    decided->meta.epoch = 1;
    decided->meta.wseq = (int64_t)partition->turns;
    buffer_reset(&partition->bytes);
    event_encode(decided, &partition->bytes);
    CHECK(buffer_ok(&partition->bytes));
    arena_reset(partition->read_in);
    CHECK(event_decode(buffer_bytes(&partition->bytes), partition->read_in, &partition->event) ==
          OK);
    partition->row->apply(partition->state, &partition->event);
}

static const struct event *turn(struct bench *bench, struct partition *partition,
                                struct input input)
{
    struct event decided;
    arena_reset(partition->decided_in);
    memset(&decided, 0, sizeof decided);
    input.now_us = ++bench->now_us;
    partition->turns++;
    memcpy(input.id_seed, &partition->turns, sizeof partition->turns);
    partition->row->decide(partition->state, &input, partition->decided_in, &decided);
    happen(bench, partition, &decided);
    return &partition->event;
}

static const struct event *command(struct bench *bench, struct partition *partition,
                                   const struct command *command)
{
    return turn(bench, partition, (struct input){.kind = INPUT_COMMAND, .command = command});
}

static const struct event *follow(struct bench *bench, struct partition *partition,
                                  const struct event *event)
{
    const struct source source = {.offset = (int64_t)partition->turns};
    return turn(bench, partition,
                (struct input){
                    .kind = INPUT_EVENTS, .events = &event, .sources = &source, .events_count = 1});
}

/* --- what there is --- */

static struct uuid numbered(uint32_t owner_hash, uint64_t number)
{
    uint8_t rest[12] = {0};
    for (int i = 0; i < 8; i++)
        rest[4 + i] = (uint8_t)(number >> (56 - 8 * i));
    return uuid_make(owner_hash, rest);
}

static struct uuid account_id(size_t number)
{
    return numbered(murmur2(&number, sizeof number), number);
}

static struct command by(enum command_kind kind, size_t number, const enum role *role)
{
    struct uuid id = account_id(number);
    return (struct command){.kind = kind,
                            .meta = {.has_actor = true,
                                     .actor = {.user_id = id,
                                               .has_account_id = true,
                                               .account_id = id,
                                               .roles = (enum role *)(uintptr_t)role,
                                               .roles_count = 1}}};
}

static const enum role USER[] = {ROLE_USER}, ADMIN[] = {ROLE_ADMIN}, OPERATOR[] = {ROLE_OPERATOR};

static struct partition open_partition(enum service_id service)
{
    struct partition partition = {.row = venue_service(service),
                                  .place = {.service = service},
                                  .decided_in = arena_new(ARENA_MAX_SIZE),
                                  .read_in = arena_new(ARENA_MAX_SIZE)};
    for (int i = 0; i < SERVICES; i++)
        partition.place.partition_counts[i] = 1;
    buffer_init(&partition.bytes, WIRE_VALUE_SIZE_MAX);
    return partition;
}

static void begin(struct bench *bench, struct partition *partition)
{
    enum role roles[] = {ROLE_ADMIN, ROLE_OPERATOR};
    partition->state = partition->row->state_new(&partition->place);
    struct event created = {.kind = EVENT_LOG_CREATED, .log_created.created_at = bench->now_us};
    struct event staff = {.kind = EVENT_STAFF_ADOPTED,
                          .staff_adopted = {account_id(STAFF_NUMBER), roles, COUNT_OF(roles)}};
    happen(bench, partition, &created);
    happen(bench, partition, &staff);
}

static struct text asset_of(const struct bench *bench, size_t instrument)
{
    const char *symbol = bench->symbols[instrument];
    return (struct text){symbol, strcspn(symbol, "-")};
}

static void open_instrument(struct bench *bench, size_t number)
{
    struct command asset = by(COMMAND_CREATE_ASSET, STAFF_NUMBER, ADMIN);
    struct command listed = by(COMMAND_CREATE_INSTRUMENT, STAFF_NUMBER, ADMIN);
    snprintf(bench->symbols[number], SYMBOL_SIZE, "C%05zu-EUR", number);
    asset.create_asset = (struct create_asset){.code = asset_of(bench, number),
                                               .name = TEXT("a certificate"),
                                               .kind = ASSET_KIND_CERTIFICATE};
    listed.create_instrument = (struct create_instrument){.symbol = text_of(bench->symbols[number]),
                                                          .base = asset_of(bench, number),
                                                          .quote = TEXT("EUR"),
                                                          .tick_size_e8 = TICK_E8,
                                                          .lot_size_e8 = E8,
                                                          .min_quantity_e8 = E8,
                                                          .max_quantity_e8 = 1000 * E8,
                                                          .maker_fee_bps = 1,
                                                          .taker_fee_bps = 2};
    const struct event *event = command(bench, &bench->book, &asset);
    CHECK(event->kind == EVENT_ASSET_CREATED);
    (void)follow(bench, &bench->ledger, event);
    event = command(bench, &bench->book, &listed);
    CHECK(event->kind == EVENT_INSTRUMENT_CHANGED);
    (void)follow(bench, &bench->ledger, event);
}

static void deposit(struct bench *bench, struct uuid account, struct text asset)
{
    struct command booked = by(COMMAND_RECORD_ASSET_TRANSACTION, STAFF_NUMBER, OPERATOR);
    booked.record_asset_transaction =
        (struct record_asset_transaction){.account_id = account,
                                          .asset = asset,
                                          .type = TRANSACTION_TYPE_DEPOSIT,
                                          .amount_e8 = FUNDS_E8};
    CHECK(command(bench, &bench->ledger, &booked)->kind == EVENT_ASSET_TRANSACTION_RECORDED);
}

static bool is_seller_of_all(const struct bench *bench, size_t number)
{
    return bench->size.one_seller && number == FIRST_NUMBER;
}

/* An account that trades in one instrument, or sells in all of them. */
static void open_account(struct bench *bench, size_t number)
{
    struct uuid id = account_id(number);
    const struct event registered = {.kind = EVENT_USER_REGISTERED,
                                     .user_registered = {.user_id = id, .account_id = id}};
    CHECK(follow(bench, &bench->ledger, &registered)->kind == EVENT_ACCOUNT_OPENED);
    struct command active = by(COMMAND_SET_ACCOUNT_STATUS, STAFF_NUMBER, OPERATOR);
    active.set_account_status.account_id = id;
    active.set_account_status.status = ACCOUNT_STATUS_ACTIVE;
    CHECK(command(bench, &bench->ledger, &active)->kind == EVENT_ACCOUNT_STATUS_CHANGED);
    deposit(bench, id, TEXT("EUR"));
    if (!is_seller_of_all(bench, number))
        deposit(bench, id, asset_of(bench, number % bench->size.instruments));
    for (size_t i = 0; is_seller_of_all(bench, number) && i < bench->size.instruments; i++)
        deposit(bench, id, asset_of(bench, i));
}

/* --- orders --- */

static void place(struct bench *bench, int64_t away_e8)
{
    enum side side = below(bench, 2) == 0 ? SIDE_BUY : SIDE_SELL;
    size_t account = FIRST_NUMBER + below(bench, bench->size.accounts);
    const char *symbol = bench->symbols[account % bench->size.instruments];
    if (bench->size.one_seller && side == SIDE_SELL)
        account = FIRST_NUMBER;
    struct command order = by(COMMAND_PLACE_ORDER, account, USER);
    order.place_order = (struct place_order){
        .order_id = numbered(murmur2(symbol, strlen(symbol)), ++bench->orders_count),
        .account_id = account_id(account),
        .instrument = text_of(symbol),
        .side = side,
        .type = ORDER_TYPE_LIMIT,
        .time_in_force = TIME_IN_FORCE_GTC,
        .quantity_e8 = (1 + (int64_t)below(bench, 100)) * E8,
        .has_limit_price_e8 = true,
        .limit_price_e8 = MIDDLE_E8 + (side == SIDE_BUY ? -away_e8 : away_e8)};
    const struct event *event = command(bench, &bench->ledger, &order);
    if (event->kind == EVENT_COMMAND_REJECTED)
        fprintf(stderr, "%.*s: %.*s\n", (int)event->command_rejected.code.size,
                event->command_rejected.code.data, (int)event->command_rejected.message.size,
                event->command_rejected.message.data);
    CHECK(event->kind == EVENT_ORDER_AUTHORIZED);
    event = follow(bench, &bench->book, event);
    CHECK(event->kind == EVENT_ORDER_ENTERED);
    if (event_touches(event, SERVICE_ACCOUNTS, 0))
        (void)follow(bench, &bench->ledger, event);
}

static int64_t far_e8(struct bench *bench)
{
    return (NEAR_TICKS + 1 + (int64_t)below(bench, FAR_TICKS)) * TICK_E8;
}

static int64_t near_e8(struct bench *bench)
{
    return ((int64_t)below(bench, 2 * NEAR_TICKS + 1) - NEAR_TICKS) * TICK_E8;
}

/* --- what it comes to --- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Places orders near the middle and says what they took. */
static void measure_orders(struct bench *bench, size_t count)
{
    double *took_us = malloc(count * sizeof *took_us);
    CHECK(took_us != NULL);
    double began_s = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < count; i++) {
        double placed_s = seconds_of(CLOCK_MONOTONIC);
        place(bench, near_e8(bench));
        took_us[i] = (seconds_of(CLOCK_MONOTONIC) - placed_s) * 1e6;
    }
    double cpu_us = (seconds_of(CLOCK_THREAD_CPUTIME_ID) - began_s) * 1e6 / (double)count;
    qsort(took_us, count, sizeof *took_us, by_size);
    printf(" | %.2f | %.1f / %.1f", cpu_us, took_us[count / 2], took_us[count * 99 / 100]);
    free(took_us);
}

struct saved {
    size_t size;
    double save_s, load_s;
};

/* The state as bytes, and back: the first is freed before the second is made. */
static struct saved save_and_load(struct partition *partition)
{
    struct saved saved = {0};
    struct buffer first, second;
    uint8_t digests[2][SEAL_HASH_SIZE];
    double began_s = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    buffer_init(&first, SAVED_MAX);
    partition->row->save(partition->state, &first);
    CHECK(buffer_ok(&first));
    saved.size = first.size;
    saved.save_s = seconds_of(CLOCK_THREAD_CPUTIME_ID) - began_s;
    partition->row->state_free(partition->state);
    malloc_trim(0);
    began_s = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    partition->state = partition->row->state_new(&partition->place);
    CHECK(partition->row->load(partition->state, buffer_bytes(&first)) == OK);
    saved.load_s = seconds_of(CLOCK_THREAD_CPUTIME_ID) - began_s;
    seal_hash_of(first.data, first.size, digests[0]);
    buffer_free(&first);
    buffer_init(&second, SAVED_MAX);
    partition->row->save(partition->state, &second);
    seal_hash_of(second.data, second.size, digests[1]);
    buffer_free(&second);
    CHECK(memcmp(digests[0], digests[1], SEAL_HASH_SIZE) == 0);
    return saved;
}

static void measure_states(struct bench *bench)
{
    struct mallinfo2 heap = mallinfo2();
    struct saved ledger = save_and_load(&bench->ledger), book = save_and_load(&bench->book);
    printf(" | %.0f | %.0f | %.2f / %.2f |\n", (double)(heap.uordblks + heap.hblkhd) / 1e6,
           (double)(ledger.size + book.size) / 1e6, ledger.save_s + book.save_s,
           ledger.load_s + book.load_s);
}

static void close_partition(struct partition *partition)
{
    partition->row->state_free(partition->state);
    arena_free(partition->decided_in);
    arena_free(partition->read_in);
    buffer_free(&partition->bytes);
}

static void measure(struct size size, size_t orders)
{
    struct bench *bench = calloc(1, sizeof *bench);
    CHECK(bench != NULL && size.instruments <= INSTRUMENTS_MAX);
    bench->size = size;
    bench->random = 42;
    bench->now_us = VENUE_START_US;
    bench->ledger = open_partition(SERVICE_ACCOUNTS);
    bench->book = open_partition(SERVICE_ORDERS);
    begin(bench, &bench->ledger);
    begin(bench, &bench->book);
    for (size_t i = 0; i < size.instruments; i++)
        open_instrument(bench, i);
    for (size_t i = 0; i < size.accounts; i++)
        open_account(bench, FIRST_NUMBER + i);
    for (size_t i = 0; i < size.open; i++)
        place(bench, far_e8(bench));
    printf("| %zu | %s | %zu | %zu", size.accounts, size.one_seller ? "one" : "all",
           size.instruments, size.open);
    measure_orders(bench, orders);
    measure_states(bench);
    fflush(stdout);
    close_partition(&bench->ledger);
    close_partition(&bench->book);
    free(bench);
    malloc_trim(0);
}

static size_t power(int exponent)
{
    size_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

int main(int argc, char **argv)
{
    int most = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 6;
    size_t orders = most < 4 ? FEW_ORDERS : ORDERS_COUNT;
    printf(
        "| accounts | who sell | instruments | open orders | us an order | its p50 / p99, us "
        "| MB in memory | MB saved | s to save / load |\n|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 3; i <= most; i++)
        measure((struct size){.accounts = power(i), .instruments = 10, .open = 1000}, orders);
    for (int i = 0; i <= 2 * INSTRUMENTS_EXPONENT + 1; i++)
        measure((struct size){.accounts = power(most < 5 ? most : 5),
                              .instruments = power(i / 2),
                              .open = 1000,
                              .one_seller = i % 2 == 1},
                orders);
    for (int i = 3; i <= most; i++)
        measure((struct size){.accounts = 1000, .instruments = 10, .open = power(i)}, orders);
    return 0;
}
