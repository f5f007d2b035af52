/* accounts.h - the ledger service as the runtime sees it: pure functions and a read model. */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H
#include "base/arena.h"
#include "base/buffer.h"
#include "decision/decision.h"

struct projection;

/* The functions of `struct service` (service/service.h), which says what each must do. */
void *accounts_state_new(const struct place *place) MUST_CHECK;
void accounts_state_free(void *state);
void accounts_decide(const void *state, const struct input *input, struct arena *arena,
                     struct event *ret_event);
void accounts_apply(void *state, const struct event *event);
int64_t accounts_due_us(const void *state);
void accounts_save(const void *state, struct buffer *buffer);
enum err accounts_load(void *state, struct bytes bytes) MUST_CHECK;

/* The tables of the schema `accounts`, and how events become their rows. */
extern const struct projection ACCOUNTS_PROJECTION;

#endif
