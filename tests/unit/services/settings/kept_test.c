#include "desk.h"

#include <stdio.h>

enum { SNAPSHOT_MAX = 1 << 20 };

static struct uuid user_id(void)
{
    return desk_id_of_address(1, 1);
}

static struct uuid list_id(uint8_t n)
{
    return desk_id_of_address(1, (uint8_t)(100 + n));
}

static void hear_of_instrument(struct desk *desk, struct text symbol)
{
    struct event changed = {.kind = EVENT_INSTRUMENT_CHANGED};
    changed.instrument_changed.instrument.symbol = symbol;
    assert_int_equal(desk_follow(desk, &changed).kind, EVENT_INSTRUMENT_ADOPTED);
}

static int set_up(void **state)
{
    desk_set_up(state);
    struct command registration = desk_registration(1, 1);
    (void)desk_decide_and_apply(*state, &registration);
    hear_of_instrument(*state, TEXT("A-EUR"));
    hear_of_instrument(*state, TEXT("B-EUR"));
    hear_of_instrument(*state, TEXT("C-EUR"));
    return 0;
}

static struct command of_owner(enum command_kind kind)
{
    return (struct command){.kind = kind, .meta = {.has_actor = true, .actor.user_id = user_id()}};
}

static struct event create(struct desk *desk, uint8_t n, struct text *symbols, size_t count)
{
    struct command command = of_owner(COMMAND_CREATE_WATCHLIST);
    command.create_watchlist = (struct create_watchlist){.user_id = user_id(),
                                                         .watchlist_id = list_id(n),
                                                         .name = TEXT("s1:name"),
                                                         .symbols = symbols,
                                                         .symbols_count = count};
    return desk_decide_and_apply(desk, &command);
}

static struct event change(struct desk *desk, enum list_change what, struct text symbol)
{
    struct command command = of_owner(COMMAND_CHANGE_WATCHLIST);
    command.change_watchlist = (struct change_watchlist){.user_id = user_id(),
                                                         .watchlist_id = list_id(1),
                                                         .change = what,
                                                         .symbols = &symbol,
                                                         .symbols_count = 1};
    return desk_decide_and_apply(desk, &command);
}

static void assert_listed(const struct event *event, const char *symbols, int64_t version)
{
    char listed[64] = "";
    size_t size = 0;
    assert_int_equal(event->kind, EVENT_WATCHLIST_CHANGED);
    for (size_t i = 0; i < event->watchlist_changed.symbols_count; i++) {
        struct text symbol = event->watchlist_changed.symbols[i];
        size += (size_t)snprintf(listed + size, sizeof listed - size, "%s%.*s", i > 0 ? " " : "",
                                 (int)symbol.size, symbol.data);
    }
    assert_string_equal(listed, symbols);
    assert_int_equal(event->watchlist_changed.version, version);
}

static void a_list_stays_in_the_order_of_its_owner(void **state)
{
    struct text symbols[] = {TEXT("B-EUR"), TEXT("A-EUR"), TEXT("B-EUR")};
    struct event event = create(*state, 1, symbols, 3);
    assert_listed(&event, "B-EUR A-EUR", 1);

    event = change(*state, LIST_CHANGE_ADD, TEXT("C-EUR"));
    assert_listed(&event, "B-EUR A-EUR C-EUR", 2);
    event = change(*state, LIST_CHANGE_ADD, TEXT("A-EUR"));
    assert_listed(&event, "B-EUR A-EUR C-EUR", 3);
    event = change(*state, LIST_CHANGE_REMOVE, TEXT("B-EUR"));
    assert_listed(&event, "A-EUR C-EUR", 4);
    event = change(*state, LIST_CHANGE_REPLACE, TEXT("B-EUR"));
    assert_listed(&event, "B-EUR", 5);
}

static void what_the_venue_does_not_trade_is_on_no_list(void **state)
{
    struct text symbols[] = {TEXT("A-EUR"), TEXT("X-EUR")};
    struct event event = create(*state, 1, symbols, 2);
    desk_assert_rejected(&event, "INSTRUMENT_UNKNOWN", "symbols");
}

static void what_every_venue_begins_with_can_be_watched(void **state)
{
    struct desk *desk = *state;
    const struct event created = {.kind = EVENT_LOG_CREATED};
    settings_apply(desk->settings, &created);
    struct text symbols[] = {TEXT("CEA-EUR"), TEXT("EUA-EUR")};
    struct event event = create(desk, 1, symbols, 2);
    assert_listed(&event, "CEA-EUR EUA-EUR", 1);
}

static void what_is_not_there_is_not_taken_off(void **state)
{
    struct text symbol = TEXT("A-EUR");
    (void)create(*state, 1, &symbol, 1);
    struct event event = change(*state, LIST_CHANGE_REMOVE, TEXT("B-EUR"));
    desk_assert_rejected(&event, "NOT_FOUND", NULL);
}

