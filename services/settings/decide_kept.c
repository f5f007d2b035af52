/* Watchlists and saved screens: their user's own affair. */
#include "settings/decide_parts.h"

#include <string.h>

static const char *const NOUNS[] = {
    [SETTINGS_WATCHLIST] = "watchlist", [SETTINGS_SCREEN] = "screen"};

/* Whose it is, and which: `kept` NULL where it is to be new. */
struct own {
    const struct settings *settings;
    const struct settings_user *user;
    struct settings_kept *kept;
    struct arena *arena;
    struct event *event;
};

/* False: refused. */
static bool may_create(struct own *own, enum settings_kept_kind kind, struct uuid id,
                       const char *field)
{
    if (settings_kept(own->user->kept, kind, id) != NULL)
        settings_reject_value(own->event, field, TEXT("The id is taken; send a fresh one."));
    else if (settings_kept_count(own->user->kept, kind) >= SETTINGS_KEPT_MAX)
        event_reject(own->event, "VALIDATION_FAILED",
                     arena_printf(own->arena, "There are %d of your %ss already; delete one first.",
                                  SETTINGS_KEPT_MAX, NOUNS[kind]),
                     NULL);
    else
        return true;
    return false;
}

/* False: refused. */
static bool may_change(struct own *own, enum settings_kept_kind kind, struct uuid id,
                       bool has_version, int64_t version)
{
    own->kept = settings_kept(own->user->kept, kind, id);
    if (own->kept == NULL) {
        event_reject(own->event, "NOT_FOUND",
                     arena_printf(own->arena, "You have no such %s.", NOUNS[kind]), NULL);
        return false;
    }
    return settings_version_is(has_version, version, own->kept->version, own->arena, own->event);
}

/* --- watchlists ------------------------------------------------------------------------------- */

/* What is on a list, as it is being put together. */
struct listing {
    const struct settings_instrument *rows[SETTINGS_SYMBOLS_MAX];
    size_t count;
};

static bool is_listed(const struct listing *listing, const struct settings_instrument *instrument)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (listing->rows[i] == instrument)
            return true;
    }
    return false;
}

/* Adds what is not there yet; false: refused. */
static bool list_symbols(const struct own *own, const struct text *symbols, size_t count,
                         struct listing *listing)
{
    for (size_t i = 0; i < count; i++) {
        const struct settings_instrument *instrument =
            settings_instrument(&own->settings->market, symbols[i]);
        if (instrument == NULL) {
            event_reject(own->event, "INSTRUMENT_UNKNOWN",
                         arena_printf(own->arena, "There is no instrument %.*s.",
                                      (int)symbols[i].size, symbols[i].data),
                         "symbols");
            return false;
        }
        if (is_listed(listing, instrument))
            continue;
        if (listing->count == SETTINGS_SYMBOLS_MAX) {
            settings_reject_value(own->event, "symbols",
                                  arena_printf(own->arena,
                                               "A watchlist has %d instruments at most.",
                                               SETTINGS_SYMBOLS_MAX));
            return false;
        }
        listing->rows[listing->count++] = instrument;
    }
    return true;
}

/* False: refused, for it is not there. */
static bool unlist(const struct own *own, struct text symbol, struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (!text_equal(listing->rows[i]->symbol, symbol))
            continue;
        listing->count--;
        memmove(&listing->rows[i], &listing->rows[i + 1],
                (listing->count - i) * sizeof(struct settings_instrument *));
        return true;
    }
    event_reject(
        own->event, "NOT_FOUND",
        arena_printf(own->arena, "%.*s is not on this watchlist.", (int)symbol.size, symbol.data),
        NULL);
    return false;
}

static bool change_listing(const struct own *own, const struct change_watchlist *wanted,
                           struct listing *listing)
{
    if (wanted->change != LIST_CHANGE_REPLACE) {
        listing->count = own->kept->listed_count;
        memcpy(listing->rows, own->kept->listed,
               listing->count * sizeof(struct settings_instrument *));
    }
    if (wanted->change != LIST_CHANGE_REMOVE)
        return list_symbols(own, wanted->symbols, wanted->symbols_count, listing);
    for (size_t i = 0; i < wanted->symbols_count; i++) {
        if (!unlist(own, wanted->symbols[i], listing))
            return false;
    }
    return true;
}

static void become_watchlist(const struct own *own, const struct listing *listing,
                             struct uuid watchlist_id, int64_t now_us)
{
    struct event *event = own->event;
    event->kind = EVENT_WATCHLIST_CHANGED;
    struct watchlist_changed *changed = &event->watchlist_changed;
    *changed = (struct watchlist_changed){
        .user_id = own->user->id,
        .watchlist_id = watchlist_id,
        .symbols = ARENA_NEW(own->arena, struct text, listing->count + 1),
        .symbols_count = listing->count,
        .version = own->kept == NULL ? 1 : own->kept->version + 1,
        .changed_at = now_us};
    for (size_t i = 0; i < listing->count; i++)
        changed->symbols[i] = listing->rows[i]->symbol;
}

