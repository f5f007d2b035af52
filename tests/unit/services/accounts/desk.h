/* desk.h - a ledger in which a buyer has euros, and a seller and a market maker certificates: what
 * the tests of orders and of their settlement begin with. */
#ifndef TEST_DESK_H
#define TEST_DESK_H
#include "ledger.h"

#define CENT (E8 / 100)

extern struct ledger ledger;
extern struct uuid buyer, seller, maker;

/* cmocka's setup and teardown of each test. */
int open_ledger(void **state);
int close_ledger(void **state);

void assert_refused(const struct event *event, const char *code, const char *field);
void assert_balance(struct uuid account, const char *asset, int64_t available_e8,
                    int64_t locked_e8);
/* The id of order `number` in CEA-EUR, a limit order there, and the same held for. */
struct uuid cea(uint32_t number);
struct command order(struct uuid account, uint32_t number, enum side side, int64_t quantity_e8,
                     int64_t price_e8);
void place(struct uuid account, uint32_t number, enum side side, int64_t quantity_e8,
           int64_t price_e8);
/* The fees of CEA-EUR for orders from now on. */
void set_fees(int32_t maker_bps, int32_t taker_bps);

#endif
