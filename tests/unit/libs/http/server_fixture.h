/* server_fixture.h - a server on a free port whose handler echoes, keeps or floods. */
#ifndef SERVER_FIXTURE_H
#define SERVER_FIXTURE_H
#include "http/problem.h"
#include "http/server.h"
#include "raw_client.h"

#include <stdatomic.h>

#define HOST "Host: localhost\r\n"

enum { FIXTURE_LARGE_SIZE = 16 * 1024 * 1024, FIXTURE_PEM_SIZE = 8192 };

/* How many answers were sent, or failed to be. */
extern atomic_uint fixture_answered;

/* Short deadlines, and the handler of fixture_start()'s server: /keep is left to others; /large is
 * FIXTURE_LARGE_SIZE bytes; a parameter `q` is said back; all else echoes the body. */
struct http_server_options fixture_options(void);
/* Starts or fails the test. */
struct http_server *fixture_start(const struct http_server_options *options);
/* The kept request that came last, waiting for one. NULL: fixture_close_kept() was called. */
struct http_request *fixture_take(void);
/* Lets every fixture_take() end, or, with `closed` false, wait again. */
void fixture_close_kept(bool closed);
void fixture_respond(struct http_request *request, struct text body);
/* The certificate and key of a new self-signed pair whose subject is `name`. */
void fixture_certificate(const char *name, char ret_certificate[FIXTURE_PEM_SIZE],
                         char ret_key[FIXTURE_PEM_SIZE]);
/* For cmocka: *state is a server. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

#endif