static void create_watchlist(struct own *own, const struct create_watchlist *wanted, int64_t now_us)
{
    struct listing listing = {.count = 0};
    if (!may_create(own, SETTINGS_WATCHLIST, wanted->watchlist_id, "watchlist_id") ||
        !list_symbols(own, wanted->symbols, wanted->symbols_count, &listing))
        return;
    become_watchlist(own, &listing, wanted->watchlist_id, now_us);
    own->event->watchlist_changed.has_name = true;
    own->event->watchlist_changed.name = wanted->name;
}

static void change_watchlist(struct own *own, const struct change_watchlist *wanted, int64_t now_us)
{
    struct listing listing = {.count = 0};
    if (!may_change(own, SETTINGS_WATCHLIST, wanted->watchlist_id, wanted->has_if_version,
                    wanted->if_version) ||
        !change_listing(own, wanted, &listing))
        return;
    become_watchlist(own, &listing, wanted->watchlist_id, now_us);
    own->event->watchlist_changed.has_name = wanted->has_name;
    own->event->watchlist_changed.name = wanted->name;
}

static void delete_watchlist(struct own *own, const struct delete_watchlist *wanted, int64_t now_us)
{
    if (!may_change(own, SETTINGS_WATCHLIST, wanted->watchlist_id, wanted->has_if_version,
                    wanted->if_version))
        return;
    own->event->kind = EVENT_WATCHLIST_DELETED;
    own->event->watchlist_deleted = (struct watchlist_deleted){
        .user_id = own->user->id, .watchlist_id = wanted->watchlist_id, .deleted_at = now_us};
}

/* --- screens ---------------------------------------------------------------------------------- */

static void create_screen(struct own *own, const struct create_screen *wanted, int64_t now_us)
{
    if (!may_create(own, SETTINGS_SCREEN, wanted->screen_id, "screen_id"))
        return;
    own->event->kind = EVENT_SCREEN_CHANGED;
    own->event->screen_changed = (struct screen_changed){.user_id = own->user->id,
                                                         .screen_id = wanted->screen_id,
                                                         .name = wanted->name,
                                                         .filters = wanted->filters,
                                                         .has_sort = wanted->has_sort,
                                                         .sort = wanted->sort,
                                                         .version = 1,
                                                         .changed_at = now_us};
}

static void change_screen(struct own *own, const struct change_screen *wanted, int64_t now_us)
{
    if (!may_change(own, SETTINGS_SCREEN, wanted->screen_id, wanted->has_if_version,
                    wanted->if_version))
        return;
    own->event->kind = EVENT_SCREEN_CHANGED;
    own->event->screen_changed = (struct screen_changed){.user_id = own->user->id,
                                                         .screen_id = wanted->screen_id,
                                                         .name = wanted->name,
                                                         .filters = wanted->filters,
                                                         .has_sort = wanted->has_sort,
                                                         .sort = wanted->sort,
                                                         .version = own->kept->version + 1,
                                                         .changed_at = now_us};
}

static void delete_screen(struct own *own, const struct delete_screen *wanted, int64_t now_us)
{
    if (!may_change(own, SETTINGS_SCREEN, wanted->screen_id, wanted->has_if_version,
                    wanted->if_version))
        return;
    own->event->kind = EVENT_SCREEN_DELETED;
    own->event->screen_deleted = (struct screen_deleted){
        .user_id = own->user->id, .screen_id = wanted->screen_id, .deleted_at = now_us};
}

/* The user that it says it is of; nil: it is about something else. */
static bool user_of(const struct command *command, struct uuid *ret_user_id)
{
    switch ((int)command->kind) {
    case COMMAND_CREATE_WATCHLIST: *ret_user_id = command->create_watchlist.user_id; return true;
    case COMMAND_CHANGE_WATCHLIST: *ret_user_id = command->change_watchlist.user_id; return true;
    case COMMAND_DELETE_WATCHLIST: *ret_user_id = command->delete_watchlist.user_id; return true;
    case COMMAND_CREATE_SCREEN: *ret_user_id = command->create_screen.user_id; return true;
    case COMMAND_CHANGE_SCREEN: *ret_user_id = command->change_screen.user_id; return true;
    case COMMAND_DELETE_SCREEN: *ret_user_id = command->delete_screen.user_id; return true;
    default: return false;
    }
}

bool settings_decide_kept(const struct settings *settings, const struct input *input,
                          struct arena *arena, struct event *event)
{
    const struct command *command = input->command;
    struct uuid user_id;
    if (!user_of(command, &user_id))
        return false;
    struct own own = {.settings = settings, .arena = arena, .event = event};
    own.user = settings_own_user(settings, &command->meta, user_id, event);
    if (own.user == NULL)
        return true;
    if (command->kind == COMMAND_CREATE_WATCHLIST)
        create_watchlist(&own, &command->create_watchlist, input->now_us);
    else if (command->kind == COMMAND_CHANGE_WATCHLIST)
        change_watchlist(&own, &command->change_watchlist, input->now_us);
    else if (command->kind == COMMAND_DELETE_WATCHLIST)
        delete_watchlist(&own, &command->delete_watchlist, input->now_us);
    else if (command->kind == COMMAND_CREATE_SCREEN)
        create_screen(&own, &command->create_screen, input->now_us);
    else if (command->kind == COMMAND_CHANGE_SCREEN)
        change_screen(&own, &command->change_screen, input->now_us);
    else
        delete_screen(&own, &command->delete_screen, input->now_us);
    return true;
}
