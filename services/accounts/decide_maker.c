/* Market makers: created, changed, deactivated. */
#include "accounts/due.h"
#include "accounts/journal.h"

#include <stdio.h>

static bool is_maker(const struct accounts_account *account)
{
    return account != NULL && account->about.kind == ACCOUNT_KIND_MARKET_MAKER;
}

/* The market maker's account; NULL, and refused, where there is none. */
static const struct accounts_account *find_maker(const struct accounts_turn *turn, struct uuid id)
{
    const struct accounts_account *account = accounts_account(turn->state, id);
    if (is_maker(account))
        return account;
    accounts_refuse(turn, "NOT_FOUND", NULL, "There is no market maker %s.",
                    accounts_id_text(turn, id).data);
    return NULL;
}

/* The partition of `settings` that refuses a sign-in with this address in words. */
static void touch_settings(const struct accounts_turn *turn, const struct keyed_hash *email_hash)
{
    enum { DIGITS = 2 * sizeof email_hash->bytes };
    char key[DIGITS + 1];
    for (size_t i = 0; i < sizeof email_hash->bytes; i++)
        (void)snprintf(key + 2 * i, 3, "%02x", email_hash->bytes[i]);
    int32_t partition =
        place_partition(turn->state->place, SERVICE_SETTINGS, (struct text){key, DIGITS});
    event_touch(turn->event, turn->arena, SERVICE_SETTINGS, partition);
}

static bool initial_balances_allowed(const struct accounts_turn *turn,
                                     const struct create_market_maker *command)
{
    static const char FIELD[] = "initial_balances";
    for (size_t i = 0; i < command->initial_balances_e8_count; i++) {
        struct text code = command->initial_balances_e8[i].key;
        const struct accounts_asset *asset = accounts_asset(turn->state, code);
        if (asset == NULL || asset->kind != ASSET_KIND_CERTIFICATE)
            return accounts_refuse(turn, "ASSET_NOT_SUPPORTED", FIELD,
                                   "A market maker holds certificates only, not %.*s.",
                                   (int)code.size, code.data);
        for (size_t other = 0; other < i; other++) {
            if (text_equal(command->initial_balances_e8[other].key, code))
                return accounts_refuse(turn, "VALIDATION_FAILED", FIELD, "%.*s is there twice.",
                                       (int)code.size, code.data);
        }
        int64_t amount_e8 = command->initial_balances_e8[i].value;
        if (amount_e8 != 0 && !accounts_amount_fits(turn, asset, amount_e8, FIELD))
            return false;
    }
    return true;
}

