/* market_parts.h - what the files of the crowd share; for them only. */
#ifndef SYSTEM_MARKET_PARTS_H
#define SYSTEM_MARKET_PARTS_H
#include "market.h"

/* From `from` units on, below `from + span` of them. */
int64_t market_amount(struct market *market, uint32_t from, uint32_t span, int64_t unit_e8);
/* Sends it, and keeps it to be sent once more. */
void market_send_kept(struct market *market, const struct command *command);

/* market_lists.c */

/* The code of the option listed last, or, where there is none yet, the first; and its symbol. */
const char *market_option(const struct market *market);
const char *market_option_symbol(const struct market *market);
/* The next option that there is not yet; the instrument of the newest; one of the two. */
void market_create_option(struct market *market);
void market_trade_option(struct market *market);
void market_list_option(struct market *market);
/* New things to trade reach every partition of accounts and orders. */
void market_list_more(struct market *market);

#endif
