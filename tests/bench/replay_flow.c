#include "replay_flow.h"

#include "base/murmur2.h"
#include "books.h"
#include "commands.h"

#include <stdlib.h>
#include <string.h>

enum {
    ACCOUNTS_COUNT = 250,
    BATCH_COUNT = 200, /* commands between steps of the services */
    TICKS_MAX = 20000, /* from the middle to the furthest price */
    NEAR_MAX = 50,     /* the same where all trade with all */
    IDLE_ROUNDS = 8,   /* without a decision: nothing is on its way */
};

static const int64_t MIDDLE_E8 = 1000 * E8, TICK_E8 = E8 / 100, FUNDS_E8 = 100000000 * E8;

struct placed {
    struct uuid id;
    uint32_t client;
};

struct flow {
    struct venue *venue;
    enum flow_kind kind;
    uint64_t random;
    struct venue_client clients[ACCOUNTS_COUNT];
    struct placed *placed; /* what may be canceled */
    size_t placed_count, placed_capacity;
};

static uint64_t random_bits(struct flow *flow)
{
    flow->random ^= flow->random >> 12;
    flow->random ^= flow->random << 25;
    flow->random ^= flow->random >> 27;
    return flow->random * UINT64_C(0x2545F4914F6CDD1D);
}

static uint32_t below(struct flow *flow, uint32_t bound)
{
    return (uint32_t)(random_bits(flow) >> 33) % bound;
}

/* Steps the two services that keep orders until nothing comes of it; the others only listen. */
static void settle(struct flow *flow)
{
    for (size_t idle = 0; idle < IDLE_ROUNDS; idle++) {
        if (venue_step(flow->venue, SERVICE_ACCOUNTS, 0) +
                venue_step(flow->venue, SERVICE_ORDERS, 0) >
            0)
            idle = 0;
    }
    CHECK(writer_settled(flow->venue->seats[SERVICE_ACCOUNTS][0].writer));
    CHECK(writer_settled(flow->venue->seats[SERVICE_ORDERS][0].writer));
}

static void open_accounts(struct flow *flow)
{
    static const struct text ASSETS[] = {TEXT("EUR"), TEXT("CEA"), TEXT("EUA")};
    struct venue *venue = flow->venue;
    venue_appoint(venue);
    for (size_t i = 0; i < ACCOUNTS_COUNT; i++)
        (void)venue_register(venue, (uint8_t)i, &flow->clients[i]);
    venue_settle(venue);
    for (size_t i = 0; i < ACCOUNTS_COUNT; i++) {
        struct uuid account_id = flow->clients[i].account_id;
        (void)venue_set_status(venue, account_id, ACCOUNT_STATUS_ACTIVE);
        for (size_t j = 0; j < COUNT_OF(ASSETS); j++)
            (void)venue_book(venue, account_id, TRANSACTION_TYPE_DEPOSIT, ASSETS[j], FUNDS_E8);
    }
    venue_settle(venue);
}

struct flow *flow_new(enum flow_kind kind, uint64_t seed)
{
    struct flow *flow = calloc(1, sizeof *flow);
    CHECK(flow != NULL);
    flow->kind = kind;
    flow->random = seed * 2 + 1;
    flow->venue = venue_new(1);
    open_accounts(flow);
    return flow;
}

void flow_free(struct flow *flow)
{
    venue_free(flow->venue);
    free(flow->placed);
    free(flow);
}

struct venue *flow_venue(struct flow *flow)
{
    return flow->venue;
}

static void remember(struct flow *flow, struct placed placed)
{
    if (flow->placed_count == flow->placed_capacity) {
        flow->placed_capacity = flow->placed_capacity == 0 ? 1024 : 2 * flow->placed_capacity;
        flow->placed = realloc(flow->placed, flow->placed_capacity * sizeof *flow->placed);
        CHECK(flow->placed != NULL);
    }
    flow->placed[flow->placed_count++] = placed;
}

/* How far from the middle: on its own side where it is to rest, as far beyond as there are prices
 * where it is to trade; near it on either side where all trade with all. */
static int64_t away_e8(struct flow *flow, bool rests)
{
    if (flow->kind == FLOW_TRADES)
        return ((int64_t)below(flow, 2 * NEAR_MAX + 1) - NEAR_MAX) * TICK_E8;
    return rests ? (1 + (int64_t)below(flow, TICKS_MAX)) * TICK_E8 : -(int64_t)TICKS_MAX * TICK_E8;
}

static void place(struct flow *flow, bool rests)
{
    uint32_t client = below(flow, ACCOUNTS_COUNT);
    struct command command = venue_command(flow->venue, COMMAND_PLACE_ORDER);
    struct place_order *order = &command.place_order;
    uint64_t rest[2] = {random_bits(flow), random_bits(flow)};
    *order = (struct place_order){
        .account_id = flow->clients[client].account_id,
        .instrument = below(flow, 2) == 0 ? TEXT("CEA-EUR") : TEXT("EUA-EUR"),
        .side = below(flow, 2) == 0 ? SIDE_BUY : SIDE_SELL,
        .type = ORDER_TYPE_LIMIT,
        .time_in_force = rests ? TIME_IN_FORCE_GTC : TIME_IN_FORCE_IOC,
        .quantity_e8 = (1 + (int64_t)below(flow, 100)) * E8,
        .has_limit_price_e8 = true,
    };
    int64_t away = away_e8(flow, rests);
    order->limit_price_e8 = MIDDLE_E8 + (order->side == SIDE_BUY ? -away : away);
    order->order_id =
        uuid_make(murmur2(order->instrument.data, order->instrument.size), (const uint8_t *)rest);
    venue_ask_as(&command, &flow->clients[client]);
    if (rests)
        remember(flow, (struct placed){.id = order->order_id, .client = client});
    (void)venue_send(flow->venue, &command);
}

static void cancel(struct flow *flow)
{
    struct placed *place = &flow->placed[below(flow, (uint32_t)flow->placed_count)];
    (void)venue_cancel(flow->venue, &flow->clients[place->client], place->id);
    *place = flow->placed[--flow->placed_count];
}

void flow_more(struct flow *flow, size_t commands)
{
    for (size_t i = 0; i < commands; i++) {
        uint32_t what = flow->kind == FLOW_TRADES ? 100 : below(flow, 100);
        flow->venue->clock_us += 1000;
        if (what < 6 && flow->placed_count > 0)
            cancel(flow);
        else
            place(flow, what >= 14);
        if (i % BATCH_COUNT == 0)
            settle(flow);
    }
    settle(flow);
}

void flow_until_open(struct flow *flow, size_t open)
{
    while (venue_open_count(flow->venue) < open)
        flow_more(flow, BATCH_COUNT);
}
