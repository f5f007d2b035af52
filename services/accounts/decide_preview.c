/* PreviewOrder: PlaceOrder is decided, as if it were that, and what came of it is only told. */
#include "accounts/turn.h"

/* What the ledger refuses, the book passes on: one event answers every preview. */
static struct order_previewed told(const struct event *placed, struct text instrument)
{
    struct order_previewed previewed = {.instrument = instrument};
    if (placed->kind == EVENT_ORDER_AUTHORIZED) {
        const struct order_authorized *authorized = &placed->order_authorized;
        previewed.has_order = true;
        previewed.order = authorized->order;
        previewed.hold_asset = authorized->hold_asset;
        previewed.hold_e8 = authorized->hold_e8;
        previewed.maker_fee_bps = authorized->maker_fee_bps;
        previewed.taker_fee_bps = authorized->taker_fee_bps;
        return previewed;
    }
    CHECK(placed->kind == EVENT_COMMAND_REJECTED);
    const struct command_rejected *rejected = &placed->command_rejected;
    previewed.has_code = previewed.has_message = true;
    previewed.code = rejected->code;
    previewed.message = rejected->message;
    previewed.has_field = rejected->has_field;
    previewed.field = rejected->field;
    return previewed;
}

void accounts_decide_preview_order(const struct accounts_turn *turn)
{
    const struct command *command = turn->input->command;
    struct command *placing = ARENA_NEW(turn->arena, struct command, 1);
    *placing = *command; /* the same fields under another name, which tests/contract sees to */
    placing->kind = COMMAND_PLACE_ORDER;
    struct input input = *turn->input;
    input.command = placing;
    struct event *placed = ARENA_NEW(turn->arena, struct event, 1);
    accounts_decide_place_order(&(struct accounts_turn){turn->state, &input, turn->arena, placed});
    turn->event->kind = EVENT_ORDER_PREVIEWED;
    turn->event->order_previewed = told(placed, command->preview_order.instrument);
    accounts_touch_book(turn, command->preview_order.instrument);
}
