#include "gateway/replay.h"

#include "db/db.h"
#include "gateway/outcome.h"
#include "gateway/probe.h"
#include "gateway/read.h"
#include "gateway/respond.h"
#include "gateway/tracing.h"
#include "log/log.h"

/* The journals of all services. What became of a command to which another person has consented, or
 * that an admin has had decided anew, is what became of that person's. In each partition the first
 * event of a command's id counts; a later one is of a copy of it, unless it answers what another
 * partition made of the command. Of those, one that answers goes before one that does not (R13). */
#define LETTER_OF                                                                                  \
    "WHERE command_id IS NOT NULL "                                                                \
    "  AND (command_id = $1::uuid OR retried_command_id = $1::uuid)"
#define STEPS                                                                                      \
    "WITH approval AS ("                                                                           \
    "  SELECT waits.*, asked.request FROM accounts.approvals waits "                               \
    "  LEFT JOIN accounts.events asked USING (partition, event_offset) "                           \
    "  WHERE waits.command_id = $1::uuid "                                                         \
    "  UNION ALL SELECT waits.*, asked.request FROM settings.approvals waits "                     \
    "  LEFT JOIN settings.events asked USING (partition, event_offset) "                           \
    "  WHERE waits.command_id = $1::uuid "                                                         \
    "  UNION ALL SELECT waits.*, asked.request FROM orders.approvals waits "                       \
    "  LEFT JOIN orders.events asked USING (partition, event_offset) "                             \
    "  WHERE waits.command_id = $1::uuid "                                                         \
    "  UNION ALL SELECT waits.*, asked.request FROM desk.approvals waits "                         \
    "  LEFT JOIN desk.events asked USING (partition, event_offset) "                               \
    "  WHERE waits.command_id = $1::uuid), "                                                       \
    "letter AS ("                                                                                  \
    "  SELECT * FROM accounts.dead_letters " LETTER_OF                                             \
    "  UNION ALL SELECT * FROM settings.dead_letters " LETTER_OF                                   \
    "  UNION ALL SELECT * FROM orders.dead_letters " LETTER_OF                                     \
    "  UNION ALL SELECT * FROM desk.dead_letters " LETTER_OF "), "                                 \
    "meant AS (SELECT COALESCE((SELECT decided_command_id FROM approval "                          \
    "                           WHERE status = 'approved'), "                                      \
    "                          (SELECT retried_command_id FROM letter "                            \
    "                           WHERE command_id = $1::uuid), $1::uuid) AS id), "                  \
    "steps AS ("                                                                                   \
    "  SELECT 'accounts' AS service, * FROM accounts.events "                                      \
    "  WHERE command_id = (SELECT id FROM meant) "                                                 \
    "  UNION ALL SELECT 'orders', * FROM orders.events "                                           \
    "  WHERE command_id = (SELECT id FROM meant) "                                                 \
    "  UNION ALL SELECT 'audit', * FROM audit.events "                                             \
    "  WHERE command_id = (SELECT id FROM meant) "                                                 \
    "  UNION ALL SELECT 'settings', * FROM settings.events "                                       \
    "  WHERE command_id = (SELECT id FROM meant) "                                                 \
    "  UNION ALL SELECT 'desk', * FROM desk.events "                                               \
    "  WHERE command_id = (SELECT id FROM meant)), "                                               \
    "firsts AS (SELECT DISTINCT ON (service, partition, cause LIKE '%.commands/%') * FROM steps "  \
    "           ORDER BY service, partition, cause LIKE '%.commands/%', event_offset), "           \
    "step AS (SELECT * FROM firsts ORDER BY answers DESC, occurred_at, event_offset LIMIT 1) "

static const char STEP_SQL[] = STEPS
    "SELECT step.answers, step.code, step.result, "
    "       (SELECT id FROM audit.ticket_logs "
    "        WHERE command_id = (SELECT id FROM meant) LIMIT 1), "
    "       step.result->>'message', step.result->>'field', "
    "       CASE WHEN step.type = 'ApprovalRequested' THEN step.result->>'approval_id' END, "
    "       step.result->>'expires_at', "
    "       COALESCE((SELECT request FROM approval), "
    "                (SELECT request FROM letter WHERE retried_command_id = $1::uuid LIMIT 1), "
    "                (SELECT request FROM steps WHERE action IS NOT NULL LIMIT 1)) "
    "FROM step";