static bool may_create(const struct accounts_turn *turn, const struct create_market_maker *command)
{
    if (!accounts_asked_by_staff(turn))
        return false;
    if (command->name.size == 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", "name", "A market maker needs a name.");
    if (command->email.size == 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", "email",
                               "A market maker needs an e-mail address.");
    if (accounts_account(turn->state, command->market_maker_id) != NULL)
        return accounts_refuse(turn, "VALIDATION_FAILED", "market_maker_id",
                               "There is an account %s already.",
                               accounts_id_text(turn, command->market_maker_id).data);
    return initial_balances_allowed(turn, command);
}

/* Books the initial balances as deposits; an amount of zero is none. */
static void book_initial_balances(const struct accounts_turn *turn,
                                  const struct create_market_maker *command,
                                  struct market_maker_created *created)
{
    size_t count = command->initial_balances_e8_count;
    const struct accounts_account account = {.about.id = command->market_maker_id};
    struct accounts_journal journal;
    accounts_journal_init(&journal, turn->arena, count);
    created->transactions = ARENA_NEW(turn->arena, struct asset_transaction, count);
    for (size_t i = 0; i < count; i++) {
        struct text asset = command->initial_balances_e8[i].key;
        int64_t amount_e8 = command->initial_balances_e8[i].value;
        if (amount_e8 == 0)
            continue;
        accounts_journal_move(&journal, &account, asset, amount_e8, 0);
        accounts_journal_internal(&journal, LEDGER_BOOK_EXTERNAL, asset, -amount_e8);
        uint32_t owner = uuid_owner_hash(command->market_maker_id);
        created->transactions[created->transactions_count++] =
            (struct asset_transaction){.id = input_id(turn->input, owner, (uint32_t)i),
                                       .account_id = command->market_maker_id,
                                       .asset = asset,
                                       .type = TRANSACTION_TYPE_DEPOSIT,
                                       .amount_e8 = amount_e8,
                                       .balance_after_e8 = amount_e8,
                                       .created_at = turn->input->now_us};
    }
    accounts_journal_close(&journal);
    created->postings = journal.postings;
    created->postings_count = journal.postings_count;
    created->balances = journal.balances;
    created->balances_count = journal.balances_count;
}

/* As for each of the bookings by itself. */
static bool second_is_missing(const struct accounts_turn *turn,
                              const struct create_market_maker *command)
{
    for (size_t i = 0; i < command->initial_balances_e8_count; i++) {
        if (accounts_second_is_missing(turn, command->initial_balances_e8[i].key,
                                       command->initial_balances_e8[i].value))
            return true;
    }
    return false;
}

void accounts_decide_create_market_maker(const struct accounts_turn *turn)
{
    const struct create_market_maker *command = &turn->input->command->create_market_maker;
    if (!may_create(turn, command) || second_is_missing(turn, command))
        return;
    turn->event->kind = EVENT_MARKET_MAKER_CREATED;
    struct market_maker_created *created = &turn->event->market_maker_created;
    created->market_maker = (struct market_maker){
        .id = command->market_maker_id,
        .name = command->name,
        .email = command->email,
        .email_hash = command->email_hash,
        .has_description = command->has_description,
        .description = command->description,
        .has_password_hash = command->has_password_hash,
        .password_hash = command->password_hash,
        .status = MARKET_MAKER_STATUS_ACTIVE,
        .version = 1,
        .created_at = turn->input->now_us,
        .updated_at = turn->input->now_us,
    };
    created->has_approval = approval_of(turn->input, &created->approval);
    book_initial_balances(turn, command, created);
    touch_settings(turn, &command->email_hash);
}

static bool may_stop(const struct accounts_turn *turn, const struct accounts_account *account)
{
    return account->orders_count == 0 ||
           accounts_refuse(turn, "MARKET_MAKER_HAS_OPEN_ORDERS", NULL,
                           "The market maker has %zu open orders; cancel them first, or delete it "
                           "with cancel_orders=true.",
                           account->orders_count);
}

static bool may_change(const struct accounts_turn *turn, const struct change_market_maker *command,
                       const struct accounts_account *account)
{
    if (!accounts_version_is(turn, command->has_if_version, command->if_version,
                             account->maker.version))
        return false;
    if (command->has_name && command->name.size == 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", "name", "A market maker needs a name.");
    if (command->has_email != command->has_email_hash ||
        (command->has_email && command->email.size == 0))
        return accounts_refuse(turn, "VALIDATION_FAILED", "email",
                               "A market maker needs an e-mail address and its hash.");
    if (command->has_status && command->status == MARKET_MAKER_STATUS_INACTIVE)
        return may_stop(turn, account);
    return true;
}

void accounts_decide_change_market_maker(const struct accounts_turn *turn)
{
    const struct change_market_maker *command = &turn->input->command->change_market_maker;
    if (!accounts_asked_by_staff(turn))
        return;
    const struct accounts_account *account = find_maker(turn, command->market_maker_id);
    if (account == NULL || !may_change(turn, command, account))
        return;
    struct market_maker maker = account->maker;
    if (command->has_name)
        maker.name = command->name;
    if (command->has_email) {
        maker.email = command->email;
        maker.email_hash = command->email_hash;
    }
    if (command->has_description) {
        maker.has_description = true;
        maker.description = command->description;
    }
    if (command->has_status)
        maker.status = command->status;
    maker.version++;
    maker.updated_at = turn->input->now_us;
    turn->event->kind = EVENT_MARKET_MAKER_CHANGED;
    turn->event->market_maker_changed.market_maker = maker;
    if (command->has_email)
        touch_settings(turn, &command->email_hash);
}

void accounts_decide_deactivate_market_maker(const struct accounts_turn *turn)
{
    const struct deactivate_market_maker *command = &turn->input->command->deactivate_market_maker;
    if (!accounts_asked_by_staff(turn))
        return;
    const struct accounts_account *account = find_maker(turn, command->market_maker_id);
    if (account == NULL ||
        !accounts_version_is(turn, command->has_if_version, command->if_version,
                             account->maker.version) ||
        (!command->cancel_orders && !may_stop(turn, account)))
        return;
    if (account->maker.status == MARKET_MAKER_STATUS_INACTIVE) {
        accounts_refuse(turn, "MARKET_MAKER_INACTIVE", NULL,
                        "The market maker is inactive already.");
        return;
    }
    turn->event->kind = EVENT_MARKET_MAKER_DEACTIVATED;
    struct market_maker_deactivated *deactivated = &turn->event->market_maker_deactivated;
    deactivated->market_maker = account->maker;
    deactivated->market_maker.status = MARKET_MAKER_STATUS_INACTIVE;
    deactivated->market_maker.version++;
    deactivated->market_maker.updated_at = turn->input->now_us;
    (void)accounts_list_orders(turn, &(struct accounts_selection){.account = account},
                               ACCOUNTS_CANCELS_MAX, &deactivated->orders,
                               &deactivated->orders_count);
}
