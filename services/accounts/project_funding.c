#include "accounts/project_funding.h"

#include "accounts/funding.h"

static void project_method(const struct payment_method *method, int statement, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, method->id);
    rows_uuid(rows, method->account_id);
    rows_symbol(rows, &WIRE_PAYMENT_METHOD_KIND, method->kind);
    rows_symbol(rows, &WIRE_PAYMENT_METHOD_STATUS, method->status);
    rows_int(rows, method->attempts_left);
    rows_time(rows, method->created_at);
    rows_time_or_null(rows, method->has_verified_at, method->verified_at);
}

static void project_details(const struct payment_method_added *added, int statement,
                            struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, added->method.id);
    rows_uuid(rows, added->user_id);
    rows_sealed(rows, added->details, added->user_id);
    rows_sealed(rows, added->shown, added->user_id);
    rows_text(rows, added->small_deposits); /* as they came: only who has the vault opens them */
}

static void project_allowed(const struct event *event, const struct allowed_destination *allowed,
                            bool removed, int statement, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, allowed->id);
    rows_uuid(rows, allowed->account_id);
    rows_uuid(rows, allowed->payment_method_id);
    rows_time(rows, allowed->known_since);
    rows_time(rows, allowed->created_at);
    rows_time_or_null(rows, removed, event->meta.occurred_at);
}

static void project_method_changed(const struct event *event,
                                   const struct accounts_funding_rows *statements,
                                   struct rows *rows)
{
    const struct payment_method_changed *changed = &event->payment_method_changed;
    project_method(&changed->method, statements->methods, rows);
    if (changed->has_disallowed)
        project_allowed(event, &changed->disallowed, true, statements->allowed, rows);
}

static void project_transfer(const struct transfer *transfer, int statement, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, transfer->id);
    rows_uuid(rows, transfer->account_id);
    rows_uuid(rows, transfer->payment_method_id);
    rows_symbol(rows, &WIRE_TRANSFER_TYPE, transfer->type);
    rows_symbol(rows, &WIRE_TRANSFER_STATUS, transfer->status);
    rows_text(rows, transfer->asset);
    rows_e8(rows, transfer->amount_e8);
    rows_text_or_null(rows, transfer->has_reason, transfer->reason);
    rows_text_or_null(rows, transfer->has_provider, transfer->provider);
    rows_text_or_null(rows, transfer->has_reference, transfer->reference);
    rows_time(rows, transfer->created_at);
    rows_time(rows, transfer->updated_at);
    rows_int(rows, rows_offset(rows)); /* of its last event: a version that only grows */
}

static void project_use(struct uuid account_id, const struct transfer_use *use, int statement,
                        struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, account_id);
    rows_symbol(rows, &WIRE_TRANSFER_TYPE, use->type);
    rows_text(rows, use->asset);
    rows_time(rows, use->day);
    rows_e8(rows, use->day_e8);
    rows_time(rows, use->month);
    rows_e8(rows, use->month_e8);
}

static void project_limits(const struct transfer_limits_set *set, int statement, struct rows *rows)
{
    rows_begin(rows, statement);
    rows_uuid(rows, set->account_id);
    rows_json(rows, &WIRE_TRANSFER_LIMITS, &set->limits);
    rows_int(rows, set->version);
    rows_time(rows, set->updated_at);
}

/* They are there from the start, so nobody tells of them. */
static void project_levels(int statement, struct rows *rows)
{
    for (int level = 0; level <= ACCOUNTS_KYC_LEVEL_MAX; level++) {
        const struct transfer_limits *limits = accounts_level_limits(level);
        rows_begin(rows, statement);
        rows_int(rows, level);
        rows_e8(rows, limits->max_transfer_e8);
        rows_e8(rows, limits->max_day_e8);
        rows_e8(rows, limits->max_month_e8);
        rows_int(rows, limits->cool_off_s);
    }
}

void accounts_project_funding(const struct event *event,
                              const struct accounts_funding_rows *statements, struct rows *rows)
{
    const struct transfer_requested *requested = &event->transfer_requested;
    const struct transfer_changed *changed = &event->transfer_changed;
    if (event->kind == EVENT_PAYMENT_METHOD_ADDED) {
        project_method(&event->payment_method_added.method, statements->methods, rows);
        project_details(&event->payment_method_added, statements->details, rows);
    } else if (event->kind == EVENT_PAYMENT_METHOD_CHANGED) {
        project_method_changed(event, statements, rows);
    } else if (event->kind == EVENT_DESTINATION_ALLOWED) {
        project_allowed(event, &event->destination_allowed.destination, false, statements->allowed,
                        rows);
    } else if (event->kind == EVENT_DESTINATION_DISALLOWED) {
        project_allowed(event, &event->destination_disallowed.destination, true,
                        statements->allowed, rows);
    } else if (event->kind == EVENT_TRANSFER_REQUESTED) {
        project_transfer(&requested->transfer, statements->transfers, rows);
        project_use(requested->transfer.account_id, &requested->use, statements->uses, rows);
    } else if (event->kind == EVENT_TRANSFER_CHANGED) {
        project_transfer(&changed->transfer, statements->transfers, rows);
        if (changed->has_use)
            project_use(changed->transfer.account_id, &changed->use, statements->uses, rows);
    } else if (event->kind == EVENT_TRANSFER_LIMITS_SET) {
        project_limits(&event->transfer_limits_set, statements->limits, rows);
    } else if (event->kind == EVENT_LOG_CREATED) {
        project_levels(statements->levels, rows);
    }
}
