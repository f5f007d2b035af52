/* turn.h - one decision being made: shared by the decide*.c files. */
#ifndef ACCOUNTS_TURN_H
#define ACCOUNTS_TURN_H
#include "accounts/state.h"

#define ACCOUNTS_STAFF (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OPERATOR))

struct accounts_turn {
    const struct accounts_state *state;
    const struct input *input;
    struct arena *arena;
    struct event *event; /* what comes of it */
};

/* Refuses the command: its code, the field to blame or NULL, and a sentence (printf). Returns
 * false, so that a check can end with it. */
bool accounts_refuse(const struct accounts_turn *turn, const char *code, const char *field,
                     const char *format, ...) PRINTF_LIKE(4, 5);
/* True when an operator or an admin asks; otherwise refuses with FORBIDDEN. */
bool accounts_is_staff(const struct accounts_turn *turn);
bool accounts_asked_by_staff(const struct accounts_turn *turn);
/* True when the account is the actor's own: by the command, and by the ledger's record of its user.
 * Of an account that is not here there is none; then the command's word is taken. */
bool accounts_is_own(const struct accounts_turn *turn, struct uuid account_id);
/* True when to book so much needs a second person who has not consented: asked last of all, it
 * makes the event that asks for him. */
bool accounts_second_is_missing(const struct accounts_turn *turn, struct text asset,
                                int64_t amount_e8);
/* True when the thing is still at the version that the command was made from, or none was given;
 * otherwise refuses with VERSION_CONFLICT. */
bool accounts_version_is(const struct accounts_turn *turn, bool has_wanted, int64_t wanted,
                         int64_t version);
/* An amount for a sentence, with at least `scale` places, terminated by a zero. */
const char *accounts_amount_text(const struct accounts_turn *turn, int64_t amount_e8, int scale);
/* The id as a text in the arena, terminated by a zero. */
struct text accounts_id_text(const struct accounts_turn *turn, struct uuid id);
/* Puts the event under the key of the account. */
void accounts_key_of_account(const struct accounts_turn *turn, struct uuid account_id);
/* Lets the instrument's book answer the event. */
void accounts_touch_book(const struct accounts_turn *turn, struct text instrument);
/* The amount is above zero, within bounds, and fits the asset; otherwise refused, blaming `field`.
 */
bool accounts_amount_fits(const struct accounts_turn *turn, const struct accounts_asset *asset,
                          int64_t amount_e8, const char *field);

/* Commands. Each makes turn->event, a refusal perhaps. */
void accounts_decide_create_market_maker(const struct accounts_turn *turn);
void accounts_decide_change_market_maker(const struct accounts_turn *turn);
void accounts_decide_deactivate_market_maker(const struct accounts_turn *turn);
void accounts_decide_asset_transaction(const struct accounts_turn *turn);
void accounts_decide_account_status(const struct accounts_turn *turn);
void accounts_decide_kyc_profile(const struct accounts_turn *turn); /* decide_kyc.c */
void accounts_decide_add_document(const struct accounts_turn *turn);
void accounts_decide_remove_document(const struct accounts_turn *turn);
void accounts_decide_kyc_submit(const struct accounts_turn *turn);
void accounts_decide_kyc_review(const struct accounts_turn *turn);
void accounts_decide_place_order(const struct accounts_turn *turn);
void accounts_decide_replace_order(const struct accounts_turn *turn);
/* decide_preview.c: the preview of a command of that kind, whose fields it has. */
void accounts_decide_preview(const struct accounts_turn *turn, enum command_kind kind,
                             void (*decide)(const struct accounts_turn *turn));

/* decide_terms.c: what is asked for makes an order, whatever its account has; otherwise refused. */
/* decide_terms.c: gives a buy without a limit the budget that it does not name, from the price band
 * of its instrument. Nothing where there is no band, or no price. */
void accounts_take_budget(struct place_order *command,
                          const struct accounts_instrument *instrument);
bool accounts_terms_are_sound(const struct accounts_turn *turn, const struct place_order *command,
                              const struct accounts_instrument *instrument);
/* When an order of such terms expires. False: it does not. */
bool accounts_expires(const struct accounts_turn *turn, const struct place_order *command,
                      int64_t *ret_expires_at);

/* Events of `orders`. */
void accounts_decide_order_entered(const struct accounts_turn *turn,
                                   const struct order_entered *entered);
void accounts_decide_orders_ended(const struct accounts_turn *turn, const struct order *orders,
                                  size_t orders_count);
void accounts_decide_brackets_entered(const struct accounts_turn *turn,
                                      const struct brackets_entered *entered);

void accounts_decide_replace_refused(const struct accounts_turn *turn,
                                     const struct replace_refused *refused);

/* decide_order.c: the checks that a replace has to pass, too. */

/* Risk 1. The account, if whoever asks may trade for it; `reduces`: only to have less afterwards,
 * as by every sale. Whether a stranger's account exists is not told. NULL: refused. */
const struct accounts_account *accounts_trader(const struct accounts_turn *turn,
                                               struct uuid account_id, bool reduces);
/* The instrument, once it and what it trades are known here: they are told by different partitions,
 * in either order, and without its asset an option would not expire. NULL: refused. */
const struct accounts_instrument *accounts_tradable(const struct accounts_turn *turn,
                                                    struct text symbol);
/* Works out the hold of an order, which is there as `before` already where that is not NULL.
 * Neither the hold nor what may come in passes the bound; otherwise refused. */
bool accounts_amounts_in_range(const struct accounts_turn *turn, struct accounts_order *order,
                               const struct accounts_order *before);
/* Risk 6: what the order holds more than `before` is available, and then locked in *ret_balance;
 * otherwise refused. */
bool accounts_funds_suffice(const struct accounts_turn *turn, const struct accounts_order *order,
                            const struct accounts_order *before, struct balance_after *ret_balance);

/* decide_settle.c */

/* What an order does to a position is what its side says, for nobody goes short, and options are
 * not guarded; otherwise refused. */
bool accounts_effect_allowed(const struct accounts_turn *turn, const struct place_order *command,
                             const struct accounts_instrument *instrument);
/* When the option that the instrument trades expires, and all orders of it with it; 0: never. */
int64_t accounts_option_expires_at(const struct accounts_turn *turn, struct text instrument);
/* Cost and profit are shown, never settled: past 64 bits they stop at the bound. */
int64_t accounts_bounded(__int128 amount_e8);
/* The order as settled_order shows it, with no hold and closed where it ended. */
struct settled_order accounts_settled(const struct accounts_order *order, bool closed);
/* The same with its terms, which changed or were to change. */
struct settled_order accounts_settled_anew(const struct accounts_order *order, bool closed);

#endif
