/* office.h - a partition of the desk as the unit tests drive it: a command is decided, and what
 * comes of it applied. People and documents are told apart by small numbers. */
#ifndef DESK_OFFICE_H
#define DESK_OFFICE_H
#include "desk/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_set_up, office_tear_down)

#define OFFICE_NOON_US INT64_C(1795348800000000)

/* The state, and what its decisions live in. Here 1 is an operator, and everybody else a client. */
struct office {
    struct desk *desk;
    struct arena *arena;
    int64_t now_us;
};

/* A fresh one for each test, as *state. */
int office_set_up(void **state);
int office_tear_down(void **state);

/* Says who asks: the operator as one who says so, others as users. */
void office_act_as(struct command *command, uint8_t person);

/* What would come of a command now; and that, once it has. */
struct event office_decide(struct office *office, const struct command *command);
struct event office_do(struct office *office, const struct command *command);
/* What comes of an event that touches this partition, once it has. */
struct event office_follow(struct office *office, const struct event *followed);

/* What comes of the time that has passed, once it has. */
struct event office_tick(struct office *office);

/* `field` NULL: none is to blame. */
void office_assert_rejected(const struct event *event, const char *code, const char *field);
/* Its snapshot, loaded into another state, is the same snapshot. */
void office_assert_loads_as_saved(struct office *office);

#endif
