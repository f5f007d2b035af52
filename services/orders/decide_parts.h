/* decide_parts.h - what the decide_*.c files share; for them only. */
#ifndef ORDERS_DECIDE_PARTS_H
#define ORDERS_DECIDE_PARTS_H
#include "orders/state.h"

/* The most that a price x quantity may come to, so that no sum of an order overflows. */
#define ORDERS_NOTIONAL_MAX_E16 (((__int128)1 << 62) * E8)

/* What a decision looks at and writes to. */
struct decision {
    const struct orders_state *state;
    const struct input *input;
    struct arena *arena;
    struct event *event;
};

/* Why an order is not taken. `code` NULL: nothing is wrong. */
struct refusal {
    const char *code;
    struct text message;
    const char *field; /* NULL: no one input is to blame */
};

/* An order that comes to its book. */
struct coming {
    const struct order *order; /* as it is before it meets the book */
    int32_t maker_fee_bps, taker_fee_bps;
    enum order_entry entry;
    int64_t taker_notional_e8; /* of what it filled before, the part before it rested */
};

/* Is the actor an operator or admin? */
bool orders_by_staff(const struct decision *decision, const struct command_meta *meta);
/* Lets the account's own partition of accounts answer the event. */
void orders_touch_account(const struct decision *decision, struct uuid account_id);
/* The thing is still at the version that the command was made from, or none was given. */
struct refusal orders_check_version(const struct decision *decision, bool has_wanted,
                                    int64_t wanted, int64_t version);
/* A number as people read it, zero-terminated, in the arena. */
const char *orders_shown(const struct decision *decision, int64_t e8);

/* decide_reference.c */
void orders_create_asset(const struct decision *decision, const struct command *command);
void orders_create_instrument(const struct decision *decision, const struct command *command);
void orders_change_instrument(const struct decision *decision, const struct command *command);

/* decide_option.c */

/* An asset has the terms of an option if it is one, and they make sense; otherwise refused. */
bool orders_option_terms_allowed(const struct decision *decision,
                                 const struct create_asset *create);
/* An instrument of an option is the one that may trade it; otherwise refused. */
bool orders_option_instrument_allowed(const struct decision *decision,
                                      const struct create_instrument *create,
                                      const struct orders_asset *base);
/* OptionExpired: that price settles it. */
void orders_option_expired(const struct decision *decision, const struct asset *option,
                           int64_t price_e8);

/* decide_cancel.c */

/* An open order as it is when it has ended so, with what is left of it. */
struct order orders_over(const struct decision *decision, const struct orders_order *open,
                         enum order_status status, enum end_reason reason);
/* Whose wish it is that the order ends: its owner's, or an operator's. */
enum end_reason orders_end_reason_by(bool has_actor, const struct actor *actor,
                                     const struct orders_order *order);
void orders_cancel(const struct decision *decision, const struct command *command);
/* Those of the listed orders of an account that are open, for a reason. */
void orders_cancel_listed(const struct decision *decision, struct uuid account_id,
                          const struct uuid *listed, size_t listed_count, enum end_reason reason);

/* decide_order.c: OrderEntered or OrderRefused. */
void orders_enter(const struct decision *decision, const struct event *event);

/* Checks 7 and 8 of spec/domain.md, in their order: open, tick, lot and range, band. */
struct refusal orders_check_rules(const struct decision *decision, const struct order *order,
                                  const struct orders_instrument *instrument);
/* Lot and range alone. */
struct refusal orders_check_quantity(const struct decision *decision, const struct order *order,
                                     const struct instrument *rules);

/* The instrument alone. */
struct refusal orders_check_open(const struct decision *decision,
                                 const struct orders_instrument *instrument);

/* decide_close.c: an emergency close meets its book, or is refused; then nothing is written. */
struct refusal orders_close(const struct decision *decision,
                            const struct order_authorized *authorized,
                            const struct orders_instrument *instrument);

/* decide_preview.c: PreviewAnswered. */
void orders_preview(const struct decision *decision, const struct event *event);

/* decide_replace.c: OrderEntered or ReplaceRefused. */
void orders_replace(const struct decision *decision, const struct event *event);

/* decide_bracket.c */

/* What guards purchases, as accounts has settled them: BracketsEntered. */
void orders_enter_brackets(const struct decision *decision, const struct fills_settled *settled);
/* An order ends, or fires: where it has a sibling that is open, that ends with it. Adds it to what
 * ended, which has room for one more. */
void orders_end_sibling(const struct decision *decision, const struct orders_order *order,
                        struct ended_order *ended, size_t *ended_count);

/* decide_time.c: what is due, OrdersCanceled, OptionExpired, OrderEntered or PricesMoved. */
void orders_decide_time(const struct decision *decision);

/* decide_prices.c: when prices are to be told, INT64_MAX: never; and PricesMoved. */
int64_t orders_prices_due_us(const struct orders_state *state);
void orders_tell_prices(const struct decision *decision);

/* decide_match.c */

/* Meets the book and writes OrderEntered, or says why the book refuses; then nothing is written.
 * The order has passed every other check. */
struct refusal orders_match(const struct decision *decision, const struct coming *coming,
                            const struct orders_instrument *instrument);
/* Writes the OrderEntered of one that meets no other order: it waits, or ends as it is. */
void orders_meet_nobody(const struct decision *decision, const struct coming *coming,
                        const struct orders_instrument *instrument);
/* The fee on everything an order has traded, at its rates, rounded half even to the places of the
 * quote asset. CHECKs that it fits. */
int64_t orders_fee_due_e8(__int128 taker_notional_e16, int32_t taker_fee_bps,
                          __int128 maker_notional_e16, int32_t maker_fee_bps, int quote_scale);

#endif
