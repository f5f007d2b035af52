/* Transfers: asked for by a client, held against limits, settled by an operator or a provider. */
#include "accounts/funding.h"
#include "accounts/journal.h"
#include "accounts/notices.h"
#include "base/seeded_bug.h"
#include "base/time.h"
#include "decimal/decimal.h"

#include <inttypes.h>

/* Text of a struct text for "%.*s". */
#define SHOWN(text) (int)(text).size, (text).data

/* What a client asks for, while it is being checked. */
struct request {
    const struct accounts_turn *turn;
    const struct request_transfer *command;
    const struct accounts_account *account;
    const struct accounts_method *method;
    const struct accounts_asset *asset;
};

static const char *time_text(const struct accounts_turn *turn, int64_t time_us)
{
    char text[TIME_TEXT_SIZE];
    time_print(time_us, text);
    return arena_text(turn->arena, (struct text){text, sizeof text}).data;
}

/* --- may it be? ------------------------------------------------------------------------------- */

/* A key may be used again a day later, and makes the id that it made then. */
static bool id_is_fresh(const struct request *request)
{
    return !accounts_knows_transfer_id(request->turn->state, request->command->transfer_id) ||
           accounts_refuse(request->turn, "IDEMPOTENCY_KEY_REUSED", NULL,
                           "A transfer was asked for under this key more than a day ago; "
                           "send another.");
}

/* What is somebody's may leave, but for those whom nobody knows yet. */
static bool status_allows(const struct request *request)
{
    bool deposit = request->command->type == TRANSFER_TYPE_DEPOSIT;
    switch (request->account->about.status) {
    case ACCOUNT_STATUS_ACTIVE: return true;
    case ACCOUNT_STATUS_RESTRICTED:
        return !deposit ||
               accounts_refuse(request->turn, "ACCOUNT_RESTRICTED", NULL,
                               "The account is restricted: it may reduce and withdraw only.");
    case ACCOUNT_STATUS_CLOSED:
        return !deposit || accounts_refuse(request->turn, "ACCOUNT_NOT_ACTIVE", NULL,
                                           "The account is closed and takes no deposits.");
    case ACCOUNT_STATUS_PENDING_KYC: break;
    }
    return accounts_refuse(request->turn, "ACCOUNT_NOT_ACTIVE", NULL,
                           "The account waits for its owner's identity check.");
}

static bool method_allows(const struct request *request)
{
    bool coins = request->method->about.kind == PAYMENT_METHOD_KIND_CRYPTO_WALLET;
    if (request->method->about.status != PAYMENT_METHOD_STATUS_VERIFIED)
        return accounts_refuse(request->turn, "PAYMENT_METHOD_UNVERIFIED", "payment_method_id",
                               "Say first which two small deposits came by it.");
    return request->asset->kind == (coins ? ASSET_KIND_CRYPTO : ASSET_KIND_CASH) ||
           accounts_refuse(request->turn, "ASSET_NOT_SUPPORTED", "asset",
                           "%.*s does not go by a payment method of this kind.",
                           SHOWN(request->asset->code));
}

static bool destination_is_allowed(const struct request *request)
{
    return request->command->type == TRANSFER_TYPE_DEPOSIT || request->method->is_allowed ||
           request->turn->input->now_us >= accounts_allow_list_until(request->account) ||
           accounts_refuse(request->turn, "DESTINATION_NOT_ALLOWED", "payment_method_id",
                           "Your allow-list does not name this destination.");
}

static bool destination_has_cooled(const struct request *request)
{
    const struct accounts_method *method = request->method;
    int64_t cool_off_s = accounts_transfer_limits(request->account).cool_off_s;
    int64_t since_us = method->is_allowed ? method->allowed.known_since : method->about.verified_at;
    int64_t until_us = since_us + cool_off_s * SECOND_US;
    return request->command->type == TRANSFER_TYPE_DEPOSIT ||
           request->turn->input->now_us >= until_us ||
           accounts_refuse(request->turn, "DESTINATION_COOLING_OFF", "payment_method_id",
                           "Money goes to a new destination from %s on.",
                           time_text(request->turn, until_us));
}

/* One limit: `used_e8` of it is gone until `reset_us`; 0: it is of each transfer. */
static bool has_room(const struct request *request, const char *of, int64_t limit_e8,
                     int64_t used_e8, int64_t reset_us)
{
    const struct accounts_turn *turn = request->turn;
    int scale = request->asset->scale;
    int64_t left_e8 = limit_e8 > used_e8 ? limit_e8 - used_e8 : 0;
    if (request->command->amount_e8 <= left_e8)
        return true;
    const char *amount = accounts_amount_text(turn, request->command->amount_e8, scale);
    const char *limit = accounts_amount_text(turn, limit_e8, scale);
    if (reset_us == 0)
        return accounts_refuse(turn, "TRANSFER_LIMIT_EXCEEDED", "amount",
                               "%s %.*s is more than the %s of one %s.", amount,
                               SHOWN(request->asset->code), limit, of);
    return accounts_refuse(turn, "TRANSFER_LIMIT_EXCEEDED", "amount",
                           "%s %.*s is more than what is left of the %s of a %s: %s until %s.",
                           amount, SHOWN(request->asset->code), limit, of,
                           accounts_amount_text(turn, left_e8, scale), time_text(turn, reset_us));
}

