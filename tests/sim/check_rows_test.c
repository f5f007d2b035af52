/* Projections judged row for row: at every position on the way, and with a row that lies. */
#include "accounts/accounts.h"
#include "audit/project.h"
#include "check_run.h"
#include "forge.h"
#include "orders/project.h"
#include "projection/projector.h"
#include "witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct evidence *truth; /* a rough day, at rest, and its projections on the way */

static void project(struct venue *venue, struct evidence *evidence, enum service_id service,
                    const struct projection *projection)
{
    const struct projector_world world = {.log = venue->log};
    struct store_memory *memory = store_memory_new();
    struct projector *projector = projector_new_over(
        &world, service, projection, store_memory_connect(memory, service, projection));
    size_t events = 0;
    do {
        enum err err = projector_step(projector, 0, &events);
        if (err != OK)
            fail_msg("%s", projector_problem(projector));
        witness_projection(evidence, memory, service, 0);
    } while (!projector_caught_up(projector) || events > 0);
    projector_free(projector);
    store_memory_free(memory);
}

static void look(struct venue *venue, struct evidence *evidence)
{
    project(venue, evidence, SERVICE_ACCOUNTS, &ACCOUNTS_PROJECTION);
    project(venue, evidence, SERVICE_ORDERS, &ORDERS_PROJECTION);
    project(venue, evidence, SERVICE_AUDIT, &AUDIT_PROJECTION);
}

static int live_a_day(void **state)
{
    (void)state;
    truth = forge_day(4, 3, 400, look);
    return 0;
}

static int forget_the_day(void **state)
{
    (void)state;
    evidence_free(truth);
    return 0;
}

static void true_rows_hold(void **state)
{
    (void)state;
    struct check_problem problem;
    struct check_tally tally = {0};
    if (!check_and_tally(truth, true, &tally, &problem))
        fail_msg("%s", problem.text);
    assert_true(tally.samples > 3);
}

static void check_finds(void)
{
    struct check_problem problem;
    assert_false(check_all(truth, true, &problem));
    print_message("%s\n", problem.text);
    assert_int_equal(problem.invariant, 11);
}

/* The row of that table in the last sample of its service. */
static struct evidence_row *row_of(const char *table, struct evidence_sample **ret_sample)
{
    for (size_t i = truth->samples_count; i-- > 0;) {
        for (size_t j = truth->samples[i].rows_count; j-- > 0;) {
            if (strcmp(truth->samples[i].rows[j].table, table) == 0) {
                *ret_sample = &truth->samples[i];
                return &truth->samples[i].rows[j];
            }
        }
    }
    fail_msg("no row of %s", table);
    return NULL;
}

static void a_value_that_lies_is_found(void **state)
{
    (void)state;
    static const char *const CELLS[][2] = {
        {"accounts.balances", "total"},
        {"accounts.positions", "quantity"},
        {"accounts.transactions", "amount"},
        {"accounts.accounts", "status"},
        {"accounts.market_maker_proceeds", "amount"},
        {"orders.orders", "filled_quantity"},
        {"orders.trades", "price"},
        {"audit.ticket_logs", "outcome"},
    };
    for (size_t i = 0; i < COUNT_OF(CELLS); i++) {
        struct evidence_sample *sample = NULL;
        const struct evidence_row *row = row_of(CELLS[i][0], &sample);
        size_t j = 0;
        while (strcmp(row->columns[j].name, CELLS[i][1]) != 0)
            j++;
        struct evidence_column *column = (struct evidence_column *)(uintptr_t)&row->columns[j];
        const char *told = column->value;
        column->value = "17";
        check_finds();
        column->value = told;
    }
}

static void a_row_left_out_is_found(void **state)
{
    (void)state;
    struct evidence_sample *sample = NULL;
    struct evidence_row *row = row_of("orders.trades", &sample);
    const struct evidence_row told = *row;
    *row = sample->rows[--sample->rows_count];
    check_finds();
    sample->rows[sample->rows_count++] = *row;
    *row = told;
}

static void a_row_ahead_of_its_position_is_found(void **state)
{
    (void)state;
    struct evidence_sample *sample = NULL;
    (void)row_of("audit.ticket_logs", &sample);
    sample->offsets[0] -= 2;
    sample->database = 1;
    check_finds();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(true_rows_hold),
        cmocka_unit_test(a_value_that_lies_is_found),
        cmocka_unit_test(a_row_left_out_is_found),
        cmocka_unit_test(a_row_ahead_of_its_position_is_found),
    };
    return cmocka_run_group_tests(tests, live_a_day, forget_the_day);
}