static const char OUTCOME_SQL[] =
    STEPS "SELECT json_build_object('command_id', $1::uuid, "
          "  'status', CASE WHEN NOT step.answers THEN 'pending' "
          "                 WHEN step.type = 'ApprovalRequested' "
          "                 THEN 'approval_' || (SELECT status FROM approval) "
          "                 WHEN step.code IS NULL THEN 'succeeded' "
          "                 WHEN step.code = 'COMMAND_EXPIRED' THEN 'not_executed' "
          "                 ELSE 'failed' END, "
          "  'action', (SELECT action FROM steps WHERE action IS NOT NULL LIMIT 1), "
          "  'code', step.code, "
          "  'approval_id', (SELECT id FROM approval), "
          "  'ticket_id', (SELECT id FROM audit.ticket_logs "
          "                WHERE command_id = (SELECT id FROM meant) LIMIT 1), "
          "  'position', step.service || '/' || step.partition || ':' || step.event_offset, "
          "  'result', CASE WHEN step.answers THEN step.result END), "
          "  step.answers, $3::bool OR COALESCE(step.actor_id = $2::uuid, false) "
          "    OR EXISTS (SELECT FROM approval WHERE requested_by = $2::uuid) "
          "    OR EXISTS (SELECT FROM letter WHERE command_id = $1::uuid AND actor_id = $2::uuid) "
          "FROM step";

enum { ALL_SERVICES = (1 << SERVICES) - 1 };

/* --- repetitions ------------------------------------------------------------------------------ */

static void failed(struct exchange *exchange, struct db *db, enum err err)
{
    log_warn("journal.failed", LOG_TRACE(exchange), LOG_ERR(err),
             LOG_STR("reason", db_error_text(db)));
    respond_err(exchange, err);
}

static enum err look_up(struct db *db, const char *sql, const struct db_param *params, size_t count,
                        struct db_result *ret_rows)
{
    enum err err = db_connect(db);
    return err == OK ? db_query(db, sql, params, count, ret_rows) : err;
}

static void replay_refusal(struct exchange *exchange, const struct db_result *rows)
{
    struct outcome *outcome = &exchange->outcome;
    outcome->refused = true;
    outcome->code = arena_text(exchange->arena, db_get_text(rows, 0, 1));
    outcome->message = arena_text(exchange->arena, db_get_text(rows, 0, 4));
    outcome->field = arena_text(exchange->arena, db_get_text(rows, 0, 5));
    outcome_respond_refusal(exchange);
}

static void replay_request(struct exchange *exchange, const struct db_result *rows)
{
    struct outcome *outcome = &exchange->outcome;
    outcome->approval_id = arena_text(exchange->arena, db_get_text(rows, 0, 6));
    outcome->approval_expires = arena_text(exchange->arena, db_get_text(rows, 0, 7));
    respond_approval(exchange, outcome->first_command_id);
}

static void replay_result(struct exchange *exchange, struct text result)
{
    struct text ticket = exchange->outcome.ticket_id;
    bool object = result.size > 2 && result.data[result.size - 1] == '}';
    struct text body = result;
    if (object && ticket.size > 0)
        body = arena_printf(exchange->arena, "%.*s,\"ticket_id\":\"%.*s\"}", (int)result.size - 1,
                            result.data, (int)ticket.size, ticket.data);
    respond(exchange, &(struct respond_with){
                          .body = body, .location = read_location(exchange), .replayed = true});
}

/* What the first command said, the ids that were made for it included: those of this one name
 * nothing. */
static void take_first(struct exchange *exchange, const struct db_result *rows)
{
    struct json_error error;
    if (db_is_null(rows, 0, 8))
        return;
    struct text request = arena_text(exchange->arena, db_get_text(rows, 0, 8));
    enum err err =
        json_parse(request, request.size, exchange->arena, &exchange->outcome.first, &error);
    CHECK(err == OK); /* Postgres made it */
}

static void replay_again(struct exchange *exchange);

