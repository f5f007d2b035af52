#include "desk/project.h"

#include "projection/approvals.h"

extern const char desk_schema_sql[]; /* schema.sql */

enum {
    NEWS,
    NEWS_WITHDRAWN,
    ECONOMIC_EVENTS,
    ECONOMIC_EVENTS_WITHDRAWN,
    EARNINGS,
    EARNINGS_WITHDRAWN,
    FAQ,
    FAQ_WITHDRAWN,
    TICKETS,
    SUBJECTS,
    COMMENTS,
    MESSAGES,
    APPROVALS,
    APPROVAL_ENDS
};

/* What is shown instead of a document, once it is withdrawn: nothing. */
#define WITHDRAWN_OF(table_name)                                                                   \
    {                                                                                              \
        .table = (table_name), .kind = PROJECTION_UPDATE, .key_columns = 1,                        \
        .columns = {{"id", COLUMN_UUID}, {"withdrawn_at", COLUMN_TIME}},                           \
    }

static const struct projection_statement STATEMENTS[] = {
    [APPROVALS] = APPROVALS_STATEMENT,
    [APPROVAL_ENDS] = APPROVAL_ENDS_STATEMENT,
    [NEWS] = {.table = "news_articles",
              .kind = PROJECTION_UPSERT,
              .key_columns = 1,
              .columns = {{"id", COLUMN_UUID},
                          {"category", COLUMN_TEXT},
                          {"title", COLUMN_TEXT},
                          {"summary", COLUMN_TEXT},
                          {"body", COLUMN_TEXT},
                          {"source", COLUMN_TEXT},
                          {"source_url", COLUMN_TEXT},
                          {"symbols", COLUMN_TEXTS},
                          {"published_at", COLUMN_TIME},
                          {"created_at", COLUMN_TIME, MERGE_FIRST},
                          {"updated_at", COLUMN_TIME},
                          {"version", COLUMN_BIGINT}}},
    [NEWS_WITHDRAWN] = WITHDRAWN_OF("news_articles"),
    [ECONOMIC_EVENTS] = {.table = "economic_events",
                         .kind = PROJECTION_UPSERT,
                         .key_columns = 1,
                         .columns = {{"id", COLUMN_UUID},
                                     {"country", COLUMN_TEXT},
                                     {"name", COLUMN_TEXT},
                                     {"importance", COLUMN_TEXT},
                                     {"scheduled_at", COLUMN_TIME},
                                     {"period", COLUMN_TEXT},
                                     {"unit", COLUMN_TEXT},
                                     {"actual", COLUMN_NUMERIC},
                                     {"forecast", COLUMN_NUMERIC},
                                     {"previous", COLUMN_NUMERIC},
                                     {"source_url", COLUMN_TEXT},
                                     {"created_at", COLUMN_TIME, MERGE_FIRST},
                                     {"updated_at", COLUMN_TIME},
                                     {"version", COLUMN_BIGINT}}},
    [ECONOMIC_EVENTS_WITHDRAWN] = WITHDRAWN_OF("economic_events"),
    [EARNINGS] = {.table = "earnings_calendar",
                  .kind = PROJECTION_UPSERT,
                  .key_columns = 1,
                  .columns = {{"id", COLUMN_UUID},
                              {"symbol", COLUMN_TEXT},
                              {"company", COLUMN_TEXT},
                              {"fiscal_period", COLUMN_TEXT},
                              {"scheduled_at", COLUMN_TIME},
                              {"report_time", COLUMN_TEXT},
                              {"currency", COLUMN_TEXT},
                              {"eps_forecast", COLUMN_NUMERIC},
                              {"eps_actual", COLUMN_NUMERIC},
                              {"revenue_forecast_millions", COLUMN_NUMERIC},
                              {"revenue_actual_millions", COLUMN_NUMERIC},
                              {"created_at", COLUMN_TIME, MERGE_FIRST},
                              {"updated_at", COLUMN_TIME},
                              {"version", COLUMN_BIGINT}}},
    [EARNINGS_WITHDRAWN] = WITHDRAWN_OF("earnings_calendar"),
    [FAQ] = {.table = "faq_items",
             .kind = PROJECTION_UPSERT,
             .key_columns = 1,
             .columns = {{"id", COLUMN_UUID},
                         {"category", COLUMN_TEXT},
                         {"question", COLUMN_TEXT},
                         {"answer", COLUMN_TEXT},
                         {"position", COLUMN_BIGINT},
                         {"created_at", COLUMN_TIME, MERGE_FIRST},
                         {"updated_at", COLUMN_TIME},
                         {"version", COLUMN_BIGINT}}},
    [FAQ_WITHDRAWN] = WITHDRAWN_OF("faq_items"),
    [TICKETS] = {.table = "support_tickets",
                 .kind = PROJECTION_UPSERT,
                 .key_columns = 1,
                 .columns = {{"id", COLUMN_UUID},
                             {"user_id", COLUMN_UUID},
                             {"category", COLUMN_TEXT},
                             {"status", COLUMN_TEXT},
                             {"priority", COLUMN_TEXT},
                             {"assignee_id", COLUMN_UUID},
                             {"opened_at", COLUMN_TIME},
                             {"first_response_due_at", COLUMN_TIME},
                             {"first_responded_at", COLUMN_TIME},
                             {"resolution_due_at", COLUMN_TIME},
                             {"clock_stopped_at", COLUMN_TIME},
                             {"resolved_at", COLUMN_TIME},
                             {"closed_at", COLUMN_TIME},
                             {"rating", COLUMN_INT},
                             {"messages", COLUMN_INT},
                             {"version", COLUMN_BIGINT},
                             {"updated_at", COLUMN_TIME}}},
    [SUBJECTS] = {.table = "support_tickets",
                  .kind = PROJECTION_UPDATE,
                  .key_columns = 1,
                  .columns = {{"id", COLUMN_UUID}, {"subject", COLUMN_TEXT}}},
    [COMMENTS] = {.table = "support_tickets",
                  .kind = PROJECTION_UPDATE,
                  .key_columns = 1,
                  .columns = {{"id", COLUMN_UUID}, {"rating_comment", COLUMN_TEXT}}},
    [MESSAGES] = {.table = "support_messages",
                  .kind = PROJECTION_INSERT_NEW,
                  .key_columns = 1,
                  .columns = {{"id", COLUMN_UUID},
                              {"ticket_id", COLUMN_UUID},
                              {"user_id", COLUMN_UUID},
                              {"author_id", COLUMN_UUID},
                              {"by_staff", COLUMN_BOOL},
                              {"text", COLUMN_TEXT},
                              {"created_at", COLUMN_TIME},
                              {"number", COLUMN_INT}}},
};

