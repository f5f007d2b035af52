#include "base/again.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { HELD = 50, BEGUN_AGAIN = 7, SOMETHING_IS_LEFT = 8, PATIENCE_S = 30 };

static char *arguments[] = {"again_test", "again", NULL};
static volatile sig_atomic_t stop;

static void on_stop(int number)
{
    (void)number;
    stop = 1;
}

/* The status that a child exits with; one that a signal ended fails. */
static int exit_status_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The same program with other arguments, which finds nothing that was open before. */
static void a_process_begins_again_with_its_arguments_alone(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        dup2(STDERR_FILENO, HELD);
        _exit(again(arguments));
    }
    assert_int_equal(exit_status_of(child), BEGUN_AGAIN);
}

static void a_process_that_nobody_stops_begins_again_later(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(again_later(arguments, 20000, &stop));
    assert_int_equal(exit_status_of(child), BEGUN_AGAIN);
}

static void a_process_that_was_told_to_stop_does_not_begin_again(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        stop = 1;
        _exit(again_later(arguments, 20000, &stop));
    }
    assert_int_equal(exit_status_of(child), EXIT_SUCCESS);
}

/* It is told in the middle of the wait, which would last longer than anybody waits here. */
static void a_wait_is_over_when_it_is_told_to_stop(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S); /* which ends it by a signal */
        sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_stop}, NULL);
        (void)!write(ready[1], "", 1);
        _exit(again_later(arguments, INT64_C(1000000) * PATIENCE_S * 2, &stop));
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(exit_status_of(child), EXIT_SUCCESS);
    close(ready[0]);
    close(ready[1]);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "again") == 0)
        return fcntl(HELD, F_GETFD) < 0 ? BEGUN_AGAIN : SOMETHING_IS_LEFT;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_begins_again_with_its_arguments_alone),
        cmocka_unit_test(a_process_that_nobody_stops_begins_again_later),
        cmocka_unit_test(a_process_that_was_told_to_stop_does_not_begin_again),
        cmocka_unit_test(a_wait_is_over_when_it_is_told_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
