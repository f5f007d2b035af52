/* risk.h - checks 2 to 5 of spec/domain.md, "Risk": an order, new or changed, against the limits
 * of its account.
 *
 * Limits   an account's own where it has one, else the venue's; a limit that neither has is not
 *          checked and needs no data. What a check needs and does not find refuses (fail closed).
 * Sells    only reduce: they pass all but the number of open orders.
 * Notional of a buy: what was traded of it, and at its limit or by its budget what remains; fees
 *          are no part of it. Amounts are per quote asset and never converted.
 * Day      a notional counts where it is authorised, whatever becomes of the order; from 00:00 UTC
 *          of log time.
 */
#ifndef ACCOUNTS_RISK_H
#define ACCOUNTS_RISK_H
#include "accounts/turn.h"

/* True when `wanted` is within the limits of its account; otherwise the command is refused.
 * `before` is the order as it is until then, NULL where it is new. CHECKs that what `wanted` can
 * cost is in range. */
bool accounts_risk_allows(const struct accounts_turn *turn, const struct accounts_order *wanted,
                          const struct accounts_order *before);
/* What the buys of the day come to for the account in the order's quote asset, with `wanted` in
 * place of `before`; INT64_MAX: or more. */
int64_t accounts_risk_daily(const struct accounts_turn *turn, const struct accounts_order *wanted,
                            const struct accounts_order *before);

/* Commands and followed events. Each makes turn->event, a refusal perhaps. */
void accounts_decide_risk_limits(const struct accounts_turn *turn);

#endif
