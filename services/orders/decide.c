/* Every input of orders, and who decides it. */
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

#include <inttypes.h>

bool orders_by_staff(const struct decision *decision, const struct command_meta *meta)
{
    return staff_may(&decision->state->staff, meta, ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_ADMIN));
}

void orders_touch_account(const struct decision *decision, struct uuid account_id)
{
    event_touch(decision->event, decision->arena, SERVICE_ACCOUNTS,
                place_partition_of_id(decision->state->place, SERVICE_ACCOUNTS, account_id));
}

struct refusal orders_check_version(const struct decision *decision, bool has_wanted,
                                    int64_t wanted, int64_t version)
{
    if (!has_wanted || wanted == version)
        return (struct refusal){0};
    return (struct refusal){"VERSION_CONFLICT",
                            arena_printf(decision->arena,
                                         "The change was made from version %" PRId64
                                         ", but this is version %" PRId64
                                         " by now; read it again and decide anew.",
                                         wanted, version),
                            NULL};
}

const char *orders_shown(const struct decision *decision, int64_t e8)
{
    char *shown = ARENA_NEW(decision->arena, char, DECIMAL_TEXT_SIZE);
    decimal_print(e8, 0, shown);
    return shown;
}

static void decide_command(const struct decision *decision, const struct command *command)
{
    if (command->kind == COMMAND_CANCEL_ORDER) {
        orders_cancel(decision, command);
        return;
    }
    if (!orders_by_staff(decision, &command->meta)) {
        event_reject(decision->event, "FORBIDDEN",
                     TEXT("Assets and instruments are changed by operators and admins only."),
                     NULL);
        return;
    }
    if (command->kind == COMMAND_CREATE_ASSET)
        orders_create_asset(decision, command);
    else if (command->kind == COMMAND_CREATE_INSTRUMENT)
        orders_create_instrument(decision, command);
    else if (command->kind == COMMAND_CHANGE_INSTRUMENT)
        orders_change_instrument(decision, command);
    else
        event_reject(decision->event, "VALIDATION_FAILED",
                     TEXT("This command is not one that orders decides."), NULL);
}

static void decide_event(const struct decision *decision, const struct event *event)
{
    if (event->kind == EVENT_ORDER_AUTHORIZED) {
        orders_enter(decision, event);
    } else if (event->kind == EVENT_ORDER_PREVIEWED) {
        orders_preview(decision, event);
    } else if (event->kind == EVENT_REPLACE_AUTHORIZED) {
        orders_replace(decision, event);
    } else if (event->kind == EVENT_MARKET_MAKER_DEACTIVATED) {
        const struct market_maker_deactivated *maker = &event->market_maker_deactivated;
        orders_cancel_listed(decision, maker->market_maker.id, maker->orders, maker->orders_count,
                             END_REASON_CANCELED_BY_OPERATOR);
    } else if (event->kind == EVENT_FILLS_SETTLED) {
        orders_enter_brackets(decision, &event->fills_settled);
    } else if (event->kind == EVENT_CANCEL_REQUESTED) {
        const struct cancel_requested *requested = &event->cancel_requested;
        orders_cancel_listed(decision, requested->account_id, requested->orders,
                             requested->orders_count, requested->reason);
    } else if (event->kind == EVENT_OPTION_EXPIRED) {
        orders_option_expired(decision, &event->option_expired.asset,
                              event->option_expired.settlement_price_e8);
    } else if (event->kind == EVENT_VENUE_RULES_CHANGED) {
        approvals_adopt(&event->venue_rules_changed, decision->event);
    } else if (event->kind == EVENT_USER_REGISTERED || event->kind == EVENT_USER_CHANGED) {
        staff_adopt(event, decision->arena, decision->event);
    } else {
        CHECK(event->kind == EVENT_ASSET_CREATED);
        decision->event->kind = EVENT_ASSET_ADOPTED;
        decision->event->asset_adopted.asset = event->asset_created.asset;
    }
}

void orders_decide(const void *state, const struct input *input, struct arena *arena,
                   struct event *ret_event)
{
    const struct orders_state *orders = state;
    struct decision decision = {
        .state = orders, .input = input, .arena = arena, .event = ret_event};
    if (input->kind == INPUT_COMMAND) {
        struct input opened;
        decision.input = &opened;
        if (approvals_open(&orders->approvals, &orders->staff, input, arena, ret_event, &opened))
            decide_command(&decision, opened.command);
        return;
    }
    if (input->kind == INPUT_TIME) {
        orders_decide_time(&decision);
        return;
    }
    CHECK(input->kind == INPUT_EVENTS && input->events_count == 1);
    decide_event(&decision, input->events[0]);
}
