/* What operators publish and withdraw. One document is decided like another: only its texts differ,
 * and those are nobody's business here. */
#include "desk/decide_parts.h"

/* A command about a document, whatever its kind. */
struct wish {
    struct uuid id;
    enum document_kind kind;
    bool changes; /* it has to be there already */
    bool has_if_version;
    int64_t if_version;
};

#define WISH_OF(command, of_kind)                                                                  \
    ((struct wish){.id = (command)->id,                                                            \
                   .kind = (of_kind),                                                              \
                   .changes = (command)->changes,                                                  \
                   .has_if_version = (command)->has_if_version,                                    \
                   .if_version = (command)->if_version})

/* True when the wish was refused. *ret_known: the document that is there; NULL: none. */
static bool refuse(const struct desk *desk, const struct command_meta *meta,
                   const struct wish *wish, struct arena *arena, struct event *event,
                   const struct desk_document **ret_known)
{
    const struct desk_document *known = desk_document(desk, wish->id);
    *ret_known = known;
    if (!staff_may(&desk->staff, meta, ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_ADMIN)))
        event_reject(event, "FORBIDDEN", TEXT("Only operators and admins publish."), NULL);
    else if (wish->changes && (known == NULL || known->withdrawn || known->kind != wish->kind))
        event_reject(event, "NOT_FOUND", TEXT("Nothing is published under this id."), NULL);
    else if (!wish->changes && known != NULL) /* an id is made of the key, where there is one */
        event_reject(event, "IDEMPOTENCY_KEY_REUSED",
                     TEXT("Something was published under this key, or id, more than a day ago."),
                     NULL);
    else if (known == NULL)
        return false;
    else
        return desk_refuse_version(wish->has_if_version, wish->if_version, known->version, arena,
                                   event);
    return true;
}

static int64_t next_version(const struct desk_document *known)
{
    return known == NULL ? 1 : known->version + 1;
}

/* Nobody reads today what is dated tomorrow. */
static bool refuse_date(const struct publish_news *news, int64_t now_us, struct event *event)
{
    if (!news->has_published_at || news->published_at <= now_us)
        return false;
    event_reject(event, "VALIDATION_FAILED",
                 TEXT("An article is dated now or before; without published_at it is dated now."),
                 "published_at");
    return true;
}

static void publish_news(const struct desk *desk, const struct input *input, struct arena *arena,
                         struct event *event)
{
    const struct publish_news *news = &input->command->publish_news;
    const struct wish wish = WISH_OF(news, DOCUMENT_KIND_NEWS);
    const struct desk_document *known;
    if (refuse(desk, &input->command->meta, &wish, arena, event, &known) ||
        refuse_date(news, input->now_us, event))
        return;
    event->kind = EVENT_NEWS_PUBLISHED;
    event->news_published = (struct news_published){
        .id = news->id,
        .category = news->category,
        .title = news->title,
        .has_summary = news->has_summary,
        .summary = news->summary,
        .body = news->body,
        .has_source = news->has_source,
        .source = news->source,
        .has_source_url = news->has_source_url,
        .source_url = news->source_url,
        .symbols = news->symbols,
        .symbols_count = news->symbols_count,
        .published_at = news->has_published_at ? news->published_at
                        : known != NULL        ? known->published_at_us
                                               : input->now_us,
        .version = next_version(known),
        .changed_at = input->now_us,
    };
}

static void publish_economic_event(const struct desk *desk, const struct input *input,
                                   struct arena *arena, struct event *event)
{
    const struct publish_economic_event *date = &input->command->publish_economic_event;
    const struct wish wish = WISH_OF(date, DOCUMENT_KIND_ECONOMIC_EVENT);
    const struct desk_document *known;
    if (refuse(desk, &input->command->meta, &wish, arena, event, &known))
        return;
    event->kind = EVENT_ECONOMIC_EVENT_PUBLISHED;
    event->economic_event_published = (struct economic_event_published){
        .id = date->id,
        .country = date->country,
        .name = date->name,
        .importance = date->importance,
        .scheduled_at = date->scheduled_at,
        .has_period = date->has_period,
        .period = date->period,
        .has_unit = date->has_unit,
        .unit = date->unit,
        .has_actual_e8 = date->has_actual_e8,
        .actual_e8 = date->actual_e8,
        .has_forecast_e8 = date->has_forecast_e8,
        .forecast_e8 = date->forecast_e8,
        .has_previous_e8 = date->has_previous_e8,
        .previous_e8 = date->previous_e8,
        .has_source_url = date->has_source_url,
        .source_url = date->source_url,
        .version = next_version(known),
        .changed_at = input->now_us,
    };
}

