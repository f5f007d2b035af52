/* Decides by kind of input; the kinds themselves are in decide_*.c. */
#include "accounts/due.h"
#include "accounts/funding.h"
#include "accounts/notices.h"
#include "accounts/option.h"
#include "accounts/risk.h"
#include "accounts/statement.h"
#include "decimal/decimal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool accounts_refuse(const struct accounts_turn *turn, const char *code, const char *field,
                     const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    event_reject(turn->event, code, arena_text(turn->arena, text_of(sentence)), field);
    return false;
}

bool accounts_is_staff(const struct accounts_turn *turn)
{
    return staff_may(&turn->state->staff, &turn->input->command->meta, ACCOUNTS_STAFF);
}

bool accounts_asked_by_staff(const struct accounts_turn *turn)
{
    return accounts_is_staff(turn) ||
           accounts_refuse(turn, "FORBIDDEN", NULL, "Only an operator or an admin may do this.");
}

/* A token that lies, or is older than what became of its account, gives nobody another's money. */
bool accounts_is_own(const struct accounts_turn *turn, struct uuid account_id)
{
    const struct command_meta *meta = &turn->input->command->meta;
    const struct accounts_account *account = accounts_account(turn->state, account_id);
    bool claimed = meta->has_actor && meta->actor.has_account_id &&
                   uuid_equal(meta->actor.account_id, account_id);
    bool recorded = account == NULL || (account->about.has_user_id &&
                                        uuid_equal(account->about.user_id, meta->actor.user_id));
    return claimed && recorded;
}

bool accounts_second_is_missing(const struct accounts_turn *turn, struct text asset,
                                int64_t amount_e8)
{
    const struct approvals *approvals = &turn->state->approvals;
    return approvals_cover_amount(approvals, asset, amount_e8) &&
           approval_is_missing(approvals, turn->input, ACCOUNTS_STAFF, turn->arena, turn->event);
}

bool accounts_version_is(const struct accounts_turn *turn, bool has_wanted, int64_t wanted,
                         int64_t version)
{
    return !has_wanted || wanted == version ||
           accounts_refuse(turn, "VERSION_CONFLICT", NULL,
                           "The change was made from version %" PRId64 ", but this is version "
                           "%" PRId64 " by now; read it again and decide anew.",
                           wanted, version);
}

const char *accounts_amount_text(const struct accounts_turn *turn, int64_t amount_e8, int scale)
{
    char text[DECIMAL_TEXT_SIZE];
    size_t size = decimal_print(amount_e8, scale, text);
    return arena_text(turn->arena, (struct text){text, size}).data;
}

struct text accounts_id_text(const struct accounts_turn *turn, struct uuid id)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);
    return arena_text(turn->arena, (struct text){text, sizeof text});
}

void accounts_key_of_account(const struct accounts_turn *turn, struct uuid account_id)
{
    turn->event->key = accounts_id_text(turn, account_id);
}

bool accounts_amount_fits(const struct accounts_turn *turn, const struct accounts_asset *asset,
                          int64_t amount_e8, const char *field)
{
    const char *amount = accounts_amount_text(turn, amount_e8, 0);
    if (amount_e8 <= 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", field,
                               "The amount is %s; it must be above zero.", amount);
    if (!decimal_fits_scale(amount_e8, asset->scale))
        return accounts_refuse(turn, "VALIDATION_FAILED", field,
                               "The amount %s does not fit %.*s, which has %d decimal places.",
                               amount, (int)asset->code.size, asset->code.data, asset->scale);
    if (amount_e8 > ACCOUNTS_AMOUNT_MAX_E8)
        return accounts_refuse(turn, "AMOUNT_RANGE", field,
                               "The amount %s is too large; the largest is %s.", amount,
                               accounts_amount_text(turn, ACCOUNTS_AMOUNT_MAX_E8, 0));
    return true;
}

void accounts_touch_book(const struct accounts_turn *turn, struct text instrument)
{
    event_touch(turn->event, turn->arena, SERVICE_ORDERS,
                place_partition(turn->state->place, SERVICE_ORDERS, instrument));
}

