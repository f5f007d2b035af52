/* Damaged bytes of each service's state: load() says so or gives a state, and never crashes. */
#include "audit/state.h"
#include "desk/state.h"
#include "ledger.h"
#include "settings/state.h"
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 5000, SAVED_MAX = 1 << 20 };

/* What the shell knows of a service's state. */
struct loader {
    struct place place;
    void *(*state_new)(const struct place *place);
    void (*state_free)(void *state);
    void (*save)(const void *state, struct buffer *buffer);
    enum err (*load)(void *state, struct bytes bytes);
};

static const struct loader ACCOUNTS = {
    {.service = SERVICE_ACCOUNTS, .partition_counts = {1, 1, 1, 1}},
    accounts_state_new,
    accounts_state_free,
    accounts_save,
    accounts_load};
static const struct loader ORDERS = {{.service = SERVICE_ORDERS, .partition_counts = {1, 1, 1, 1}},
                                     orders_new,
                                     orders_free,
                                     orders_save,
                                     orders_load};
static const struct loader AUDIT = {{.service = SERVICE_AUDIT, .partition_counts = {1, 1, 1, 1}},
                                    audit_new,
                                    audit_free,
                                    audit_save,
                                    audit_load};
static const struct loader SETTINGS = {
    {.service = SERVICE_SETTINGS, .partition_counts = {1, 1, 1, 1}},
    settings_new,
    settings_free,
    settings_save,
    settings_load};
static const struct loader DESK = {{.service = SERVICE_DESK, .partition_counts = {1, 1, 1, 1, 1}},
                                   desk_new,
                                   desk_free,
                                   desk_save,
                                   desk_load};

/* Loads a copy of its own, so that a sanitizer sees its end; what loads can be saved again. */
static enum err try_to_load(const struct loader *loader, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    void *state = loader->state_new(&loader->place);
    enum err err = loader->load(state, (struct bytes){copy, size});
    assert_true(err == OK || err == ERR_POISON);
    if (err == OK) {
        struct buffer again;
        buffer_init(&again, SAVED_MAX);
        loader->save(state, &again);
        buffer_free(&again);
    }
    loader->state_free(state);
    free(copy);
    return err;
}

/* Turns over each byte, then bytes, cuts and numbers at random; frees `saved`. */
static void damage(const struct loader *loader, struct buffer *saved)
{
    static const uint8_t MASKS[] = {0x01, 0x40, 0x80, 0xff};
    assert_true(buffer_ok(saved));
    assert_int_not_equal(saved->size, 0);
    uint8_t *whole = malloc(saved->size);
    assert_non_null(whole);
    memcpy(whole, saved->data, saved->size);
    assert_int_equal(try_to_load(loader, saved->data, saved->size), OK);
    for (size_t size = 0; size < saved->size; size++)
        assert_int_equal(try_to_load(loader, saved->data, size), ERR_POISON);
    for (size_t i = 0; i < saved->size * COUNT_OF(MASKS); i++) {
        saved->data[i % saved->size] ^= MASKS[i / saved->size];
        try_to_load(loader, saved->data, saved->size);
        saved->data[i % saved->size] ^= MASKS[i / saved->size];
    }
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = saved->size - (round % 4 == 0 ? (size_t)rand() % saved->size : 0);
        for (int i = rand() % 8; i >= 0; i--)
            saved->data[(size_t)rand() % saved->size] = (uint8_t)rand();
        if (round % 3 == 0 && saved->size > 8) /* a count or size that cannot be */
            memset(saved->data + (size_t)rand() % (saved->size - 8), 0xff, 8);
        try_to_load(loader, saved->data, size);
        memcpy(saved->data, whole, saved->size);
    }
    free(whole);
    buffer_free(saved);
}

static void damaged_accounts_are_refused_or_loaded(void **state)
{
    (void)state;
    struct ledger ledger;
    ledger_open(&ledger, 0, 1);
    ledger_open_account(&ledger, id_of(1));
    ledger_open_maker(&ledger, id_of(2));
    ledger_deposit(&ledger, id_of(1), "EUR", 1000 * E8);
    ledger_deposit(&ledger, id_of(1), "CEA", 10 * E8);
    struct command buy =
        limit_order(&ledger, order_id_of("CEA-EUR", 3), id_of(1), "CEA-EUR", SIDE_BUY, E8, 10 * E8);
    ledger_command(&ledger, &buy);
    struct buffer saved = ledger_saved(ledger.state);
    damage(&ACCOUNTS, &saved);
    ledger_close(&ledger);
}

static void damaged_orders_are_refused_or_loaded(void **state)
{
    (void)state;
    struct venue *venue = venue_open(1);
    struct buffer saved;
    for (uint32_t i = 1; i <= 6; i++)
        venue_place(venue, &(struct wish){.number = i,
                                          .account = i,
                                          .side = i % 2 == 0 ? SIDE_SELL : SIDE_BUY,
                                          .price_e8 = (i % 2 == 0 ? 10 : 9) * E8 + i * E8 / 10});
    venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER);
    buffer_init(&saved, SAVED_MAX);
    orders_save(venue->state, &saved);
    damage(&ORDERS, &saved);
    venue_close(venue);
}

static void damaged_documents_and_conversations_are_refused_or_loaded(void **state)
{
    (void)state;
    struct desk *desk = desk_new(&DESK.place);
    struct buffer saved;
    staff_set(&desk->staff, id_of(1), ROLE_BIT(ROLE_OPERATOR));
    for (uint8_t i = 1; i <= 3; i++) {
        desk_set_document(desk, &(struct desk_document){.id = id_of(i), .version = i});
        desk_set_ticket(desk, &(struct support_ticket){.id = id_of(i),
                                                       .user_id = id_of(7),
                                                       .status = SUPPORT_STATUS_RESOLVED,
                                                       .has_resolved_at = true,
                                                       .resolved_at = i,
                                                       .version = i});
    }
    buffer_init(&saved, SAVED_MAX);
    desk_save(desk, &saved);
    damage(&DESK, &saved);
    desk_free(desk);
}

static void damaged_tickets_are_refused_or_loaded(void **state)
{
    (void)state;
    struct audit *audit = audit_new(&AUDIT.place);
    struct buffer saved;
    audit->year = 2026;
    audit->issued = 5;
    for (uint8_t i = 1; i <= 5; i++)
        audit_remember(audit, (struct uuid){{i}}, i);
    buffer_init(&saved, SAVED_MAX);
    audit_save(audit, &saved);
    audit_free(audit);
    damage(&AUDIT, &saved);
}

static void damaged_settings_are_refused_or_loaded(void **state)
{
    (void)state;
    struct settings *settings = settings_new(&SETTINGS.place);
    struct buffer saved;
    for (uint8_t i = 1; i <= 5; i++) {
        struct settings_user user = {.id = {{i}}, .account_id = {{i, 1}}, .email_hash = {{i, 2}}};
        struct settings_session session = {.id = {{i, 3}}, .user_id = user.id};
        settings_add_user(settings, &user);
        settings_add_session(settings, &session);
        settings_add_market_maker(settings, &(struct keyed_hash){{i}});
    }
    buffer_init(&saved, SAVED_MAX);
    settings_save(settings, &saved);
    settings_free(settings);
    damage(&SETTINGS, &saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_accounts_are_refused_or_loaded),
        cmocka_unit_test(damaged_orders_are_refused_or_loaded),
        cmocka_unit_test(damaged_documents_and_conversations_are_refused_or_loaded),
        cmocka_unit_test(damaged_tickets_are_refused_or_loaded),
        cmocka_unit_test(damaged_settings_are_refused_or_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
