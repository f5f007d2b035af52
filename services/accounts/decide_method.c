/* Payment methods: named, and verified by the two small deposits that only their owner sees. */
#include "accounts/funding.h"
#include "base/seeded_bug.h"

#include <string.h>
#include <utlist.h>

const struct accounts_account *accounts_own(const struct accounts_turn *turn,
                                            struct uuid account_id)
{
    const struct command_meta *meta = &turn->input->command->meta;
    const struct accounts_account *account = accounts_account(turn->state, account_id);
    if (account != NULL && account->about.kind == ACCOUNT_KIND_TRADING && meta->has_actor &&
        uuid_equal(meta->actor.user_id, account->about.user_id))
        return account;
    accounts_refuse(turn, "NOT_FOUND", NULL, "There is no such account of yours.");
    return NULL;
}

const struct accounts_method *accounts_own_method(const struct accounts_turn *turn,
                                                  struct uuid account_id, struct uuid id)
{
    const struct accounts_account *account = accounts_own(turn, account_id);
    if (account == NULL)
        return NULL;
    const struct accounts_method *method = accounts_method(account, id);
    if (method == NULL)
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no payment method %s of yours.",
                        accounts_id_text(turn, id).data);
    return method;
}

void accounts_decide_add_method(const struct accounts_turn *turn)
{
    const struct add_payment_method *command = &turn->input->command->add_payment_method;
    const struct accounts_account *account = accounts_own(turn, command->account_id);
    if (account == NULL)
        return;
    size_t count;
    const struct accounts_method *method;
    if (accounts_method(account, command->payment_method_id) != NULL) {
        accounts_refuse(turn, "IDEMPOTENCY_KEY_REUSED", NULL,
                        "A payment method was added under this key more than a day ago.");
        return;
    }
    LL_COUNT(account->methods, method, count);
    if (count >= ACCOUNTS_METHODS_MAX) {
        accounts_refuse(turn, "VALIDATION_FAILED", NULL,
                        "You have %d payment methods, which is the most; remove one first.",
                        ACCOUNTS_METHODS_MAX);
        return;
    }
    turn->event->kind = EVENT_PAYMENT_METHOD_ADDED;
    turn->event->payment_method_added = (struct payment_method_added){
        .method = {.id = command->payment_method_id,
                   .account_id = command->account_id,
                   .kind = command->kind,
                   .status = PAYMENT_METHOD_STATUS_PENDING,
                   .attempts_left = ACCOUNTS_METHOD_ATTEMPTS,
                   .created_at = turn->input->now_us},
        .user_id = account->about.user_id,
        .details = command->details,
        .shown = command->shown,
        .small_deposits = command->small_deposits,
        .first_hash = command->first_hash,
        .second_hash = command->second_hash,
    };
}

static bool is_same(const struct keyed_hash *one, const struct keyed_hash *other)
{
    return memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}

/* In either order: nobody remembers which came first. */
static bool are_named(const struct accounts_method *method,
                      const struct verify_payment_method *command)
{
    return (is_same(&command->first_hash, &method->first_hash) &&
            is_same(&command->second_hash, &method->second_hash)) ||
           (is_same(&command->first_hash, &method->second_hash) &&
            is_same(&command->second_hash, &method->first_hash));
}

static void change(const struct accounts_turn *turn, const struct payment_method *about)
{
    turn->event->kind = EVENT_PAYMENT_METHOD_CHANGED;
    turn->event->payment_method_changed.method = *about;
}

/* Wrong amounts are no refusal: each takes one of the few attempts away. */
void accounts_decide_verify_method(const struct accounts_turn *turn)
{
    const struct verify_payment_method *command = &turn->input->command->verify_payment_method;
    const struct accounts_method *method =
        accounts_own_method(turn, command->account_id, command->payment_method_id);
    if (method == NULL)
        return;
    struct payment_method about = method->about;
    if (about.status == PAYMENT_METHOD_STATUS_FAILED) {
        accounts_refuse(turn, "PAYMENT_METHOD_UNVERIFIED", NULL,
                        "The amounts were wrong too often; add the payment method anew.");
        return;
    }
    if (about.status == PAYMENT_METHOD_STATUS_PENDING) {
        about.attempts_left--;
        if (are_named(method, command) || SEEDED_BUG(METHOD_BELIEVED)) {
            about.status = PAYMENT_METHOD_STATUS_VERIFIED;
            about.has_verified_at = true;
            about.verified_at = turn->input->now_us;
        } else if (about.attempts_left == 0) {
            about.status = PAYMENT_METHOD_STATUS_FAILED;
        }
    }
    change(turn, &about);
}

/* Transfers on their way keep it. */
void accounts_decide_remove_method(const struct accounts_turn *turn)
{
    const struct remove_payment_method *command = &turn->input->command->remove_payment_method;
    const struct accounts_method *method =
        accounts_own_method(turn, command->account_id, command->payment_method_id);
    if (method == NULL)
        return;
    struct payment_method about = method->about;
    about.status = PAYMENT_METHOD_STATUS_REMOVED;
    change(turn, &about);
    turn->event->payment_method_changed.has_disallowed = method->is_allowed;
    turn->event->payment_method_changed.disallowed = method->allowed;
}