static void decide_command(const struct accounts_turn *turn)
{
    const struct command *command = turn->input->command;
    switch (command->kind) {
    case COMMAND_CREATE_MARKET_MAKER: accounts_decide_create_market_maker(turn); break;
    case COMMAND_CHANGE_MARKET_MAKER: accounts_decide_change_market_maker(turn); break;
    case COMMAND_DEACTIVATE_MARKET_MAKER: accounts_decide_deactivate_market_maker(turn); break;
    case COMMAND_RECORD_ASSET_TRANSACTION: accounts_decide_asset_transaction(turn); break;
    case COMMAND_SET_ACCOUNT_STATUS: accounts_decide_account_status(turn); break;
    case COMMAND_SET_RISK_LIMITS: accounts_decide_risk_limits(turn); break;
    case COMMAND_PLACE_ORDER: accounts_decide_place_order(turn); break;
    case COMMAND_PREVIEW_ORDER:
        accounts_decide_preview(turn, COMMAND_PLACE_ORDER, accounts_decide_place_order);
        break;
    case COMMAND_PREVIEW_REPLACE:
        accounts_decide_preview(turn, COMMAND_REPLACE_ORDER, accounts_decide_replace_order);
        break;
    case COMMAND_PREVIEW_CLOSE:
        accounts_decide_preview(turn, COMMAND_CLOSE_POSITION, accounts_decide_close_position);
        break;
    case COMMAND_REPLACE_ORDER: accounts_decide_replace_order(turn); break;
    case COMMAND_CANCEL_ORDERS: accounts_decide_cancel_orders(turn); break;
    case COMMAND_ISSUE_STATEMENT: accounts_decide_issue_statement(turn); break;
    case COMMAND_ISSUE_TAX_DOCUMENT: accounts_decide_issue_tax_document(turn); break;
    case COMMAND_SET_CANCEL_AFTER: accounts_decide_cancel_after(turn); break;
    case COMMAND_CLOSE_POSITION: accounts_decide_close_position(turn); break;
    case COMMAND_CLOSE_POSITIONS: accounts_decide_close_positions(turn); break;
    case COMMAND_CHANGE_KYC_PROFILE: accounts_decide_kyc_profile(turn); break;
    case COMMAND_ADD_KYC_DOCUMENT: accounts_decide_add_document(turn); break;
    case COMMAND_REMOVE_KYC_DOCUMENT: accounts_decide_remove_document(turn); break;
    case COMMAND_SUBMIT_KYC: accounts_decide_kyc_submit(turn); break;
    case COMMAND_REVIEW_KYC: accounts_decide_kyc_review(turn); break;
    case COMMAND_ADD_PAYMENT_METHOD: accounts_decide_add_method(turn); break;
    case COMMAND_VERIFY_PAYMENT_METHOD: accounts_decide_verify_method(turn); break;
    case COMMAND_REMOVE_PAYMENT_METHOD: accounts_decide_remove_method(turn); break;
    case COMMAND_ALLOW_DESTINATION: accounts_decide_allow(turn); break;
    case COMMAND_DISALLOW_DESTINATION: accounts_decide_disallow(turn); break;
    case COMMAND_REQUEST_TRANSFER: accounts_decide_transfer(turn); break;
    case COMMAND_CANCEL_TRANSFER: accounts_decide_cancel_transfer(turn); break;
    case COMMAND_SETTLE_TRANSFER: accounts_decide_settle_transfer(turn); break;
    case COMMAND_SET_TRANSFER_LIMITS: accounts_decide_transfer_limits(turn); break;
    case COMMAND_RETRY_DEAD_LETTER: /* approvals_open() has answered these */
    case COMMAND_APPROVE_REQUEST:
    case COMMAND_REJECT_REQUEST: CHECK(false);
    case COMMANDS_OF_AUDIT:
    case COMMANDS_OF_ORDERS:
    case COMMANDS_OF_SETTINGS:
    case COMMANDS_OF_DESK:
    case COMMAND_PROBE_COMMAND:
    case COMMAND_REPORT_COMMANDS_LOST:
        accounts_refuse(turn, "VALIDATION_FAILED", NULL,
                        "This command is for another service than accounts.");
        break;
    }
}

