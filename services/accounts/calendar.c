/* What the clock issues when a month or a year is over. */
#include "accounts/statement.h"
#include "base/time.h"

#include <stdlib.h>

static int compare_accounts(const void *a, const void *b)
{
    const struct accounts_account *const *left = a, *const *right = b;
    return uuid_compare((*left)->about.id, (*right)->about.id);
}

static int64_t end_of(const struct accounts_calendar *calendar)
{
    if (calendar->kind == STATEMENT_KIND_TAX_YEAR)
        return time_year_start(time_year(calendar->from_us) + 1);
    return time_month_end(calendar->from_us);
}

/* Those whose turn has not come yet, by id, for the caller to free(). An account that never had
 * anything has nothing to state. */
static const struct accounts_account **waiting(const struct accounts_state *state,
                                               size_t *ret_count)
{
    const struct accounts_calendar *calendar = &state->calendar;
    const struct accounts_account **found = calloc(state->accounts.count + 1, sizeof *found);
    CHECK(found != NULL);
    size_t count = 0, cursor = 0;
    const struct accounts_account *at;
    while ((at = id_table_next(&state->accounts, &cursor)) != NULL) {
        bool behind = !calendar->has_after || uuid_compare(at->about.id, calendar->after) > 0;
        if (behind && at->about.kind == ACCOUNT_KIND_TRADING && at->balances.count > 0 &&
            at->about.created_at < end_of(calendar))
            found[count++] = at;
    }
    qsort(found, count, sizeof *found, compare_accounts);
    *ret_count = count;
    return found;
}

void accounts_decide_calendar(const struct accounts_turn *turn)
{
    const struct accounts_calendar *calendar = &turn->state->calendar;
    size_t count, fit = place_piece(turn->state->place, ACCOUNTS_STATEMENTS_MAX);
    const struct accounts_account **accounts = waiting(turn->state, &count);
    struct statements_issued *issued =
        accounts_issue(turn, calendar->kind, calendar->from_us, end_of(calendar), fit);
    issued->scheduled = true;
    issued->left = count > fit;
    for (size_t i = 0; i < count && i < fit; i++) {
        struct uuid id = input_id(turn->input, uuid_owner_hash(accounts[i]->about.id), (uint32_t)i);
        issued->statements[issued->statements_count++] =
            accounts_statement_of(turn, accounts[i], id, calendar->kind);
    }
    free(accounts);
}

int64_t accounts_calendar_due_us(const struct accounts_state *state)
{
    return state->calendar.due_us == 0 ? INT64_MAX : state->calendar.due_us;
}

/* A loss of December is a wash sale by what is bought in January, too. */
static void turn_to(struct accounts_state *state, enum statement_kind kind, int64_t from_us)
{
    state->calendar = (struct accounts_calendar){.kind = kind, .from_us = from_us};
    state->calendar.due_us = end_of(&state->calendar);
    if (kind == STATEMENT_KIND_TAX_YEAR)
        state->calendar.due_us += ACCOUNTS_WASH_SALE_DAYS * DAY_US;
}

void accounts_calendar_begin(struct accounts_state *state, int64_t now_us)
{
    turn_to(state, STATEMENT_KIND_MONTHLY, time_month_start(now_us));
}

void accounts_calendar_go_on(struct accounts_state *state, const struct event *event)
{
    const struct statements_issued *issued = &event->statements_issued;
    if (!issued->scheduled)
        return;
    int32_t year = time_year(issued->to);
    bool ends_year = issued->to == time_year_start(year);
    if (issued->left) {
        CHECK(issued->statements_count > 0);
        state->calendar.has_after = true;
        state->calendar.after = issued->statements[issued->statements_count - 1].account_id;
        state->calendar.due_us = event->meta.occurred_at + ACCOUNTS_STATEMENTS_PAUSE_US;
    } else if (issued->kind == STATEMENT_KIND_MONTHLY && ends_year) {
        turn_to(state, STATEMENT_KIND_TAX_YEAR, time_year_start(year - 1));
    } else {
        turn_to(state, STATEMENT_KIND_MONTHLY, issued->to);
    }
}

void accounts_calendar_save(const struct accounts_calendar *calendar, struct buffer *buffer)
{
    pack_u64(buffer, (uint64_t)calendar->due_us);
    pack_u64(buffer, (uint64_t)calendar->kind);
    pack_u64(buffer, (uint64_t)calendar->from_us);
    pack_u64(buffer, calendar->has_after);
    buffer_append(buffer, calendar->after.bytes, sizeof calendar->after.bytes);
}

void accounts_calendar_load(struct accounts_calendar *calendar, struct pack_reader *reader)
{
    calendar->due_us = (int64_t)pack_read_u64(reader);
    uint64_t kind = pack_read_u64(reader);
    reader->failed |= kind > STATEMENT_KIND_TAX_YEAR;
    calendar->kind = (enum statement_kind)kind;
    calendar->from_us = (int64_t)pack_read_u64(reader);
    calendar->has_after = pack_read_u64(reader) != 0;
    pack_read(reader, calendar->after.bytes, sizeof calendar->after.bytes);
}
