#include "base/again.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { HELD = 50, BEGUN_AGAIN = 7, SOMETHING_IS_LEFT = 8 };

/* The same program with other arguments, which finds nothing that was open before. */
static void a_process_begins_again_with_its_arguments_alone(void **state)
{
    (void)state;
    char name[] = "again_test", word[] = "again";
    pid_t child = fork();
    if (child == 0) {
        dup2(STDERR_FILENO, HELD);
        _exit(again((char *[]){name, word, NULL}));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), BEGUN_AGAIN);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "again") == 0)
        return fcntl(HELD, F_GETFD) < 0 ? BEGUN_AGAIN : SOMETHING_IS_LEFT;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_begins_again_with_its_arguments_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