static bool limits_allow(const struct request *request)
{
    const struct transfer_limits limits = accounts_transfer_limits(request->account);
    const struct transfer_use use =
        accounts_use_now(request->account, request->command->type, request->asset->code,
                         request->turn->input->now_us);
    if (request->account->transfers_count >= ACCOUNTS_OPEN_TRANSFERS_MAX)
        return accounts_refuse(request->turn, "TRANSFER_LIMIT_EXCEEDED", NULL,
                               "You have %d open transfers, which is the most.",
                               ACCOUNTS_OPEN_TRANSFERS_MAX);
    return has_room(request, "transfer", limits.max_transfer_e8, 0, 0) &&
           has_room(request, "day", limits.max_day_e8, use.day_e8, use.day + DAY_US) &&
           has_room(request, "month", limits.max_month_e8, use.month_e8,
                    time_month_start(use.month + 31 * DAY_US));
}

static bool balance_allows(const struct request *request)
{
    const struct accounts_balance *balance =
        accounts_balance(&request->account->balances, request->asset->code);
    int64_t amount_e8 = request->command->amount_e8;
    if (request->command->type == TRANSFER_TYPE_DEPOSIT) {
        __int128 after_e8 =
            (__int128)balance->available_e8 + balance->locked_e8 + balance->incoming_e8 + amount_e8;
        return after_e8 <= ACCOUNTS_AMOUNT_MAX_E8 ||
               accounts_refuse(request->turn, "AMOUNT_RANGE", "amount",
                               "With it the balance could pass %s.",
                               accounts_amount_text(request->turn, ACCOUNTS_AMOUNT_MAX_E8, 0));
    }
    return amount_e8 <= balance->available_e8 ||
           accounts_refuse(
               request->turn, "INSUFFICIENT_FUNDS", "amount",
               "%s %.*s is more than the %s that are available.",
               accounts_amount_text(request->turn, amount_e8, request->asset->scale),
               SHOWN(request->asset->code),
               accounts_amount_text(request->turn, balance->available_e8, request->asset->scale));
}

static bool find_parts(struct request *request)
{
    const struct request_transfer *command = request->command;
    request->account = accounts_own(request->turn, command->account_id);
    if (request->account == NULL)
        return false;
    request->method = accounts_method(request->account, command->payment_method_id);
    if (request->method == NULL)
        return accounts_refuse(request->turn, "NOT_FOUND", "payment_method_id",
                               "There is no payment method %s of yours.",
                               accounts_id_text(request->turn, command->payment_method_id).data);
    request->asset = accounts_asset(request->turn->state, command->asset);
    return request->asset != NULL ||
           accounts_refuse(request->turn, "ASSET_NOT_SUPPORTED", "asset",
                           "There is no asset %.*s here.", SHOWN(command->asset));
}

void accounts_decide_transfer(const struct accounts_turn *turn)
{
    const struct request_transfer *command = &turn->input->command->request_transfer;
    struct request request = {.turn = turn, .command = command};
    if (!find_parts(&request) || !id_is_fresh(&request) || !status_allows(&request) ||
        !method_allows(&request) ||
        !accounts_amount_fits(turn, request.asset, command->amount_e8, "amount") ||
        !limits_allow(&request) || !destination_is_allowed(&request) ||
        !destination_has_cooled(&request) || !balance_allows(&request) ||
        (command->type == TRANSFER_TYPE_WITHDRAWAL &&
         accounts_second_is_missing(turn, command->asset, command->amount_e8)))
        return;
    int64_t now_us = turn->input->now_us;
    struct transfer_use use =
        accounts_use_now(request.account, command->type, command->asset, now_us);
    use.day_e8 += command->amount_e8; /* within a limit, and so within 64 bits */
    use.month_e8 += command->amount_e8;
    turn->event->kind = EVENT_TRANSFER_REQUESTED;
    struct transfer_requested *requested = &turn->event->transfer_requested;
    requested->use = use;
    requested->has_approval = approval_of(turn->input, &requested->approval);
    requested->transfer = (struct transfer){.id = command->transfer_id,
                                            .account_id = command->account_id,
                                            .payment_method_id = command->payment_method_id,
                                            .type = command->type,
                                            .status = TRANSFER_STATUS_PENDING,
                                            .asset = command->asset,
                                            .amount_e8 = command->amount_e8,
                                            .created_at = now_us,
                                            .updated_at = now_us};
    if (command->type == TRANSFER_TYPE_DEPOSIT || SEEDED_BUG(WITHDRAWAL_NOT_HELD))
        return;
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, 1);
    accounts_journal_lock(&journal, request.account, command->asset, command->amount_e8);
    accounts_journal_close(&journal);
    requested->balances = journal.balances;
    requested->balances_count = journal.balances_count;
}

