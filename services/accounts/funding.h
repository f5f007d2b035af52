/* funding.h - money on its way between clients and the venue: payment methods, transfers, limits.
 *
 * Transfer   accounts_decide_transfer --> pending ----> processing --> completed
 *                                            |  '------------|-------> failed     settle
 *                                            '--> canceled   '--> (both)          cancel
 *            A withdrawal's amount is locked from the first to the last. One that ended is no
 *            longer here: whatever is told of it once more moves nothing.
 * Method     two small deposits come by it; who names them owns it: here are keyed hashes of their
 *            amounts, which the gateways make. `details` are sealed.
 * Allowed    where an account names destinations, withdrawals go to those only; and to none for as
 *            long as a new one cools off, once it names none any more, so that whoever takes over
 *            a session gains nothing by emptying the list.
 * Limits     of an asset and a way, in a transfer, a day and a month (UTC). What did not come about
 *            is given back.
 */
#ifndef ACCOUNTS_FUNDING_H
#define ACCOUNTS_FUNDING_H
#include "accounts/turn.h"
#include "base/pack.h"

enum {
    ACCOUNTS_DOCUMENTS_MAX = 20,       /* of one person */
    ACCOUNTS_METHODS_MAX = 20,         /* of one account, removed ones not counted */
    ACCOUNTS_METHOD_ATTEMPTS = 3,      /* to name the small deposits */
    ACCOUNTS_OPEN_TRANSFERS_MAX = 100, /* of one account */
    ACCOUNTS_COOL_OFF_S = 86400,       /* of a new destination, where nothing else is set */
    ACCOUNTS_COOL_OFF_S_MAX = 30 * 86400
};

/* What a person has handed in for the identity check, as it came: what is in it is in the vault. */
struct accounts_document {
    struct kyc_document about;
    struct accounts_document *next;
};

struct accounts_method {
    struct payment_method about;
    struct keyed_hash first_hash, second_hash; /* of the amounts that were sent */
    bool is_allowed;                           /* on the allow-list, as the next says */
    struct allowed_destination allowed;
    struct accounts_method *next;
};

/* An open transfer. Of its texts only the asset is kept. */
struct accounts_transfer {
    struct uuid id; /* first: id_table.h */
    struct accounts_account *account;
    struct transfer about;
    struct accounts_transfer *prev, *next; /* in account->transfers, oldest first */
};

struct accounts_use {
    struct transfer_use about; /* its asset is a copy */
    struct accounts_use *next;
};

/* Looking up: NULL where there is none. */
struct accounts_document *accounts_document(const struct accounts_account *account, struct uuid id);
struct accounts_method *accounts_method(const struct accounts_account *account, struct uuid id);
struct accounts_transfer *accounts_transfer(const struct accounts_state *state, struct uuid id);
/* What was asked for of an asset one way, as it counts now: a day or month that is over is empty.
 * Its asset is `asset`. */
struct transfer_use accounts_use_now(const struct accounts_account *account,
                                     enum transfer_type type, struct text asset, int64_t now_us);
/* The limits in force: the account's own, where it has one, else its level's. */
struct transfer_limits accounts_transfer_limits(const struct accounts_account *account);
/* What goes with a level, where nothing else is set; all of it is given. */
const struct transfer_limits *accounts_level_limits(int level);

/* When the account's allow-list ends to bind: INT64_MAX while there is something on it, the past
 * where it does not bind. */
int64_t accounts_allow_list_until(const struct accounts_account *account);

/* Commands. */
void accounts_decide_add_method(const struct accounts_turn *turn); /* decide_method.c */
void accounts_decide_verify_method(const struct accounts_turn *turn);
void accounts_decide_remove_method(const struct accounts_turn *turn);
void accounts_decide_allow(const struct accounts_turn *turn); /* decide_allow.c */
void accounts_decide_disallow(const struct accounts_turn *turn);
void accounts_decide_transfer(const struct accounts_turn *turn); /* decide_transfer.c */
void accounts_decide_cancel_transfer(const struct accounts_turn *turn);
void accounts_decide_settle_transfer(const struct accounts_turn *turn);
void accounts_decide_transfer_limits(const struct accounts_turn *turn);
/* The account of whoever asks. NULL: it is not theirs, or there is none; refused. */
const struct accounts_account *accounts_own(const struct accounts_turn *turn,
                                            struct uuid account_id);
/* A payment method of theirs. NULL: refused. */
const struct accounts_method *accounts_own_method(const struct accounts_turn *turn,
                                                  struct uuid account_id, struct uuid id);

/* Behind `case`: the events about a person or their money. */
#define ACCOUNTS_EVENTS_OF_CLIENTS                                                                 \
    EVENT_KYC_PROFILE_CHANGED:                                                                     \
    case EVENT_KYC_DOCUMENT_ADDED:                                                                 \
    case EVENT_KYC_DOCUMENT_REMOVED:                                                               \
    case EVENT_KYC_SUBMITTED:                                                                      \
    case EVENT_KYC_REVIEWED:                                                                       \
    case EVENT_PAYMENT_METHOD_ADDED:                                                               \
    case EVENT_PAYMENT_METHOD_CHANGED:                                                             \
    case EVENT_DESTINATION_ALLOWED:                                                                \
    case EVENT_DESTINATION_DISALLOWED:                                                             \
    case EVENT_TRANSFER_REQUESTED:                                                                 \
    case EVENT_TRANSFER_CHANGED:                                                                   \
    case EVENT_TRANSFER_LIMITS_SET

/* Applying: what an event about a person or their money says (apply_client.c). */
void accounts_apply_client(struct accounts_state *state, const struct event *event);
/* From now on a transfer of that id was asked for, and is never again: its key may be forgotten,
 * the row of what came of it is not. Frees all of these. */
void accounts_transfer_id_add(struct accounts_state *state, struct uuid id);
bool accounts_knows_transfer_id(const struct accounts_state *state, struct uuid id);
void accounts_transfer_ids_free(struct accounts_state *state);
/* Takes a transfer that ended out of the state and frees it; frees all that an account has. */
void accounts_transfer_remove(struct accounts_state *state, struct accounts_transfer *transfer);
void accounts_funding_free(struct accounts_account *account);

/* To a snapshot and back (funding.c), the identity check included. */
void accounts_client_save(const struct accounts_account *account, struct buffer *buffer);
void accounts_client_load(struct accounts_state *state, struct accounts_account *account,
                          struct arena *scratch, struct pack_reader *reader);
void accounts_transfer_ids_save(const struct accounts_state *state, struct buffer *buffer);
void accounts_transfer_ids_load(struct accounts_state *state, struct pack_reader *reader);
/* Adding; texts are copied. */
void accounts_document_add(struct accounts_account *account, const struct kyc_document *about);
void accounts_method_add(struct accounts_account *account, const struct accounts_method *method);
void accounts_transfer_add(struct accounts_state *state, struct accounts_account *account,
                           const struct transfer *about);
void accounts_use_set(struct accounts_account *account, const struct transfer_use *use);

#endif
