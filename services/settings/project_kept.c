/* Rows of what a user keeps: watchlists and screens. */
#include "settings/project_statements.h"

static void project_watchlist(const struct watchlist_changed *changed, struct rows *rows)
{
    rows_begin(rows, WATCHLISTS);
    rows_uuid(rows, changed->watchlist_id);
    rows_uuid(rows, changed->user_id);
    rows_texts(rows, changed->symbols, changed->symbols_count);
    rows_int(rows, changed->version);
    rows_time(rows, changed->changed_at);
    rows_time(rows, changed->changed_at);
    if (!changed->has_name)
        return;
    rows_begin(rows, WATCHLIST_NAMES);
    rows_uuid(rows, changed->watchlist_id);
    rows_sealed(rows, changed->name, changed->user_id);
}

static void project_screen(const struct screen_changed *changed, struct rows *rows)
{
    rows_begin(rows, SCREENS);
    rows_uuid(rows, changed->screen_id);
    rows_uuid(rows, changed->user_id);
    rows_sealed(rows, changed->name, changed->user_id);
    rows_sealed(rows, changed->filters, changed->user_id);
    rows_text_or_null(rows, changed->has_sort, changed->sort);
    rows_int(rows, changed->version);
    rows_time(rows, changed->changed_at);
    rows_time(rows, changed->changed_at);
}

bool settings_project_kept(const struct event *event, struct rows *rows)
{
    if (event->kind == EVENT_WATCHLIST_CHANGED) {
        project_watchlist(&event->watchlist_changed, rows);
    } else if (event->kind == EVENT_WATCHLIST_DELETED) {
        rows_begin(rows, WATCHLIST_ENDS);
        rows_uuid(rows, event->watchlist_deleted.watchlist_id);
        rows_null(rows);
        rows_time(rows, event->watchlist_deleted.deleted_at);
    } else if (event->kind == EVENT_SCREEN_CHANGED) {
        project_screen(&event->screen_changed, rows);
    } else if (event->kind == EVENT_SCREEN_DELETED) {
        rows_begin(rows, SCREEN_ENDS);
        rows_uuid(rows, event->screen_deleted.screen_id);
        rows_null(rows);
        rows_null(rows);
        rows_time(rows, event->screen_deleted.deleted_at);
    } else {
        return false;
    }
    return true;
}
