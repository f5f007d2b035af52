/* Money over the border of the venue, and what an account may do. */
#include "accounts/journal.h"
#include "accounts/turn.h"
#include "decimal/decimal.h"

/* Text of a struct text for "%.*s". */
#define SHOWN(text) (int)(text).size, (text).data

static bool kind_allows(const struct accounts_turn *turn,
                        const struct record_asset_transaction *command,
                        const struct accounts_account *account, const struct accounts_asset *asset)
{
    bool maker = account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
    if (command->type == TRANSACTION_TYPE_PAYOUT) {
        return maker || accounts_refuse(turn, "VALIDATION_FAILED", "type",
                                        "Only a market maker has proceeds to pay out.");
    }
    return !maker || asset->kind == ASSET_KIND_CERTIFICATE ||
           accounts_refuse(turn, "ASSET_NOT_SUPPORTED", "asset",
                           "A market maker holds certificates only, not %.*s.", SHOWN(asset->code));
}

/* What has been settled must not come again. */
static bool expiry_allows(const struct accounts_turn *turn,
                          const struct record_asset_transaction *command,
                          const struct accounts_asset *asset)
{
    bool expired = asset->settlement != NULL ||
                   (asset->expires_at != 0 && asset->expires_at <= turn->input->now_us);
    return command->type != TRANSACTION_TYPE_DEPOSIT || !expired ||
           accounts_refuse(turn, "ASSET_NOT_SUPPORTED", "asset", "The option %.*s has expired.",
                           SHOWN(asset->code));
}

/* What is an account's may leave it whatever its status; what comes in, or not. */
static bool status_allows(const struct accounts_turn *turn,
                          const struct record_asset_transaction *command,
                          const struct accounts_account *account)
{
    if (command->type != TRANSACTION_TYPE_DEPOSIT)
        return true;
    if (account->about.kind == ACCOUNT_KIND_MARKET_MAKER) {
        return account->maker.status == MARKET_MAKER_STATUS_ACTIVE ||
               accounts_refuse(turn, "MARKET_MAKER_INACTIVE", NULL,
                               "The market maker is inactive and takes no deposits.");
    }
    switch (account->about.status) {
    case ACCOUNT_STATUS_PENDING_KYC:
    case ACCOUNT_STATUS_ACTIVE: return true;
    case ACCOUNT_STATUS_RESTRICTED:
        return accounts_refuse(turn, "ACCOUNT_RESTRICTED", NULL,
                               "The account is restricted: it may reduce and withdraw only.");
    case ACCOUNT_STATUS_CLOSED: break;
    }
    return accounts_refuse(turn, "ACCOUNT_NOT_ACTIVE", NULL,
                           "The account is closed and takes no deposits.");
}

/* The balance that moves: of the proceeds when they are paid out. */
static const struct accounts_balance *moving(const struct record_asset_transaction *command,
                                             const struct accounts_account *account)
{
    bool payout = command->type == TRANSACTION_TYPE_PAYOUT;
    return accounts_balance(payout ? &account->proceeds : &account->balances, command->asset);
}

static bool balance_allows(const struct accounts_turn *turn,
                           const struct record_asset_transaction *command,
                           const struct accounts_balance *balance,
                           const struct accounts_asset *asset)
{
    const char *amount = accounts_amount_text(turn, command->amount_e8, asset->scale);
    if (command->type == TRANSACTION_TYPE_DEPOSIT) {
        __int128 after_e8 = (__int128)balance->available_e8 + balance->locked_e8 +
                            balance->incoming_e8 + command->amount_e8;
        return after_e8 <= ACCOUNTS_AMOUNT_MAX_E8 ||
               accounts_refuse(turn, "AMOUNT_RANGE", "amount",
                               "With %s %.*s more the balance could pass %s.", amount,
                               SHOWN(asset->code),
                               accounts_amount_text(turn, ACCOUNTS_AMOUNT_MAX_E8, 0));
    }
    return command->amount_e8 <= balance->available_e8 ||
           accounts_refuse(turn, "INSUFFICIENT_BALANCE", "amount",
                           "%s %.*s is more than the %s that are available.", amount,
                           SHOWN(asset->code),
                           accounts_amount_text(turn, balance->available_e8, asset->scale));
}

