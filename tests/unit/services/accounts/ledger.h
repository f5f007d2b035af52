/* ledger.h - one partition of the ledger for tests: decides, writes the event to a log as bytes,
 * reads it back and applies it, as the runtime does. */
#ifndef TEST_LEDGER_H
#define TEST_LEDGER_H
#include "accounts/state.h"
#include "decision/decision.h"

struct ledger {
    struct place place;
    struct accounts_state *state;
    struct arena *arena; /* of the last turn */
    int64_t now_us;
    uint64_t inputs_count;
    struct buffer log; /* every event: size in 4 bytes, then the value */
    size_t last_size;  /* of the last one's value */
};

/* A ledger of partition `partition` of `count`, with LogCreated applied. */
void ledger_open(struct ledger *ledger, int32_t partition, int32_t count);
void ledger_close(struct ledger *ledger);

/* One turn: decided, logged, applied. What comes back lives until the next turn. */
const struct event *ledger_command(struct ledger *ledger, const struct command *command);
const struct event *ledger_follow(struct ledger *ledger, const struct event *cause);
/* What the clock brings about; NULL: nothing is due. */
const struct event *ledger_time(struct ledger *ledger);
/* An event of its own log, however it came about. */
const struct event *ledger_happen(struct ledger *ledger, const struct event *event);
/* The same as saved bytes; the caller frees the buffer. */
struct buffer ledger_saved(const struct accounts_state *state);
/* A fresh state that has applied the whole log; the caller frees it. */
struct accounts_state *ledger_replayed(const struct ledger *ledger);

/* Commands with the right actor; the caller changes what a test is about. */
struct command command_by_operator(enum command_kind kind);
struct command command_by_user(enum command_kind kind, struct uuid account_id);
/* Ids: the same number gives the same id; an order's carries its instrument's hash. */
struct uuid id_of(uint32_t number);
struct uuid order_id_of(const char *instrument, uint32_t number);

/* What tests need all the time, CHECKed to succeed. */
void ledger_open_account(struct ledger *ledger, struct uuid account_id); /* active, trading */
void ledger_open_maker(struct ledger *ledger, struct uuid maker_id);
void ledger_deposit(struct ledger *ledger, struct uuid account_id, const char *asset,
                    int64_t amount_e8);
/* PlaceOrder by the account's owner, or an operator for a maker: a gtc limit order. */
struct command limit_order(const struct ledger *ledger, struct uuid order_id,
                           struct uuid account_id, const char *instrument, enum side side,
                           int64_t quantity_e8, int64_t price_e8);
const struct accounts_balance *ledger_balance(const struct ledger *ledger, struct uuid account_id,
                                              const char *asset);

#endif
