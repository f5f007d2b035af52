/* market_parts.h - what the files of the crowd share; for them only. */
#ifndef SYSTEM_MARKET_PARTS_H
#define SYSTEM_MARKET_PARTS_H
#include "market.h"

enum {
    MARKET_MAKERS_COUNT = 4, /* that are there from the start, as the first clients */
    MARKET_EMAILS_COUNT = 32
};

/* From `from` units on, below `from + span` of them. */
int64_t market_amount(struct market *market, uint32_t from, uint32_t span, int64_t unit_e8);
/* Sends it, and keeps it to be sent once more. */
void market_send_kept(struct market *market, const struct command *command);

/* Any client who is no market maker; the first few of them are there from the start. */
const struct venue_client *market_any_client(struct market *market);
/* Remembers something of a client's; and any that is remembered, NULL: there is none yet. */
void market_keep(struct market_things *things, struct uuid id, const struct venue_client *owner);
const struct market_thing *market_any(struct market *market, const struct market_things *things);

/* market_people.c */

/* Somebody, with the right password or another. */
void market_sign_in(struct market *market);
void market_use_session(struct market *market);
/* An operator beside the venue's own, to whom roles are given and taken. */
void market_appoint_deputy(struct market *market);
void market_change_deputy(struct market *market);
/* May make it a command of the deputy's. */
void market_ask_by_deputy(struct market *market, struct command *command);

/* Somebody of the staff, who perhaps asked for it, approves a request that the crowd has heard of,
 * or rejects it, or has done so before. */
void market_decide_request(struct market *market);

/* market_life.c: somebody says who he is, or is checked; money comes and goes, or is to; and what
 * there was is stated. */
void market_onboard(struct market *market);
/* What most have done long ago: a way for money to come and go; of every second the papers. */
void market_settle_in(struct market *market, const struct venue_client *client, bool handed_in);
void market_move_funds(struct market *market);
void market_state(struct market *market);
/* market_alert.c: somebody wants to be told of a price, or no more, or has read of it. */
void market_watch(struct market *market);
/* market_desk.c: somebody asks support, or is answered; or the staff publishes. */
void market_use_desk(struct market *market);

/* market_trade.c */

/* An order; now and then it is only asked what would come of it. */
void market_place(struct market *market);
/* One of the first clients buys, with guards that are far away, or sells what came in otherwise:
 * his position is flat, and what guards it still waits. */
void market_trade_beside_guards(struct market *market);
/* All that somebody has of something goes at once, or of everything. */
void market_close_position(struct market *market);
/* Often an order that was replaced just now. */
void market_replace(struct market *market);
void market_cancel(struct market *market);
/* All orders of somebody go, or are to go if nothing is heard for some seconds. */
void market_cancel_all(struct market *market);

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