static void replay_now(struct exchange *exchange, struct db *db)
{
    struct outcome *outcome = &exchange->outcome;
    AUTO_DB_RESULT rows = {0};
    progress_shown(exchange->gateway->progress, ALL_SERVICES, &exchange->read_at);
    enum err err = look_up(db, STEP_SQL, DB_PARAMS(db_uuid(outcome->first_command_id)), &rows);
    if (err != OK) {
        failed(exchange, db, err);
        return;
    }
    if (db_rows(&rows) == 0 || !db_get_bool(&rows, 0, 0)) {
        replay_again(exchange);
        return;
    }
    if (exchange->operation->waits_ticket)
        outcome->ticket_id = arena_text(exchange->arena, db_get_text(&rows, 0, 3));
    take_first(exchange, &rows);
    if (!db_is_null(&rows, 0, 1))
        replay_refusal(exchange, &rows);
    else if (!db_is_null(&rows, 0, 6))
        replay_request(exchange, &rows);
    else if (exchange->operation->query != NULL)
        read_result(exchange, db);
    else
        replay_result(exchange, db_get_text(&rows, 0, 2));
}

static void journal_is_there(struct waiter *waiter, bool in_time)
{
    (void)in_time;
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    exchange_resume(exchange, exchange->gateway->work, replay_now);
}

/* The first command is still under way, or its answer not in the journals yet: looks again whenever
 * they have more, until the time is over. */
static void replay_again(struct exchange *exchange)
{
    if (gateway_now_ns() >= exchange->deadline_ns) {
        respond_pending(exchange, exchange->outcome.first_command_id);
        return;
    }
    exchange->waiter = (struct waiter){.shown = &exchange->read_at,
                                       .services = ALL_SERVICES,
                                       .any_further = true,
                                       .deadline_ns = exchange->deadline_ns,
                                       .ready = journal_is_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}

void replay_respond(struct exchange *exchange)
{
    exchange->waiter = (struct waiter){.shown = &exchange->outcome.shown,
                                       .services = ALL_SERVICES,
                                       .deadline_ns = exchange->deadline_ns,
                                       .ready = journal_is_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}

/* --- GET commands/{command_id} ---------------------------------------------------------------- */

static void command_now(struct exchange *exchange, struct db *db);

/* Nothing is in the journals: nothing yet, or nothing for ever. */
static void respond_unknown(struct exchange *exchange, struct text id)
{
    struct uuid command_id;
    if (uuid_parse(id, &command_id) != OK)
        respond_err(exchange, ERR_INPUT);
    else if (!probe_is_closed(exchange))
        probe_begin(exchange, command_id, command_now);
    else
        respond(exchange,
                &(struct respond_with){
                    .body = arena_printf(exchange->arena,
                                         "{\"command_id\":\"%.*s\",\"status\":\"not_executed\"}",
                                         (int)id.size, id.data)});
}

static void command_now(struct exchange *exchange, struct db *db)
{
    struct query_values values = read_values(exchange);
    struct text id = TEXT(""), any = TEXT("false");
    CHECK(values.find(values.context, TEXT("command_id"), &id));
    CHECK(values.find(values.context, TEXT("any"), &any));
    AUTO_DB_RESULT rows = {0};
    progress_shown(exchange->gateway->progress, ALL_SERVICES, &exchange->read_at);
    enum err err = look_up(
        db, OUTCOME_SQL,
        DB_PARAMS(db_text(id), db_uuid(exchange->caller.claims.user_id), db_text(any)), &rows);
    if (err != OK)
        failed(exchange, db, err);
    else if (db_rows(&rows) == 0)
        respond_unknown(exchange, id);
    else if (!db_get_bool(&rows, 0, 2))
        respond_err(exchange, ERR_NOT_FOUND);
    else
        respond(exchange, &(struct respond_with){.body = db_get_text(&rows, 0, 0),
                                                 .retry_s = db_get_bool(&rows, 0, 1) ? 0 : 1});
}

static void outcome_is_there(struct waiter *waiter, bool in_time)
{
    (void)in_time;
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    exchange_resume(exchange, exchange->gateway->work, command_now);
}

void replay_command(struct exchange *exchange)
{
    exchange->waiter = (struct waiter){.shown = &exchange->shown,
                                       .services = ALL_SERVICES,
                                       .deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS,
                                       .ready = outcome_is_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}
