/* Lies about options that are over, and about who is paid for them. */
#include "lies.h"

static struct option_settled *paid(struct event *event)
{
    bool pays = event->kind == EVENT_OPTION_SETTLED && event->option_settled.postings_count > 0;
    return pays ? &event->option_settled : NULL;
}

static bool a_contract_is_worth_more(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_OPTION_SETTLED)
        return false;
    event->option_settled.value_e8 += E8;
    return true;
}

static bool it_was_settled_at_another_price(struct event *event, struct arena *arena)
{
    (void)arena;
    if (event->kind != EVENT_OPTION_SETTLED)
        return false;
    event->option_settled.settlement_price_e8 += E8 / 100;
    return true;
}

static bool somebody_is_not_paid(struct event *event, struct arena *arena)
{
    (void)arena;
    struct option_settled *settled = paid(event);
    if (settled == NULL)
        return false;
    settled->postings_count = settled->balances_count = settled->positions_count = 0;
    return true;
}

static bool some_contracts_stay(struct event *event, struct arena *arena)
{
    (void)arena;
    struct option_settled *settled = paid(event);
    if (settled == NULL)
        return false;
    for (size_t i = 0; i < settled->postings_count; i++) {
        struct posting *posting = &settled->postings[i];
        if (text_equal(posting->asset, settled->asset))
            posting->amount_e8 += posting->amount_e8 < 0 ? E8 : -E8;
    }
    return true;
}

static bool another_option_was_over(struct event *event, struct arena *arena)
{
    (void)arena;
    struct option_settled *settled = paid(event);
    if (settled == NULL)
        return false;
    settled->instrument = TEXT("CEA-EUR");
    return true;
}

static const struct lie LIES[] = {
    LIE(a_contract_is_worth_more, 1), LIE(it_was_settled_at_another_price, 1),
    LIE(somebody_is_not_paid, 1),     LIE(some_contracts_stay, 1),
    LIE(another_option_was_over, 1),
};

int main(void)
{
    return lies_main(LIES, COUNT_OF(LIES));
}