static void a_change_is_made_from_a_version_and_by_the_owner(void **state)
{
    (void)create(*state, 1, NULL, 0);
    struct command command = of_owner(COMMAND_DELETE_WATCHLIST);
    command.delete_watchlist = (struct delete_watchlist){
        .user_id = user_id(), .watchlist_id = list_id(1), .has_if_version = true, .if_version = 2};
    struct event event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VERSION_CONFLICT", NULL);

    command.delete_watchlist.if_version = 1;
    command.meta.actor.user_id = desk_id_of_address(1, 2);
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "FORBIDDEN", NULL);

    command.meta.actor.user_id = user_id();
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_WATCHLIST_DELETED);
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "NOT_FOUND", NULL);
}

static void nobody_keeps_more_than_so_many_lists_of_so_many_instruments(void **state)
{
    struct desk *desk = *state;
    struct text *symbols = ARENA_NEW(desk->arena, struct text, SETTINGS_SYMBOLS_MAX + 1);
    for (int i = 0; i <= SETTINGS_SYMBOLS_MAX; i++) {
        symbols[i] = arena_printf(desk->arena, "S%d-EUR", i);
        hear_of_instrument(desk, symbols[i]);
    }
    struct event event = create(desk, 0, symbols, SETTINGS_SYMBOLS_MAX + 1);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "symbols");
    event = create(desk, 0, symbols, SETTINGS_SYMBOLS_MAX);
    assert_int_equal(event.kind, EVENT_WATCHLIST_CHANGED);

    for (uint8_t n = 1; n < SETTINGS_KEPT_MAX; n++) {
        event = create(desk, n, NULL, 0);
        assert_int_equal(event.kind, EVENT_WATCHLIST_CHANGED);
    }
    event = create(desk, SETTINGS_KEPT_MAX, NULL, 0);
    desk_assert_rejected(&event, "VALIDATION_FAILED", NULL);
}

static struct command screen(enum command_kind kind)
{
    struct command command = of_owner(kind);
    command.create_screen = (struct create_screen){.user_id = user_id(),
                                                   .screen_id = list_id(1),
                                                   .name = TEXT("s1:name"),
                                                   .filters = TEXT("s1:{}")};
    return command;
}

static void a_screen_is_kept_changed_and_kept_no_longer(void **state)
{
    struct command command = screen(COMMAND_CREATE_SCREEN);
    struct event event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_SCREEN_CHANGED);
    assert_int_equal(event.screen_changed.version, 1);
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VALIDATION_FAILED", "screen_id");

    command = of_owner(COMMAND_CHANGE_SCREEN);
    command.change_screen = (struct change_screen){.user_id = user_id(), .screen_id = list_id(1)};
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.screen_changed.version, 2);
    command.change_screen.has_if_version = true;
    command.change_screen.if_version = 1;
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "VERSION_CONFLICT", NULL);

    command = of_owner(COMMAND_DELETE_SCREEN);
    command.delete_screen = (struct delete_screen){.user_id = user_id(), .screen_id = list_id(1)};
    event = desk_decide_and_apply(*state, &command);
    assert_int_equal(event.kind, EVENT_SCREEN_DELETED);
    event = desk_decide(*state, &command);
    desk_assert_rejected(&event, "NOT_FOUND", NULL);
}

static void what_is_kept_comes_back_from_a_snapshot(void **state)
{
    struct desk *desk = *state;
    struct text symbols[] = {TEXT("B-EUR"), TEXT("A-EUR")};
    struct command command = screen(COMMAND_CREATE_SCREEN);
    (void)create(desk, 1, symbols, 2);
    (void)desk_decide_and_apply(desk, &command);
    struct buffer saved, again;
    buffer_init(&saved, SNAPSHOT_MAX);
    buffer_init(&again, SNAPSHOT_MAX);
    settings_save(desk->settings, &saved);

    settings_free(desk->settings);
    desk->settings = settings_new(&DESK_PLACE);
    assert_int_equal(settings_load(desk->settings, buffer_bytes(&saved)), OK);

    settings_save(desk->settings, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    struct event event = change(desk, LIST_CHANGE_ADD, TEXT("C-EUR"));
    assert_listed(&event, "B-EUR A-EUR C-EUR", 2);
    buffer_free(&saved);
    buffer_free(&again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, desk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_list_stays_in_the_order_of_its_owner),
        TEST(what_the_venue_does_not_trade_is_on_no_list),
        TEST(what_every_venue_begins_with_can_be_watched),
        TEST(what_is_not_there_is_not_taken_off),
        TEST(a_change_is_made_from_a_version_and_by_the_owner),
        TEST(nobody_keeps_more_than_so_many_lists_of_so_many_instruments),
        TEST(a_screen_is_kept_changed_and_kept_no_longer),
        TEST(what_is_kept_comes_back_from_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