static const struct accounts_account *
account_allowed(const struct accounts_turn *turn, const struct record_asset_transaction *command)
{
    if (!accounts_asked_by_staff(turn))
        return NULL;
    const struct accounts_account *account = accounts_account(turn->state, command->account_id);
    if (account == NULL) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no account %s.",
                        accounts_id_text(turn, command->account_id).data);
        return NULL;
    }
    const struct accounts_asset *asset = accounts_asset(turn->state, command->asset);
    if (asset == NULL) {
        accounts_refuse(turn, "ASSET_NOT_SUPPORTED", "asset", "There is no asset %.*s here.",
                        SHOWN(command->asset));
        return NULL;
    }
    bool allowed = expiry_allows(turn, command, asset) &&
                   kind_allows(turn, command, account, asset) &&
                   status_allows(turn, command, account) &&
                   accounts_amount_fits(turn, asset, command->amount_e8, "amount") &&
                   balance_allows(turn, command, moving(command, account), asset);
    return allowed ? account : NULL;
}

void accounts_decide_asset_transaction(const struct accounts_turn *turn)
{
    const struct record_asset_transaction *command =
        &turn->input->command->record_asset_transaction;
    const struct accounts_account *account = account_allowed(turn, command);
    if (account == NULL || accounts_second_is_missing(turn, command->asset, command->amount_e8))
        return;
    int64_t gain_e8 = command->amount_e8;
    if (command->type != TRANSACTION_TYPE_DEPOSIT)
        gain_e8 = -gain_e8;
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, 1);
    if (command->type == TRANSACTION_TYPE_PAYOUT)
        accounts_journal_due(&journal, account, command->asset, gain_e8);
    else
        accounts_journal_move(&journal, account, command->asset, gain_e8, 0);
    accounts_journal_internal(&journal, LEDGER_BOOK_EXTERNAL, command->asset, -gain_e8);
    accounts_journal_close(&journal);

    int64_t before_e8 = moving(command, account)->available_e8;
    turn->event->kind = EVENT_ASSET_TRANSACTION_RECORDED;
    turn->event->asset_transaction_recorded = (struct asset_transaction_recorded){
        .transaction = {.id = command->transaction_id,
                        .account_id = command->account_id,
                        .asset = command->asset,
                        .type = command->type,
                        .amount_e8 = command->amount_e8,
                        .balance_before_e8 = before_e8,
                        .balance_after_e8 = decimal_sum(before_e8, gain_e8),
                        .has_notes = command->has_notes,
                        .notes = command->notes,
                        .created_at = turn->input->now_us},
        .postings = journal.postings,
        .postings_count = journal.postings_count,
        .balances = journal.balances,
        .balances_count = journal.balances_count,
        .proceeds = journal.proceeds,
        .proceeds_count = journal.proceeds_count,
    };
    struct asset_transaction_recorded *recorded = &turn->event->asset_transaction_recorded;
    recorded->has_approval = approval_of(turn->input, &recorded->approval);
}

void accounts_decide_account_status(const struct accounts_turn *turn)
{
    const struct set_account_status *command = &turn->input->command->set_account_status;
    if (!accounts_asked_by_staff(turn))
        return;
    const struct accounts_account *account = accounts_account(turn->state, command->account_id);
    if (account == NULL) {
        accounts_refuse(turn, "NOT_FOUND", NULL, "There is no account %s.",
                        accounts_id_text(turn, command->account_id).data);
        return;
    }
    if (account->about.kind == ACCOUNT_KIND_MARKET_MAKER) {
        accounts_refuse(turn, "VALIDATION_FAILED", "account_id",
                        "This is the account of a market maker; change the market maker instead.");
        return;
    }
    if (command->status == ACCOUNT_STATUS_PENDING_KYC) {
        accounts_refuse(turn, "VALIDATION_FAILED", "status",
                        "An account can be made active, restricted or closed, not pending_kyc.");
        return;
    }
    if (!accounts_version_is(turn, command->has_if_version, command->if_version,
                             account->about.version))
        return;
    turn->event->kind = EVENT_ACCOUNT_STATUS_CHANGED;
    struct ledger_account *changed = &turn->event->account_status_changed.account;
    *changed = account->about;
    changed->status = command->status;
    turn->event->account_status_changed.cancel_orders = command->status != ACCOUNT_STATUS_ACTIVE;
    changed->has_reason = command->has_reason;
    changed->reason = command->reason;
    if (command->has_tax_form) {
        changed->has_tax_form = true;
        changed->tax_form = command->tax_form;
    }
    changed->version++;
    changed->updated_at = turn->input->now_us;
}
