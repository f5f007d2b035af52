#include "desk/decide_parts.h"
#include "wire/wire.h"

#include <inttypes.h>

bool desk_refuse_version(bool has_if_version, int64_t if_version, int64_t version,
                         struct arena *arena, struct event *event)
{
    if (!has_if_version || if_version == version)
        return false;
    event_reject(event, "VERSION_CONFLICT",
                 arena_printf(arena,
                              "The change was made from version %" PRId64
                              ", but this is version %" PRId64
                              " by now; read it again and decide anew.",
                              if_version, version),
                 NULL);
    return true;
}

static void decide_command(const struct desk *desk, const struct input *input, struct arena *arena,
                           struct event *event)
{
    struct input opened;
    if (approvals_open(&desk->approvals, &desk->staff, input, arena, event, &opened) &&
        !desk_decide_document(desk, &opened, arena, event) &&
        !desk_decide_ticket(desk, &opened, arena, event))
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "desk does not take %s; send it to its own service.",
                                  wire_message_name(command_message(opened.command))),
                     NULL);
}

void desk_decide(const void *state, const struct input *input, struct arena *arena,
                 struct event *ret_event)
{
    switch (input->kind) {
    case INPUT_COMMAND: decide_command(state, input, arena, ret_event); return;
    case INPUT_EVENTS:
        CHECK(input->events_count == 1);
        if (input->events[0]->kind == EVENT_VENUE_RULES_CHANGED)
            approvals_adopt(&input->events[0]->venue_rules_changed, ret_event);
        else
            staff_adopt(input->events[0], arena, ret_event);
        return;
    case INPUT_TIME:
        if (approvals_due_us(&((const struct desk *)state)->approvals) <= input->now_us)
            approvals_decide_time(&((const struct desk *)state)->approvals, input, arena,
                                  ret_event);
        else
            desk_decide_time(state, input, arena, ret_event);
        return;
    }
}
