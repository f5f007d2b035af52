/* venue.h - one partition of orders in a test: every input is decided and applied, and every event
 * is encoded, decoded and applied to a second state, as a replay would. */
#ifndef TEST_ORDERS_VENUE_H
#define TEST_ORDERS_VENUE_H
#include "orders/state.h"

#define NOON_US INT64_C(1795348800000000)
#define CEA     "CEA-EUR"

struct venue {
    struct place place;
    struct orders_state *state;
    struct orders_state *replica;
    struct arena *arena;
    struct arena *replica_arena;
    struct buffer record;
    struct event event; /* the last one, as read back; its texts live until the next input */
    int64_t now_us;
    uint32_t inputs_count;
};

/* What a test says of an order; the rest is a gtc limit order of 1 in CEA-EUR by account 1. */
struct wish {
    uint32_t number; /* of its id */
    uint32_t account;
    const char *instrument;
    enum side side;
    enum order_type type;
    enum time_in_force time_in_force;
    enum self_trade self_trade;
    bool post_only;
    int64_t price_e8;
    int64_t quantity_e8;
    int64_t max_notional_e8;
    int32_t maker_fee_bps;
    int32_t taker_fee_bps;
    int64_t valid_until_us;
    int64_t stop_price_e8; /* as is all below, where it is not 0 */
    int64_t trail_amount_e8;
    int64_t trail_percent_e8;
    int64_t expires_at_us;
    int64_t stop_loss_price_e8;
    int64_t take_profit_price_e8;
};

/* A venue whose log has been created; one partition of everything unless `partitions` is more. */
struct venue *venue_open(int32_t partitions);
void venue_close(struct venue *venue);

struct uuid account_id(uint32_t account);
struct uuid order_id(const char *instrument, uint32_t number);

/* Decides, applies, replays. The event is venue->event too. */
const struct event *venue_decide(struct venue *venue, const struct input *input);
const struct event *venue_command(struct venue *venue, const struct command *command);
const struct event *venue_follow(struct venue *venue, const struct event *event);
/* Its correlation id is the order's. */
const struct event *venue_place(struct venue *venue, const struct wish *wish);
/* What accounts says where the same is only previewed, to be followed. */
struct event venue_previewed(struct venue *venue, const struct wish *wish);
/* Time has passed: answers the next that is due. NULL: nothing is. */
const struct event *venue_time(struct venue *venue);
/* By the account itself, or with ROLE_OPERATOR or ROLE_ADMIN by somebody else. */
const struct event *venue_cancel(struct venue *venue, struct uuid id, uint32_t account,
                                 enum role role);
/* A replace by the account itself that accounts has authorised; 0: as it is. */
const struct event *venue_replace(struct venue *venue, struct uuid id, uint32_t account,
                                  int64_t quantity_e8, int64_t price_e8);
/* A command of an operator, to be filled in. */
struct command command_by(enum command_kind kind, enum role role);
/* Feeds in a mark price. */
const struct event *venue_mark(struct venue *venue, int64_t price_e8);
/* Halts, reopens and so on. */
const struct event *venue_change_status(struct venue *venue, enum instrument_status status);

/* The order as the state knows it; fails the test where it does not. */
const struct order *venue_order(const struct venue *venue, uint32_t number);
/* What an ETag of it says. */
int64_t venue_version(const struct venue *venue, uint32_t number);
/* Fails the test unless state and replica are the same bytes, and loading them gives them again. */
void venue_check_replay(const struct venue *venue);

#endif