static const int WITHDRAWN[] = {
    [DOCUMENT_KIND_NEWS] = NEWS_WITHDRAWN,
    [DOCUMENT_KIND_ECONOMIC_EVENT] = ECONOMIC_EVENTS_WITHDRAWN,
    [DOCUMENT_KIND_EARNINGS] = EARNINGS_WITHDRAWN,
    [DOCUMENT_KIND_FAQ] = FAQ_WITHDRAWN,
};

/* The last columns of each: its first publication is when it was made. */
static void rows_publication(struct rows *rows, int64_t changed_at, int64_t version)
{
    rows_time(rows, changed_at);
    rows_time(rows, changed_at);
    rows_int(rows, version);
}

static void project_news(const struct news_published *news, struct rows *rows)
{
    rows_begin(rows, NEWS);
    rows_uuid(rows, news->id);
    rows_text(rows, news->category);
    rows_text(rows, news->title);
    rows_text_or_null(rows, news->has_summary, news->summary);
    rows_text(rows, news->body);
    rows_text_or_null(rows, news->has_source, news->source);
    rows_text_or_null(rows, news->has_source_url, news->source_url);
    rows_texts(rows, news->symbols, news->symbols_count);
    rows_time(rows, news->published_at);
    rows_publication(rows, news->changed_at, news->version);
}

static void project_economic_event(const struct economic_event_published *date, struct rows *rows)
{
    rows_begin(rows, ECONOMIC_EVENTS);
    rows_uuid(rows, date->id);
    rows_text(rows, date->country);
    rows_text(rows, date->name);
    rows_symbol(rows, &WIRE_IMPORTANCE, date->importance);
    rows_time(rows, date->scheduled_at);
    rows_text_or_null(rows, date->has_period, date->period);
    rows_text_or_null(rows, date->has_unit, date->unit);
    rows_e8_or_null(rows, date->has_actual_e8, date->actual_e8);
    rows_e8_or_null(rows, date->has_forecast_e8, date->forecast_e8);
    rows_e8_or_null(rows, date->has_previous_e8, date->previous_e8);
    rows_text_or_null(rows, date->has_source_url, date->source_url);
    rows_publication(rows, date->changed_at, date->version);
}

static void project_earnings(const struct earnings_published *report, struct rows *rows)
{
    rows_begin(rows, EARNINGS);
    rows_uuid(rows, report->id);
    rows_text(rows, report->symbol);
    rows_text(rows, report->company);
    rows_text(rows, report->fiscal_period);
    rows_time(rows, report->scheduled_at);
    rows_symbol(rows, &WIRE_REPORT_TIME, report->report_time);
    rows_text(rows, report->currency);
    rows_e8_or_null(rows, report->has_eps_forecast_e8, report->eps_forecast_e8);
    rows_e8_or_null(rows, report->has_eps_actual_e8, report->eps_actual_e8);
    rows_e8_or_null(rows, report->has_revenue_forecast_millions_e8,
                    report->revenue_forecast_millions_e8);
    rows_e8_or_null(rows, report->has_revenue_actual_millions_e8,
                    report->revenue_actual_millions_e8);
    rows_publication(rows, report->changed_at, report->version);
}

