#include "accounts/statement.h"
#include "base/seeded_bug.h"
#include "base/time.h"
#include "decimal/decimal.h"

#include <inttypes.h>

/* --- a statement ------------------------------------------------------------------------------ */

struct account_statement accounts_statement_of(const struct accounts_turn *turn,
                                               const struct accounts_account *account,
                                               struct uuid id, enum statement_kind kind)
{
    const struct text_list *list = &account->balances;
    struct asset_total *totals = ARENA_NEW(turn->arena, struct asset_total, list->count);
    size_t held = 0; /* of what was only expected, or is gone, there is nothing */
    for (uint32_t i = 0; i < list->count; i++) {
        const struct accounts_balance *balance = list->entries[i].thing;
        int64_t total_e8 = decimal_sum(balance->available_e8, balance->locked_e8);
        if (SEEDED_BUG(STATEMENT_COUNTS_TWICE))
            total_e8 = decimal_sum(total_e8, balance->locked_e8);
        if (total_e8 > 0)
            totals[held++] = (struct asset_total){balance->asset, total_e8};
    }
    return (struct account_statement){
        .id = id,
        .account_id = account->about.id,
        .has_form = kind == STATEMENT_KIND_TAX_YEAR,
        .form = account->about.has_tax_form ? account->about.tax_form : TAX_FORM_GENERIC,
        .totals = totals,
        .totals_count = held,
    };
}

struct statements_issued *accounts_issue(const struct accounts_turn *turn, enum statement_kind kind,
                                         int64_t from_us, int64_t to_us, size_t count_max)
{
    turn->event->kind = EVENT_STATEMENTS_ISSUED;
    turn->event->statements_issued = (struct statements_issued){
        .kind = kind,
        .from = from_us,
        .to = to_us,
        .statements = ARENA_NEW(turn->arena, struct account_statement, count_max),
    };
    return &turn->event->statements_issued;
}

static void issue_one(const struct accounts_turn *turn, const struct accounts_account *account,
                      struct uuid id, enum statement_kind kind, int64_t from_us, int64_t to_us)
{
    struct statements_issued *issued = accounts_issue(turn, kind, from_us, to_us, 1);
    issued->statements[issued->statements_count++] = accounts_statement_of(turn, account, id, kind);
    accounts_key_of_account(turn, account->about.id);
}

/* --- commands --------------------------------------------------------------------------------- */

/* A trading account: one that is not there, or not to be seen, is not found. */
static const struct accounts_account *trading(const struct accounts_turn *turn, struct uuid id,
                                              bool may_see)
{
    const struct accounts_account *account = accounts_account(turn->state, id);
    if (account != NULL && account->about.kind == ACCOUNT_KIND_TRADING && may_see)
        return account;
    accounts_refuse(turn, "NOT_FOUND", NULL, "There is no trading account %s.",
                    accounts_id_text(turn, id).data);
    return NULL;
}

void accounts_decide_issue_statement(const struct accounts_turn *turn)
{
    const struct issue_statement *command = &turn->input->command->issue_statement;
    const struct command_meta *meta = &turn->input->command->meta;
    bool own = meta->has_actor && meta->actor.has_account_id &&
               uuid_equal(meta->actor.account_id, command->account_id);
    const struct accounts_account *account = trading(turn, command->account_id, own);
    if (account == NULL)
        return;
    if (command->to > turn->input->now_us)
        accounts_refuse(turn, "VALIDATION_FAILED", "to",
                        "A statement is about a time that is over: `to` must not lie ahead.");
    else if (command->from >= command->to)
        accounts_refuse(turn, "VALIDATION_FAILED", "from", "`from` must lie before `to`.");
    else
        issue_one(turn, account, command->statement_id, STATEMENT_KIND_ON_DEMAND, command->from,
                  command->to);
}

void accounts_decide_issue_tax_document(const struct accounts_turn *turn)
{
    const struct issue_tax_document *command = &turn->input->command->issue_tax_document;
    if (!accounts_asked_by_staff(turn))
        return;
    const struct accounts_account *account = trading(turn, command->account_id, true);
    if (account == NULL)
        return;
    int64_t now_us = turn->input->now_us;
    int32_t first = time_year(account->about.created_at), last = time_year(now_us);
    if (command->year < first || command->year > last) {
        accounts_refuse(turn, "VALIDATION_FAILED", "year",
                        "year is %" PRId64 "; the account has years from %d to %d.", command->year,
                        (int)first, (int)last);
        return;
    }
    int64_t end_us = time_year_start((int32_t)command->year + 1);
    issue_one(turn, account, command->document_id, STATEMENT_KIND_TAX_YEAR,
              time_year_start((int32_t)command->year), end_us < now_us ? end_us : now_us);
}
