/* query_statement.h - a query as the statement that it is prepared as, for what is asked for.
 *
 * Postgres keeps one plan for each text, whatever values come with it. So that this plan is one for
 * what is asked, the text says what it depends on: a parameter that is not given is NULL in it, a
 * "$1::text IS NULL" true or false, and what has few values (a word, a bool, how long a page is)
 * stands in it. The rest are $1, $2, ...
 * Pure: no connection is needed.
 */
#ifndef GATEWAY_QUERY_STATEMENT_H
#define GATEWAY_QUERY_STATEMENT_H
#include "db/db.h"
#include "gateway/query.h"

enum { QUERY_WORD_MAX = 32 };

/* Whether a text is a word: small letters, digits, '_' and '-', 32 at most. */
bool query_is_word(struct text text);

/* Writes the statement of a query whose parameters have these values, and a zero byte behind it.
 * Returns how many of them it still has, those of ret_params. */
size_t query_statement(const struct query *query, const struct db_param params[QUERY_PARAMS_MAX],
                       struct buffer *ret_sql, struct db_param ret_params[QUERY_PARAMS_MAX]);

#endif
