/* The allow-list: destinations to which alone withdrawals go, as long as it names one. */
#include "accounts/funding.h"

#include <utlist.h>

/* What is added to a list that binds is new to it, and cools off; what begins one could be
 * withdrawn to before, from when it had cooled off as a payment method. */
void accounts_decide_allow(const struct accounts_turn *turn)
{
    const struct allow_destination *command = &turn->input->command->allow_destination;
    const struct accounts_method *method =
        accounts_own_method(turn, command->account_id, command->payment_method_id);
    if (method == NULL)
        return;
    if (method->about.status != PAYMENT_METHOD_STATUS_VERIFIED) {
        accounts_refuse(turn, "PAYMENT_METHOD_UNVERIFIED", "payment_method_id",
                        "Say first which two small deposits came by it.");
        return;
    }
    if (method->is_allowed) {
        accounts_refuse(turn, "VALIDATION_FAILED", "payment_method_id",
                        "It is on the allow-list already.");
        return;
    }
    int64_t now_us = turn->input->now_us;
    const struct accounts_account *account = accounts_account(turn->state, command->account_id);
    bool binds = accounts_allow_list_until(account) > now_us;
    turn->event->kind = EVENT_DESTINATION_ALLOWED;
    turn->event->destination_allowed.destination = (struct allowed_destination){
        .id = command->destination_id,
        .account_id = command->account_id,
        .payment_method_id = command->payment_method_id,
        .known_since = binds ? now_us : method->about.verified_at,
        .created_at = now_us,
    };
}

/* Withdrawals on their way go on. */
void accounts_decide_disallow(const struct accounts_turn *turn)
{
    const struct disallow_destination *command = &turn->input->command->disallow_destination;
    const struct accounts_account *account = accounts_own(turn, command->account_id);
    if (account == NULL)
        return;
    const struct accounts_method *method;
    LL_FOREACH(account->methods, method)
    {
        if (method->is_allowed && uuid_equal(method->allowed.id, command->destination_id))
            break;
    }
    if (method == NULL) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is nothing %s on your allow-list.",
                        accounts_id_text(turn, command->destination_id).data);
        return;
    }
    turn->event->kind = EVENT_DESTINATION_DISALLOWED;
    turn->event->destination_disallowed.destination = method->allowed;
}