/* --- what becomes of it ----------------------------------------------------------------------- */

/* The transfer as it goes on. */
static struct transfer *go_on(const struct accounts_turn *turn,
                              const struct accounts_transfer *transfer, enum transfer_status status)
{
    turn->event->kind = EVENT_TRANSFER_CHANGED;
    struct transfer *about = &turn->event->transfer_changed.transfer;
    *about = transfer->about;
    about->status = status;
    about->updated_at = turn->input->now_us;
    accounts_key_of_account(turn, transfer->account->about.id);
    return about;
}

static void take_journal(struct transfer_changed *changed, const struct accounts_journal *journal)
{
    changed->postings = journal->postings;
    changed->postings_count = journal->postings_count;
    changed->balances = journal->balances;
    changed->balances_count = journal->balances_count;
}

/* Money passes the border of the venue: what was locked goes, or what is new comes. */
static void complete(const struct accounts_turn *turn, const struct accounts_transfer *transfer)
{
    struct transfer_changed *changed = &turn->event->transfer_changed;
    const struct transfer *about = &transfer->about;
    bool deposit = about->type == TRANSFER_TYPE_DEPOSIT;
    int64_t gain_e8 = deposit ? about->amount_e8 : -about->amount_e8;
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, 1);
    accounts_journal_move(&journal, transfer->account, about->asset, gain_e8,
                          deposit ? 0 : -about->amount_e8);
    accounts_journal_internal(&journal, LEDGER_BOOK_EXTERNAL, about->asset, -gain_e8);
    accounts_journal_close(&journal);
    take_journal(changed, &journal);
    int64_t available_e8 =
        accounts_balance(&transfer->account->balances, about->asset)->available_e8;
    changed->has_transaction = true;
    changed->transaction = (struct asset_transaction){
        .id = about->id,
        .account_id = about->account_id,
        .asset = about->asset,
        .type = deposit ? TRANSACTION_TYPE_DEPOSIT : TRANSACTION_TYPE_WITHDRAWAL,
        .amount_e8 = about->amount_e8,
        /* Of a withdrawal: as if it went only now. */
        .balance_before_e8 = deposit ? available_e8 : decimal_sum(available_e8, about->amount_e8),
        .balance_after_e8 = deposit ? decimal_sum(available_e8, about->amount_e8) : available_e8,
        .created_at = turn->input->now_us};
}

/* Nothing comes of it: what was locked is free, and what it took of the limits is there again. */
static void give_back(const struct accounts_turn *turn, const struct accounts_transfer *transfer)
{
    struct transfer_changed *changed = &turn->event->transfer_changed;
    const struct transfer *about = &transfer->about;
    struct transfer_use use =
        accounts_use_now(transfer->account, about->type, about->asset, turn->input->now_us);
    bool given_back = !SEEDED_BUG(LIMIT_NEVER_GIVEN_BACK);
    if (given_back && use.day == time_day_start(about->created_at))
        use.day_e8 -= about->amount_e8;
    if (given_back && use.month == time_month_start(about->created_at))
        use.month_e8 -= about->amount_e8;
    changed->has_use = true;
    changed->use = use;
    if (about->type == TRANSFER_TYPE_DEPOSIT)
        return;
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, 1);
    accounts_journal_lock(&journal, transfer->account, about->asset, -about->amount_e8);
    accounts_journal_close(&journal);
    take_journal(changed, &journal);
}

void accounts_decide_cancel_transfer(const struct accounts_turn *turn)
{
    const struct cancel_transfer *command = &turn->input->command->cancel_transfer;
    const struct accounts_account *account = accounts_own(turn, command->account_id);
    if (account == NULL)
        return;
    const struct accounts_transfer *transfer = accounts_transfer(turn->state, command->transfer_id);
    if (transfer == NULL || transfer->account != account) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "You have no open transfer %s.",
                        accounts_id_text(turn, command->transfer_id).data);
        return;
    }
    if (transfer->about.status != TRANSFER_STATUS_PENDING) {
        accounts_refuse(turn, "TRANSFER_NOT_OPEN", NULL, "The transfer is under way already.");
        return;
    }
    (void)go_on(turn, transfer, TRANSFER_STATUS_CANCELED);
    give_back(turn, transfer);
}

