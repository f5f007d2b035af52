/* statement.h - statements and tax documents: what an account had and what moved.
 *
 * Frozen    a statement is an event: it is about a time that is over, and what it says follows from
 *           the events before it. It has what the ledger had of each asset then; what moved since
 *           the end of its time, and in it, leads from there to closing and opening (schema.sql).
 * Versions  one of the same account and time that comes later is its next version.
 * Calendar  when a month is over, the clock brings about those of all accounts that ever had
 *           anything, by id and so many an event; 30 days behind December those of the year. They
 * are about the past, so other inputs may come in between: a pause lets them.
 */
#ifndef ACCOUNTS_STATEMENT_H
#define ACCOUNTS_STATEMENT_H
#include "accounts/turn.h"
#include "base/pack.h"

enum {
    ACCOUNTS_STATEMENTS_MAX = 500,        /* of one event */
    ACCOUNTS_STATEMENTS_PAUSE_US = 10000, /* between two of them */
    ACCOUNTS_WASH_SALE_DAYS = 30,         /* so long a tax document waits for what washes a loss */
};

/* Commands, and the clock. */
void accounts_decide_issue_statement(const struct accounts_turn *turn);
void accounts_decide_issue_tax_document(const struct accounts_turn *turn);
void accounts_decide_calendar(const struct accounts_turn *turn);
/* When the clock is next to bring some about; INT64_MAX: never. */
int64_t accounts_calendar_due_us(const struct accounts_state *state);

/* Applying: the log begins; statements were issued. */
void accounts_calendar_begin(struct accounts_state *state, int64_t now_us);
void accounts_calendar_go_on(struct accounts_state *state, const struct event *event);

/* For snapshots. */
void accounts_calendar_save(const struct accounts_calendar *calendar, struct buffer *buffer);
void accounts_calendar_load(struct accounts_calendar *calendar, struct pack_reader *reader);

/* decide_statement.c: what calendar.c makes its events of. Begins one with room for so many. */
struct statements_issued *accounts_issue(const struct accounts_turn *turn, enum statement_kind kind,
                                         int64_t from_us, int64_t to_us, size_t count_max);
struct account_statement accounts_statement_of(const struct accounts_turn *turn,
                                               const struct accounts_account *account,
                                               struct uuid id, enum statement_kind kind);

#endif