static void publish_earnings(const struct desk *desk, const struct input *input,
                             struct arena *arena, struct event *event)
{
    const struct publish_earnings *report = &input->command->publish_earnings;
    const struct wish wish = WISH_OF(report, DOCUMENT_KIND_EARNINGS);
    const struct desk_document *known;
    if (refuse(desk, &input->command->meta, &wish, arena, event, &known))
        return;
    event->kind = EVENT_EARNINGS_PUBLISHED;
    event->earnings_published = (struct earnings_published){
        .id = report->id,
        .symbol = report->symbol,
        .company = report->company,
        .fiscal_period = report->fiscal_period,
        .scheduled_at = report->scheduled_at,
        .report_time = report->report_time,
        .currency = report->currency,
        .has_eps_forecast_e8 = report->has_eps_forecast_e8,
        .eps_forecast_e8 = report->eps_forecast_e8,
        .has_eps_actual_e8 = report->has_eps_actual_e8,
        .eps_actual_e8 = report->eps_actual_e8,
        .has_revenue_forecast_millions_e8 = report->has_revenue_forecast_millions_e8,
        .revenue_forecast_millions_e8 = report->revenue_forecast_millions_e8,
        .has_revenue_actual_millions_e8 = report->has_revenue_actual_millions_e8,
        .revenue_actual_millions_e8 = report->revenue_actual_millions_e8,
        .version = next_version(known),
        .changed_at = input->now_us,
    };
}

static void publish_faq(const struct desk *desk, const struct input *input, struct arena *arena,
                        struct event *event)
{
    const struct publish_faq *item = &input->command->publish_faq;
    const struct wish wish = WISH_OF(item, DOCUMENT_KIND_FAQ);
    const struct desk_document *known;
    if (refuse(desk, &input->command->meta, &wish, arena, event, &known))
        return;
    event->kind = EVENT_FAQ_PUBLISHED;
    event->faq_published = (struct faq_published){
        .id = item->id,
        .category = item->category,
        .question = item->question,
        .answer = item->answer,
        .position = item->position,
        .version = next_version(known),
        .changed_at = input->now_us,
    };
}

static void withdraw(const struct desk *desk, const struct input *input, struct arena *arena,
                     struct event *event)
{
    const struct withdraw_document *withdrawn = &input->command->withdraw_document;
    const struct wish wish = {.id = withdrawn->id,
                              .kind = withdrawn->kind,
                              .changes = true,
                              .has_if_version = withdrawn->has_if_version,
                              .if_version = withdrawn->if_version};
    const struct desk_document *known;
    if (refuse(desk, &input->command->meta, &wish, arena, event, &known))
        return;
    event->kind = EVENT_DOCUMENT_WITHDRAWN;
    event->document_withdrawn = (struct document_withdrawn){
        .id = withdrawn->id, .kind = withdrawn->kind, .withdrawn_at = input->now_us};
}

bool desk_decide_document(const struct desk *desk, const struct input *input, struct arena *arena,
                          struct event *event)
{
    if (input->command->kind == COMMAND_PUBLISH_NEWS)
        publish_news(desk, input, arena, event);
    else if (input->command->kind == COMMAND_PUBLISH_ECONOMIC_EVENT)
        publish_economic_event(desk, input, arena, event);
    else if (input->command->kind == COMMAND_PUBLISH_EARNINGS)
        publish_earnings(desk, input, arena, event);
    else if (input->command->kind == COMMAND_PUBLISH_FAQ)
        publish_faq(desk, input, arena, event);
    else if (input->command->kind == COMMAND_WITHDRAW_DOCUMENT)
        withdraw(desk, input, arena, event);
    else
        return false;
    return true;
}
