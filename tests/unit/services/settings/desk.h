/* desk.h - a partition of settings as the unit tests drive it: a command is decided, and what comes
 * of it applied. People and sessions are told apart by small numbers. */
#ifndef SETTINGS_DESK_H
#define SETTINGS_DESK_H
#include "settings/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DESK_NOON_US INT64_C(1795348800000000)
#define DESK_HOUR_US (INT64_C(3600) * 1000000)

extern const struct place DESK_PLACE;

/* The state, and what its decisions live in. */
struct desk {
    struct settings *settings;
    struct arena *arena;
    int64_t now_us;
};

/* A fresh one for each test, as *state. */
int desk_set_up(void **state);
int desk_tear_down(void **state);

struct keyed_hash desk_address(uint8_t n);
/* The n-th id that this address places. */
struct uuid desk_id_of_address(uint8_t address_n, uint8_t n);

struct command desk_registration(uint8_t address_n, uint8_t n);
struct command desk_login(uint8_t address_n, uint8_t session_n, enum login_outcome outcome);
/* With the right password. */
struct command desk_login_of_user(uint8_t address_n, uint8_t user_n, uint8_t session_n);

/* What would come of a command now; and that, once it has. */
struct event desk_decide(struct desk *desk, const struct command *command);
struct event desk_decide_and_apply(struct desk *desk, const struct command *command);
/* What comes of an event that touches this partition, once it has. */
struct event desk_follow(struct desk *desk, const struct event *followed);
struct event desk_note_market_maker(struct desk *desk, uint8_t address_n);

/* `field` NULL: none is to blame. */
void desk_assert_rejected(const struct event *event, const char *code, const char *field);
void desk_assert_login_refused(const struct event *event, const char *code);

#endif
