#include "server_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { CROWD_MAX = 400 };

static char answer[RAW_SIZE_MAX];
static int crowd[CROWD_MAX];

static void connect_crowd(uint16_t port, size_t count)
{
    for (size_t i = 0; i < count; i++)
        crowd[i] = raw_connect(port);
}

static void close_crowd(size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(crowd[i]);
}

static size_t count_answered(size_t first, size_t count)
{
    size_t answered = 0;
    for (size_t i = first; i < count; i++)
        answered += raw_answer(crowd[i], false, answer) > 0 && raw_status(answer) == 200;
    return answered;
}

/* --- events ----------------------------------------------------------------------------------- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static sem_t at_the_gate;

/* Answers once the gate is open, and nothing else is served by this thread until then. */
static void pass_the_gate(void *context, struct http_request *request)
{
    (void)context;
    sem_post(&at_the_gate);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    fixture_respond(request, TEXT("passed"));
}

static void no_number_of_requests_at_once_is_left_waiting(void **state)
{
    (void)state;
    assert_int_equal(sem_init(&at_the_gate, 0, 0), 0);
    for (size_t count = 126; count <= 131; count++) { /* microhttpd asks for 128 events */
        struct http_server_options how = fixture_options();
        how.handle = pass_the_gate;
        how.read_timeout_ms = 60000;
        struct http_server *server = fixture_start(&how);
        connect_crowd(http_server_port(server), count);
        for (size_t i = 0; i < count; i++) { /* all are known, with nothing else on their way */
            raw_send(crowd[i], TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"));
            assert_int_equal(count_answered(i, i + 1), 1);
            sem_wait(&at_the_gate);
        }
        pthread_mutex_lock(&gate);
        raw_send(crowd[0], TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"));
        sem_wait(&at_the_gate); /* so that all others are the events of one look */
        for (size_t i = 1; i < count; i++)
            raw_send(crowd[i], TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"));
        pthread_mutex_unlock(&gate);
        assert_int_equal(count_answered(0, count), count);
        for (size_t i = 1; i < count; i++)
            sem_wait(&at_the_gate);
        close_crowd(count);
        http_server_stop(server);
    }
    sem_destroy(&at_the_gate);
}

/* --- places ----------------------------------------------------------------------------------- */

static void an_address_has_so_many_connections_and_no_more(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.connections_per_address_max = 5;
    how.threads = 2;
    struct http_server *server = fixture_start(&how);
    uint16_t port = http_server_port(server);
    connect_crowd(port, 5);
    for (size_t i = 0; i < 5; i++)
        raw_send(crowd[i], TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(count_answered(0, 5), 5);
    int sixth = raw_connect(port);
    assert_true(raw_closes(sixth, 3000));
    close(sixth);
    close(crowd[0]);
    do { /* until the server has noticed */
        crowd[0] = raw_connect(port);
        raw_send(crowd[0], TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"));
    } while (count_answered(0, 1) == 0 && close(crowd[0]) == 0);
    close_crowd(5);
    http_server_stop(server);
}

static void where_places_run_out_those_idle_for_longest_make_room(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.connections_max = 80;
    how.read_timeout_ms = 60000;
    struct http_server *server = fixture_start(&how);
    uint16_t port = http_server_port(server);
    connect_crowd(port, 200); /* more than there are places: the others wait in the kernel */
    int client = raw_connect(port);
    for (int i = 0; i < 5; i++) {
        raw_send(client, TEXT("GET /?q=hello HTTP/1.1\r\n" HOST "\r\n"));
        assert_true(raw_answer(client, false, answer) > 0);
        assert_string_equal(raw_body(answer), "hello");
    }
    assert_true(raw_closes(crowd[0], 3000));
    close(client);
    close_crowd(200);
    http_server_stop(server);
}

/* --- descriptors ------------------------------------------------------------------------------ */

/* A process of its own that connects as often as it can, and holds on until it is ended. */
static pid_t start_holder(uint16_t port, size_t count)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t holder = fork();
    if (holder == 0) {
        connect_crowd(port, count);
        (void)!write(ready[1], "", 1);
        for (;;)
            pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return holder;
}

static unsigned starved;

static void count_starved(void *context, const char *problem)
{
    (void)context;
    starved++;
    assert_string_equal(problem, strerror(EMFILE));
}

/* Takes all descriptors that this process may have, but for those it gives back. */
static void allow_descriptors(size_t more)
{
    struct rlimit limit;
    int next = dup(0); /* the lowest that is free */
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)next + more;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* Somebody waits for an answer meanwhile, or nobody is connected: microhttpd would accept nobody
 * until the former ends, and ask again for ever in the other case. */
static void who_comes_without_descriptors_is_served_when_there_are_some(bool beside)
{
    struct http_server_options how = fixture_options();
    how.starved = count_starved;
    how.read_timeout_ms = 60000;
    how.answer_timeout_ms = 60000;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    starved = 0;
    struct http_server *server = fixture_start(&how);
    uint16_t port = http_server_port(server);
    int standing = beside ? raw_connect(port) : -1;
    struct http_request *kept = NULL;
    if (beside) {
        raw_send(standing, TEXT("GET /keep HTTP/1.1\r\n" HOST "\r\n"));
        kept = fixture_take();
    }
    int client = socket(AF_INET, SOCK_STREAM, 0);
    allow_descriptors(0);
    double used = cpu_seconds();
    raw_join(client, port);
    raw_send(client, TEXT("GET /?q=hello HTTP/1.1\r\n" HOST "\r\n"));
    assert_false(raw_closes(client, 1000)); /* it waits, and so does the server */
    assert_true(cpu_seconds() - used < 0.5);
    assert_int_equal(starved, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(raw_answer(client, false, answer) > 0);
    assert_string_equal(raw_body(answer), "hello");
    if (beside) {
        fixture_respond(kept, TEXT("late"));
        assert_true(raw_answer(standing, false, answer) > 0);
        close(standing);
    }
    close(client);
    http_server_stop(server);
}

static void descriptors_that_come_back_are_used_at_once_beside_who_waits(void **state)
{
    (void)state;
    who_comes_without_descriptors_is_served_when_there_are_some(true);
}

static void descriptors_that_come_back_are_used_at_once_by_the_first(void **state)
{
    (void)state;
    who_comes_without_descriptors_is_served_when_there_are_some(false);
}

static void who_is_idle_for_longest_gives_a_descriptor_up(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    how.read_timeout_ms = 60000;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct http_server *server = fixture_start(&how);
    uint16_t port = http_server_port(server);
    connect_crowd(port, 8);
    for (size_t i = 0; i < 8; i++) { /* each is known to the server, one after the other */
        raw_send(crowd[i], TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"));
        assert_int_equal(count_answered(i, i + 1), 1);
    }
    int client = socket(AF_INET, SOCK_STREAM, 0);
    allow_descriptors(0);
    raw_join(client, port);
    raw_send(client, TEXT("GET /?q=hello HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(raw_answer(client, false, answer) > 0);
    assert_string_equal(raw_body(answer), "hello");
    assert_true(raw_closes(crowd[0], 3000));
    raw_send(crowd[7], TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(count_answered(7, 8), 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(client);
    close_crowd(8);
    http_server_stop(server);
}

/* The last test: what a process may have cannot be raised again. */
static void descriptors_do_not_run_out(void **state)
{
    (void)state;
    const struct rlimit few = {.rlim_cur = 300, .rlim_max = 300};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct http_server_options how = fixture_options();
    how.read_timeout_ms = 60000;
    struct http_server *server = fixture_start(&how);
    uint16_t port = http_server_port(server);
    pid_t holder = start_holder(port, 250);
    for (int i = 0; i < 5; i++)
        assert_int_equal(raw_ask(port, "GET /?q=hello HTTP/1.1\r\n" HOST "\r\n", answer), 200);
    int other = open("/dev/null", O_RDONLY);
    assert_true(other >= 0);
    close(other);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    assert_int_equal(raw_ask(port, "GET /?q=hello HTTP/1.1\r\n" HOST "\r\n", answer), 200);
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_number_of_requests_at_once_is_left_waiting),
        cmocka_unit_test(an_address_has_so_many_connections_and_no_more),
        cmocka_unit_test(where_places_run_out_those_idle_for_longest_make_room),
        cmocka_unit_test(descriptors_that_come_back_are_used_at_once_beside_who_waits),
        cmocka_unit_test(descriptors_that_come_back_are_used_at_once_by_the_first),
        cmocka_unit_test(who_is_idle_for_longest_gives_a_descriptor_up),
        cmocka_unit_test(descriptors_do_not_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
