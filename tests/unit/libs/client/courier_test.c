/* What is silent holds up nothing else: a server that takes connections and says nothing, and a
 * name server that never answers. */
#include "client/courier.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static sem_t asked, answered;

/* The resolver that curl asks, on a thread of its own: it answers when it is let. */
int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict ret_list)
{
    (void)name;
    (void)service;
    (void)hints;
    (void)ret_list;
    sem_post(&asked);
    while (sem_wait(&answered) != 0 && errno == EINTR) {
    }
    return EAI_FAIL;
}

/* A socket of a port of its own; if it does not listen, whoever connects is refused. */
static int open_port(bool listens, char ret_url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int port = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(port >= 0);
    assert_int_equal(bind(port, (struct sockaddr *)&address, sizeof address), 0);
    if (listens)
        assert_int_equal(listen(port, 8), 0);
    assert_int_equal(getsockname(port, (struct sockaddr *)&address, &size), 0);
    snprintf(ret_url, 64, "http://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
    return port;
}

static struct courier_end next_end(struct courier *courier)
{
    struct courier_end end;
    while (!courier_next(courier, 1000, &end)) {
    }
    return end;
}

static void a_silent_server_holds_up_no_other_post(void **state)
{
    (void)state;
    char silent[64], away[64];
    int ports[] = {open_port(true, silent), open_port(false, away)};
    struct courier *courier = courier_new();
    courier_post(courier, &(struct post){.url = silent, .anywhere = true}, 1);
    courier_post(courier, &(struct post){.url = away, .anywhere = true}, 2);
    assert_int_equal(courier_count(courier), 2);
    struct courier_end end = next_end(courier);
    assert_int_equal(end.number, 2);
    assert_int_equal(end.err, ERR_BUSY);
    assert_int_equal(courier_count(courier), 1);
    assert_false(courier_next(courier, 0, &end));
    courier_free(courier);
    close(ports[0]);
    close(ports[1]);
}

static void a_silent_name_server_is_waited_for_by_nobody(void **state)
{
    (void)state;
    struct courier_end end;
    struct courier *courier = courier_new();
    courier_post(courier, &(struct post){.url = "https://silent.example/"}, 1);
    assert_false(courier_next(courier, 0, &end));
    while (sem_wait(&asked) != 0 && errno == EINTR) {
    }
    courier_free(courier); /* while it has no answer */
    sem_post(&answered);
}

static void what_leads_to_a_private_network_is_denied(void **state)
{
    (void)state;
    struct courier *courier = courier_new();
    courier_post(courier, &(struct post){.url = "https://127.0.0.1:1/"}, 1);
    assert_int_equal(next_end(courier).err, ERR_DENIED);
    courier_post(courier, &(struct post){.url = "http://192.0.2.1/"}, 2);
    assert_int_equal(next_end(courier).err, ERR_DENIED);
    courier_free(courier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_server_holds_up_no_other_post),
        cmocka_unit_test(a_silent_name_server_is_waited_for_by_nobody),
        cmocka_unit_test(what_leads_to_a_private_network_is_denied),
    };
    sem_init(&asked, 0, 0);
    sem_init(&answered, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