/* A provider's notice is what the gateway has held against its signature: nobody signed in. */
static bool may_settle(const struct accounts_turn *turn, const struct settle_transfer *command)
{
    bool notice = command->has_provider && !turn->input->command->meta.has_actor;
    return notice || accounts_asked_by_staff(turn);
}

static bool is_next(const struct accounts_turn *turn, const struct accounts_transfer *transfer,
                    enum transfer_status status)
{
    if (status == TRANSFER_STATUS_COMPLETED || status == TRANSFER_STATUS_FAILED)
        return true;
    if (status != TRANSFER_STATUS_PROCESSING)
        return accounts_refuse(turn, "VALIDATION_FAILED", "status",
                               "A transfer is processing, completed or failed.");
    return transfer->about.status == TRANSFER_STATUS_PENDING ||
           accounts_refuse(turn, "TRANSFER_NOT_OPEN", NULL, "The transfer is processing already.");
}

void accounts_decide_settle_transfer(const struct accounts_turn *turn)
{
    const struct settle_transfer *command = &turn->input->command->settle_transfer;
    if (!may_settle(turn, command))
        return;
    const struct accounts_transfer *transfer = accounts_transfer(turn->state, command->transfer_id);
    if (transfer == NULL) {
        accounts_refuse(turn, "TRANSFER_NOT_OPEN", NULL, "There is no open transfer %s.",
                        accounts_id_text(turn, command->transfer_id).data);
        return;
    }
    bool claims = command->status == TRANSFER_STATUS_COMPLETED && !command->has_provider &&
                  transfer->about.type == TRANSFER_TYPE_DEPOSIT;
    if (!is_next(turn, transfer, command->status) ||
        (claims &&
         accounts_second_is_missing(turn, transfer->about.asset, transfer->about.amount_e8)))
        return;
    struct transfer *about = go_on(turn, transfer, command->status);
    about->has_reason = command->has_reason;
    about->reason = command->reason;
    about->has_provider = command->has_provider;
    about->provider = command->provider;
    about->has_reference = command->has_reference;
    about->reference = command->reference;
    struct transfer_changed *changed = &turn->event->transfer_changed;
    changed->has_approval = approval_of(turn->input, &changed->approval);
    if (command->status == TRANSFER_STATUS_COMPLETED)
        complete(turn, transfer);
    else if (command->status == TRANSFER_STATUS_FAILED)
        give_back(turn, transfer);
    if (command->status != TRANSFER_STATUS_PROCESSING)
        accounts_note_transfer(turn, transfer->account);
}

/* --- limits of one's own ---------------------------------------------------------------------- */

static bool is_sound(const struct accounts_turn *turn, const char *field, bool has, int64_t value,
                     int64_t max)
{
    return !has || (value >= 0 && value <= max) ||
           accounts_refuse(turn, "VALIDATION_FAILED", field, "It is from 0 to %" PRId64 ".", max);
}

void accounts_decide_transfer_limits(const struct accounts_turn *turn)
{
    const struct set_transfer_limits *command = &turn->input->command->set_transfer_limits;
    if (!accounts_asked_by_staff(turn))
        return;
    const struct accounts_account *account = accounts_account(turn->state, command->account_id);
    if (account == NULL || account->about.kind != ACCOUNT_KIND_TRADING) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no client's account %s.",
                        accounts_id_text(turn, command->account_id).data);
        return;
    }
    const int64_t most = ACCOUNTS_AMOUNT_MAX_E8;
    if (!is_sound(turn, "max_transfer", command->has_max_transfer_e8, command->max_transfer_e8,
                  most) ||
        !is_sound(turn, "max_day", command->has_max_day_e8, command->max_day_e8, most) ||
        !is_sound(turn, "max_month", command->has_max_month_e8, command->max_month_e8, most) ||
        !is_sound(turn, "cool_off_s", command->has_cool_off_s, command->cool_off_s,
                  ACCOUNTS_COOL_OFF_S_MAX) ||
        !accounts_version_is(turn, command->has_if_version, command->if_version,
                             account->transfer_limits_version))
        return;
    turn->event->kind = EVENT_TRANSFER_LIMITS_SET;
    turn->event->transfer_limits_set =
        (struct transfer_limits_set){.account_id = command->account_id,
                                     .limits = {.has_max_transfer_e8 = command->has_max_transfer_e8,
                                                .max_transfer_e8 = command->max_transfer_e8,
                                                .has_max_day_e8 = command->has_max_day_e8,
                                                .max_day_e8 = command->max_day_e8,
                                                .has_max_month_e8 = command->has_max_month_e8,
                                                .max_month_e8 = command->max_month_e8,
                                                .has_cool_off_s = command->has_cool_off_s,
                                                .cool_off_s = command->cool_off_s},
                                     .version = account->transfer_limits_version + 1,
                                     .updated_at = turn->input->now_us};
}
