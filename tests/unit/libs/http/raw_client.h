/* raw_client.h - a client that says exactly the bytes it is told, for tests of the server. */
#ifndef RAW_CLIENT_H
#define RAW_CLIENT_H
#include "base/base.h"

enum { RAW_SIZE_MAX = 256 * 1024 };

/* A socket connected to 127.0.0.1:`port`. */
int raw_connect(uint16_t port);
/* Connects a socket that is there to it. */
void raw_join(int socket, uint16_t port);
/* Sends all of `text`. False: the server has closed. */
bool raw_send(int socket, struct text text);
/* Reads one answer (head, and Content-Length bytes of body unless `head_only`) into `ret_answer`,
 * with a zero behind it, and gives its size; 0 when the server closed or 5 s went by first. */
size_t raw_answer(int socket, bool head_only, char ret_answer[RAW_SIZE_MAX]);
/* Reads until what came ends with `end`; false when the server closed or 5 s went by first. */
bool raw_until(int socket, const char *end, char ret_read[RAW_SIZE_MAX]);
/* True when the server closes within `timeout_ms`; what it sends until then is thrown away. */
bool raw_closes(int socket, int timeout_ms);
/* Closes with a reset instead of a farewell. */
void raw_abort(int socket);
/* One connection, one request, one answer; gives the status, 0 when there was none. */
unsigned raw_ask(uint16_t port, const char *request, char ret_answer[RAW_SIZE_MAX]);
/* The status of an answer. */
unsigned raw_status(const char *answer);
/* The body of an answer. */
const char *raw_body(const char *answer);
int64_t raw_now_ms(void);

#endif
