/* Previews: the command itself is decided, and what came of it is only told. A preview has the
 * fields of its command under another name, which tests/contract sees to. */
#include "accounts/turn.h"

/* What is asked about: the instrument, empty where only the book of the id may know it. */
struct subject {
    struct text instrument;
    struct uuid order_id;
};

static struct subject subject_of(const struct accounts_turn *turn, const struct command *command)
{
    if (command->kind == COMMAND_PLACE_ORDER)
        return (struct subject){command->place_order.instrument, command->place_order.order_id};
    if (command->kind == COMMAND_CLOSE_POSITION)
        return (struct subject){command->close_position.instrument,
                                command->close_position.order_id};
    struct uuid order_id = command->replace_order.order_id;
    const struct accounts_order *order = accounts_order(turn->state, order_id);
    return (struct subject){order == NULL ? TEXT("") : order->pair->symbol, order_id};
}

static void tell_order(struct order_previewed *previewed, const struct order_authorized *authorized)
{
    previewed->has_order = true;
    previewed->order = authorized->order;
    previewed->sells = authorized->sells;
    previewed->sells_count = authorized->sells_count;
    previewed->room_e8 = authorized->room_e8;
    previewed->hold_asset = authorized->hold_asset;
    previewed->hold_e8 = authorized->hold_e8;
    previewed->maker_fee_bps = authorized->maker_fee_bps;
    previewed->taker_fee_bps = authorized->taker_fee_bps;
}

static void tell_replace(struct order_previewed *previewed,
                         const struct replace_authorized *authorized)
{
    previewed->has_change = true;
    previewed->change = (struct order_change){.order_id = authorized->order_id,
                                              .account_id = authorized->account_id,
                                              .has_quantity_e8 = authorized->has_quantity_e8,
                                              .quantity_e8 = authorized->quantity_e8,
                                              .has_limit_price_e8 = authorized->has_limit_price_e8,
                                              .limit_price_e8 = authorized->limit_price_e8,
                                              .has_stop_price_e8 = authorized->has_stop_price_e8,
                                              .stop_price_e8 = authorized->stop_price_e8,
                                              .has_if_version = authorized->has_if_version,
                                              .if_version = authorized->if_version};
    if (!authorized->has_hold_e8)
        return;
    previewed->hold_asset = authorized->balance.asset;
    previewed->hold_e8 = authorized->hold_e8;
}

/* What the ledger refuses, the book passes on: one event answers every preview. */
static void tell_refused(struct order_previewed *previewed, const struct command_rejected *rejected)
{
    previewed->has_code = previewed->has_message = true;
    previewed->code = rejected->code;
    previewed->message = rejected->message;
    previewed->has_field = rejected->has_field;
    previewed->field = rejected->field;
}

void accounts_decide_preview(const struct accounts_turn *turn, enum command_kind kind,
                             void (*decide)(const struct accounts_turn *turn))
{
    struct command *command = ARENA_NEW(turn->arena, struct command, 1);
    *command = *turn->input->command;
    command->kind = kind;
    struct input input = *turn->input;
    input.command = command;
    struct event *decided = ARENA_NEW(turn->arena, struct event, 1);
    decide(&(struct accounts_turn){turn->state, &input, turn->arena, decided});

    const struct subject subject = subject_of(turn, command);
    struct order_previewed *previewed = &turn->event->order_previewed;
    turn->event->kind = EVENT_ORDER_PREVIEWED;
    *previewed = (struct order_previewed){.instrument = subject.instrument};
    if (decided->kind == EVENT_ORDER_AUTHORIZED) {
        tell_order(previewed, &decided->order_authorized);
    } else if (decided->kind == EVENT_REPLACE_AUTHORIZED) {
        tell_replace(previewed, &decided->replace_authorized);
    } else {
        CHECK(decided->kind == EVENT_COMMAND_REJECTED);
        tell_refused(previewed, &decided->command_rejected);
    }
    if (subject.instrument.size > 0)
        accounts_touch_book(turn, subject.instrument);
    else
        event_touch(turn->event, turn->arena, SERVICE_ORDERS,
                    place_partition_of_id(turn->state->place, SERVICE_ORDERS, subject.order_id));
}
