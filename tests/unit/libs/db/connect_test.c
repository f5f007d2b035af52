/* What becomes of a connection to a server that refuses it, or does not answer: a server of the
 * test's own, which says to each connection what its turn is. */
#include "db/db.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CONNECTIONS_MAX = 8, CONNINFO_SIZE = 200 };

/* Messages of the server's, with the five bytes of their type and size. */
#define REFUSES(code)                                                                              \
    {                                                                                              \
        "E\0\0\0\x1eSFATAL\0VFATAL\0C" code "\0Mno\0\0", 31                                        \
    }
#define TAKES                                                                                      \
    {                                                                                              \
        "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", 15                                                      \
    }
#define DONE "C\0\0\0\x08SET\0Z\0\0\0\x05I"

struct answer {
    const char *bytes;
    size_t size;
};
static const struct answer STARTING = REFUSES("57P03"), WRONG = REFUSES("28P01"), WELCOME = TAKES,
                           NO_PLACE = REFUSES("53300"), SLOW = TAKES;

struct server {
    int socket;
    pthread_t thread;
    const struct answer *turns[CONNECTIONS_MAX];
    size_t turns_count;
    size_t seen;
    sem_t told; /* what SLOW waits for before its second answer */
};

/* Everything that comes is one message, and is answered as if it had been done. */
static void serve(struct server *server, int client, const struct answer *turn)
{
    char bytes[1024];
    if (read(client, bytes, sizeof bytes) <= 0)
        return;
    (void)!write(client, turn->bytes, turn->size);
    bool takes = turn == &WELCOME || turn == &SLOW;
    for (int seen = 0; takes && read(client, bytes, sizeof bytes) > 0 && bytes[0] == 'Q'; seen++) {
        if (turn == &SLOW && seen == 1)
            sem_wait(&server->told);
        (void)!write(client, DONE, sizeof DONE - 1);
    }
}

static void *run(void *argument)
{
    struct server *server = argument;
    while (server->seen < server->turns_count) {
        int client = accept(server->socket, NULL, NULL);
        if (client < 0)
            break;
        serve(server, client, server->turns[server->seen++]);
        close(client);
    }
    return NULL;
}

static struct db *start(struct server *server, int32_t statement_timeout_ms)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    char conninfo[CONNINFO_SIZE];
    server->socket = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->socket, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->socket, CONNECTIONS_MAX), 0);
    assert_int_equal(getsockname(server->socket, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
    snprintf(conninfo, sizeof conninfo,
             "host=127.0.0.1 port=%d user=u dbname=d sslmode=disable gssencmode=disable",
             ntohs(address.sin_port));
    assert_int_equal(sem_init(&server->told, 0, 0), 0);
    return db_new(conninfo, statement_timeout_ms);
}

static void stop(struct server *server, struct db *db)
{
    db_free(db);
    shutdown(server->socket, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->socket);
}

static void a_server_that_is_starting_is_away(void **state)
{
    (void)state;
    struct server server = {.turns = {&STARTING, &STARTING}, .turns_count = 2};
    struct db *db = start(&server, 0);
    assert_int_equal(db_connect(db), ERR_BUSY);
    stop(&server, db);
}

/* It was no longer starting when it was looked at again: that says nothing of our settings. */
static void a_server_that_has_started_meanwhile_is_connected_to(void **state)
{
    (void)state;
    struct server server = {.turns = {&STARTING, &WELCOME, &WELCOME}, .turns_count = 3};
    struct db *db = start(&server, 0);
    assert_int_equal(db_connect(db), OK);
    stop(&server, db);
}

static void who_is_refused_twice_has_wrong_settings(void **state)
{
    (void)state;
    struct server server = {.turns = {&WRONG, &WRONG, &WRONG}, .turns_count = 3};
    struct db *db = start(&server, 0);
    assert_int_equal(db_connect(db), ERR_CONFIG);
    stop(&server, db);
    assert_int_equal(server.seen, 3);
}

static void a_server_without_a_place_is_away(void **state)
{
    (void)state;
    struct server server = {.turns = {&NO_PLACE, &NO_PLACE, &NO_PLACE}, .turns_count = 3};
    struct db *db = start(&server, 0);
    assert_int_equal(db_connect(db), ERR_BUSY);
    stop(&server, db);
}

/* It commits, and waits for a standby: whoever hung up would leave it one more that waits. */
static void a_server_that_does_not_answer_in_time_is_asked_nothing_more_until_it_has(void **state)
{
    (void)state;
    struct server server = {.turns = {&SLOW, &WELCOME}, .turns_count = 2};
    struct db *db = start(&server, 1);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(db_commit(db), ERR_DOUBT);
    assert_non_null(strstr(db_error_text(db), "not answered in time"));
    assert_true(db_is_late(db));
    assert_int_equal(db_exec(db, "SELECT 1"), ERR_BUSY);
    assert_int_equal(db_connect(db), ERR_BUSY);
    assert_int_equal(server.seen, 1);
    sem_post(&server.told);
    while (db_is_late(db))
        sched_yield();
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(db_exec(db, "SELECT 1"), OK);
    stop(&server, db);
    assert_int_equal(server.seen, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_starting_is_away),
        cmocka_unit_test(a_server_that_has_started_meanwhile_is_connected_to),
        cmocka_unit_test(who_is_refused_twice_has_wrong_settings),
        cmocka_unit_test(a_server_without_a_place_is_away),
        cmocka_unit_test(a_server_that_does_not_answer_in_time_is_asked_nothing_more_until_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