static void project_faq(const struct faq_published *item, struct rows *rows)
{
    rows_begin(rows, FAQ);
    rows_uuid(rows, item->id);
    rows_text(rows, item->category);
    rows_text(rows, item->question);
    rows_text(rows, item->answer);
    rows_int(rows, item->position);
    rows_publication(rows, item->changed_at, item->version);
}

static void project_ticket(const struct support_ticket *ticket, struct rows *rows)
{
    rows_begin(rows, TICKETS);
    rows_uuid(rows, ticket->id);
    rows_uuid(rows, ticket->user_id);
    rows_symbol(rows, &WIRE_SUPPORT_CATEGORY, ticket->category);
    rows_symbol(rows, &WIRE_SUPPORT_STATUS, ticket->status);
    rows_symbol(rows, &WIRE_SUPPORT_PRIORITY, ticket->priority);
    rows_uuid_or_null(rows, ticket->has_assignee_id, ticket->assignee_id);
    rows_time(rows, ticket->opened_at);
    rows_time(rows, ticket->first_response_due_at);
    rows_time_or_null(rows, ticket->has_first_responded_at, ticket->first_responded_at);
    rows_time(rows, ticket->resolution_due_at);
    rows_time_or_null(rows, ticket->has_clock_stopped_at, ticket->clock_stopped_at);
    rows_time_or_null(rows, ticket->has_resolved_at, ticket->resolved_at);
    rows_time_or_null(rows, ticket->has_closed_at, ticket->closed_at);
    if (ticket->has_rating)
        rows_int(rows, ticket->rating);
    else
        rows_null(rows);
    rows_int(rows, ticket->messages);
    rows_int(rows, ticket->version);
    rows_time(rows, ticket->updated_at);
}

/* A text of a conversation, or none any more. */
static void project_text_of_ticket(int statement, const struct support_ticket_changed *changed,
                                   bool has, struct text text, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, changed->ticket.id);
    if (has)
        rows_sealed(rows, text, changed->user_id);
    else
        rows_null(rows);
}

static void project_ticket_changed(const struct support_ticket_changed *changed, struct rows *rows)
{
    project_ticket(&changed->ticket, rows);
    if (changed->has_subject)
        project_text_of_ticket(SUBJECTS, changed, true, changed->subject, rows);
    if (changed->change == SUPPORT_CHANGE_RATED)
        project_text_of_ticket(COMMENTS, changed, changed->has_comment, changed->comment, rows);
    if (!changed->has_message_id)
        return;
    rows_begin(rows, MESSAGES);
    rows_uuid(rows, changed->message_id);
    rows_uuid(rows, changed->ticket.id);
    rows_uuid(rows, changed->user_id);
    rows_uuid(rows, changed->author_id);
    rows_bool(rows, changed->by_staff);
    rows_sealed(rows, changed->text, changed->user_id);
    rows_time(rows, changed->ticket.updated_at);
    rows_int(rows, changed->ticket.messages);
}

static void project_withdrawn(const struct document_withdrawn *withdrawn, struct rows *rows)
{
    rows_begin(rows, WITHDRAWN[withdrawn->kind]);
    rows_uuid(rows, withdrawn->id);
    rows_time(rows, withdrawn->withdrawn_at);
}

static void project(const struct event *event, struct rows *rows)
{
    project_approvals(event, APPROVALS, APPROVAL_ENDS, rows);
    if (event->kind == EVENT_NEWS_PUBLISHED)
        project_news(&event->news_published, rows);
    else if (event->kind == EVENT_ECONOMIC_EVENT_PUBLISHED)
        project_economic_event(&event->economic_event_published, rows);
    else if (event->kind == EVENT_EARNINGS_PUBLISHED)
        project_earnings(&event->earnings_published, rows);
    else if (event->kind == EVENT_FAQ_PUBLISHED)
        project_faq(&event->faq_published, rows);
    else if (event->kind == EVENT_SUPPORT_TICKET_CHANGED)
        project_ticket_changed(&event->support_ticket_changed, rows);
    else if (event->kind == EVENT_DOCUMENT_WITHDRAWN)
        project_withdrawn(&event->document_withdrawn, rows);
}

const struct projection DESK_PROJECTION = {
    .schema = "desk",
    .schema_sql = desk_schema_sql,
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};
