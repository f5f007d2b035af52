/* payment.h - numbers by which money goes: whether they can be right, and what is shown of them.
 * The whole number is never in an answer, nor unsealed in a log, and the same goes for the two
 * small deposits by which its owner is known. Pure.
 */
#ifndef GATEWAY_PAYMENT_H
#define GATEWAY_PAYMENT_H
#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"
#include "seal/seal.h"

/* Letters and digits of a number as people write it, in capitals, without spaces and hyphens. */
struct text payment_compact(struct text number, struct arena *arena);
/* ISO 13616: a country, two check digits by ISO 7064 MOD 97-10, 15 to 34 in all; compact. */
bool payment_iban_is_sound(struct text iban);
/* ISO/IEC 7812: 12 to 19 digits with the check digit of H. P. Luhn; compact. */
bool payment_card_is_sound(struct text number);
/* An address of a ledger of coins, by its form alone: their check sums are their network's. */
bool payment_wallet_is_sound(struct text address);
/* The number with all but its last four characters, and the first `first`, as dots. */
struct text payment_masked(struct text number, size_t first, struct arena *arena);

/* Keyed hash of the amount of a small deposit by that payment method. */
void payment_amount_hash(const struct seal_key *key, struct uuid method_id, int64_t amount_e8,
                         uint8_t ret_hash[16]);

#endif
