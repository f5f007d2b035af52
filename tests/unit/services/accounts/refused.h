/* refused.h - that the ledger refused a command, and by which code. */
#ifndef TEST_REFUSED_H
#define TEST_REFUSED_H
#include "wire/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline void assert_refused_by(const struct event *event, const char *code)
{
    assert_int_equal(event->kind, EVENT_COMMAND_REJECTED);
    if (!text_is(event->command_rejected.code, code))
        fail_msg("code is %.*s, not %s", (int)event->command_rejected.code.size,
                 event->command_rejected.code.data, code);
}

#endif
