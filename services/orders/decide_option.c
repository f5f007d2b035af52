/* Options: what one needs to be added, and that they expire. */
#include "base/time.h"
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

static const int64_t MULTIPLIER_MAX_E8 = 1000000 * E8;

/* What only an option has is there. NULL: all of it; else the field that is not. */
static const char *missing_term(const struct create_asset *create)
{
    if (!create->has_underlying)
        return "underlying";
    if (!create->has_strike_e8)
        return "strike";
    if (!create->has_expires_at)
        return "expires_at";
    if (!create->has_right)
        return "right";
    return create->has_multiplier_e8 ? NULL : "multiplier";
}

/* NULL: nothing is wrong; else the sentence, and its field. */
static const char *wrong_terms(const struct decision *decision, const struct create_asset *create,
                               const char **ret_field)
{
    *ret_field = missing_term(create);
    if (*ret_field != NULL)
        return "An option needs an underlying, a strike, a right, a multiplier and an expires_at.";
    *ret_field = "underlying";
    if (orders_asset(decision->state, orders_currency_of(create->underlying)) == NULL)
        return "The underlying is an instrument, whose symbol ends in the currency that pays: "
               "CEA-EUR.";
    *ret_field = "strike";
    if (create->strike_e8 <= 0)
        return "The strike must be above zero.";
    *ret_field = "expires_at";
    if (create->expires_at <= decision->input->now_us || create->expires_at > TIME_MAX_US)
        return "An option must expire later than now, and before the year 10000.";
    *ret_field = "multiplier";
    if (create->multiplier_e8 <= 0 || create->multiplier_e8 > MULTIPLIER_MAX_E8 ||
        !decimal_multiple_of(create->multiplier_e8, E8))
        return "The multiplier must be a whole number from 1 to 1000000.";
    *ret_field = "scale";
    return create->scale == 0 ? NULL : "Contracts are whole: the scale of an option is 0.";
}

bool orders_option_terms_allowed(const struct decision *decision, const struct create_asset *create)
{
    const char *field = "kind";
    const char *wrong = NULL;
    if (create->kind == ASSET_KIND_OPTION)
        wrong = wrong_terms(decision, create, &field);
    else if (create->has_underlying || create->has_strike_e8 || create->has_expires_at ||
             create->has_right || create->has_multiplier_e8)
        wrong = "Only an option has an underlying, a strike, a right, a multiplier and an expiry.";
    if (wrong != NULL)
        event_reject(decision->event, "VALIDATION_FAILED", text_of(wrong), field);
    return wrong == NULL;
}

bool orders_option_instrument_allowed(const struct decision *decision,
                                      const struct create_instrument *create,
                                      const struct orders_asset *base)
{
    if (base->asset.kind != ASSET_KIND_OPTION)
        return true;
    if (base->expired || base->asset.expires_at <= decision->input->now_us) {
        event_reject(decision->event, "VALIDATION_FAILED", TEXT("The option has expired."), "base");
        return false;
    }
    struct text symbol = orders_option_symbol(&base->asset, decision->arena);
    if (text_equal(create->symbol, symbol))
        return true;
    event_reject(decision->event, "VALIDATION_FAILED",
                 arena_printf(decision->arena,
                              "One instrument trades an option, in the currency of its "
                              "underlying: this one's is %.*s.",
                              (int)symbol.size, symbol.data),
                 "symbol");
    return false;
}

void orders_option_expired(const struct decision *decision, const struct asset *option,
                           int64_t price_e8)
{
    struct event *event = decision->event;
    struct text symbol = orders_option_symbol(option, decision->arena);
    int32_t partition = place_partition(decision->state->place, SERVICE_ORDERS, symbol);
    event->kind = EVENT_OPTION_EXPIRED;
    event->option_expired = (struct option_expired){
        .asset = *option, .instrument = symbol, .settlement_price_e8 = price_e8};
    if (partition != decision->state->place->partition) {
        event->key = option->underlying;
        event_touch(event, decision->arena, SERVICE_ORDERS, partition);
        return;
    }
    event->key = symbol;
    if (orders_instrument(decision->state, symbol) == NULL)
        return; /* nobody can have traded it: who was given contracts keeps them */
    event_touch_all(event, decision->arena, SERVICE_ACCOUNTS);
}