static void open_account(const struct accounts_turn *turn, const struct user_registered *user)
{
    CHECK(accounts_account(turn->state, user->account_id) == NULL);
    turn->event->kind = EVENT_ACCOUNT_OPENED;
    turn->event->account_opened.account = (struct ledger_account){
        .id = user->account_id,
        .has_user_id = true,
        .user_id = user->user_id,
        .kind = ACCOUNT_KIND_TRADING,
        .status = ACCOUNT_STATUS_PENDING_KYC,
        .version = 1,
        .created_at = turn->input->now_us,
        .updated_at = turn->input->now_us,
    };
    turn->event->account_opened.staff_roles =
        roles_of_bits(role_bits_of(user->roles, user->roles_count) & STAFF_ROLES, turn->arena,
                      &turn->event->account_opened.staff_roles_count);
    accounts_key_of_account(turn, user->account_id);
}

/* Of somebody with rights over others every partition hears; one of them has his account. */
static bool opens_here(const struct accounts_turn *turn, const struct event *cause)
{
    return cause->kind == EVENT_USER_REGISTERED &&
           place_partition_of_id(turn->state->place, SERVICE_ACCOUNTS,
                                 cause->user_registered.account_id) ==
               turn->state->place->partition;
}

/* What of a followed service does not concern the ledger must not have touched it. */
static void decide_event(const struct accounts_turn *turn, const struct event *cause)
{
    struct event *event = turn->event;
    if (opens_here(turn, cause)) {
        open_account(turn, &cause->user_registered);
    } else if (cause->kind == EVENT_USER_REGISTERED || cause->kind == EVENT_USER_CHANGED) {
        staff_adopt(cause, turn->arena, event);
    } else if (cause->kind == EVENT_ASSET_CREATED) {
        event->kind = EVENT_ASSET_ADOPTED;
        event->asset_adopted.asset = cause->asset_created.asset;
    } else if (cause->kind == EVENT_INSTRUMENT_CHANGED) {
        event->kind = EVENT_INSTRUMENT_ADOPTED;
        event->instrument_adopted.instrument = cause->instrument_changed.instrument;
    } else if (cause->kind == EVENT_PRICES_MOVED) {
        event->kind = EVENT_PRICES_ADOPTED;
        event->prices_adopted =
            (struct prices_adopted){cause->prices_moved.prices, cause->prices_moved.prices_count};
    } else if (cause->kind == EVENT_NOTIFICATION_SETTINGS_CHANGED) {
        accounts_decide_notices(turn, &cause->notification_settings_changed);
    } else if (cause->kind == EVENT_VENUE_RULES_CHANGED) {
        approvals_adopt(&cause->venue_rules_changed, event);
    } else if (cause->kind == EVENT_ORDER_ENTERED) {
        accounts_decide_order_entered(turn, &cause->order_entered);
    } else if (cause->kind == EVENT_ORDER_REFUSED) {
        accounts_decide_orders_ended(turn, &cause->order_refused.order, 1);
    } else if (cause->kind == EVENT_REPLACE_REFUSED) {
        accounts_decide_replace_refused(turn, &cause->replace_refused);
    } else if (cause->kind == EVENT_ORDER_CANCELED) {
        accounts_decide_orders_ended(turn, &cause->order_canceled.order, 1);
    } else if (cause->kind == EVENT_BRACKETS_ENTERED) {
        accounts_decide_brackets_entered(turn, &cause->brackets_entered);
    } else if (cause->kind == EVENT_OPTION_EXPIRED) {
        accounts_decide_option_expired(turn, &cause->option_expired);
    } else {
        CHECK(cause->kind == EVENT_ORDERS_CANCELED);
        accounts_decide_orders_ended(turn, cause->orders_canceled.orders,
                                     cause->orders_canceled.orders_count);
    }
}

void accounts_decide(const void *state, const struct input *input, struct arena *arena,
                     struct event *ret_event)
{
    const struct accounts_state *accounts = state;
    struct accounts_turn turn = {accounts, input, arena, ret_event};
    if (input->kind == INPUT_COMMAND) {
        struct input opened;
        turn.input = &opened;
        if (approvals_open(&accounts->approvals, &accounts->staff, input, arena, ret_event,
                           &opened))
            decide_command(&turn);
        return;
    }
    if (input->kind == INPUT_TIME) {
        accounts_decide_time(&turn);
        return;
    }
    CHECK(input->kind == INPUT_EVENTS && input->events_count == 1);
    decide_event(&turn, input->events[0]);
}
