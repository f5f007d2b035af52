/* Assets and instruments: what may be added, and what may change while orders rest. */
#include "decimal/decimal.h"
#include "orders/decide_parts.h"

#include <inttypes.h>

/* A fee of all that was traded could, rounded up, be more than that: of anything less it cannot. */
enum { CODE_SIZE_MAX = 16, SYMBOL_SIZE_MAX = 33, NAME_SIZE_MAX = 100, FEE_BPS_MAX = 9999 };
static const int64_t BAND_PERCENT_MAX_E8 = 1000 * E8;

static void invalid(const struct decision *decision, const char *field, struct text message)
{
    event_reject(decision->event, "VALIDATION_FAILED", message, field);
}

/* Capital letters, digits and, where they may be, hyphens inside. */
static bool is_code(struct text code, size_t size_max, bool hyphens)
{
    if (code.size == 0 || code.size > size_max)
        return false;
    for (size_t i = 0; i < code.size; i++) {
        char c = code.data[i];
        bool hyphen = hyphens && c == '-' && i > 0 && i + 1 < code.size;
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !hyphen)
            return false;
    }
    return true;
}

void orders_create_asset(const struct decision *decision, const struct command *command)
{
    const struct create_asset *create = &command->create_asset;
    if (!is_code(create->code, CODE_SIZE_MAX, false)) {
        invalid(decision, "code", TEXT("A code has 1 to 16 capital letters and digits."));
    } else if (orders_asset(decision->state, create->code) != NULL) {
        invalid(decision, "code",
                arena_printf(decision->arena, "There is an asset %.*s already.",
                             (int)create->code.size, create->code.data));
    } else if (create->name.size == 0 || create->name.size > NAME_SIZE_MAX) {
        invalid(decision, "name", TEXT("A name has 1 to 100 bytes."));
    } else if (create->scale < 0 || create->scale > DECIMAL_SCALE) {
        invalid(
            decision, "scale",
            arena_printf(decision->arena, "The scale is %d; it must be 0 to 8.", create->scale));
    } else if (orders_option_terms_allowed(decision, create)) {
        decision->event->kind = EVENT_ASSET_CREATED;
        decision->event->asset_created.asset =
            (struct asset){.code = create->code,
                           .name = create->name,
                           .kind = create->kind,
                           .scale = create->scale,
                           .has_underlying = create->has_underlying,
                           .underlying = create->underlying,
                           .has_strike_e8 = create->has_strike_e8,
                           .strike_e8 = create->strike_e8,
                           .has_expires_at = create->has_expires_at,
                           .expires_at = create->expires_at,
                           .has_right = create->has_right,
                           .right = create->right,
                           .has_multiplier_e8 = create->has_multiplier_e8,
                           .multiplier_e8 = create->multiplier_e8};
        event_touch_all(decision->event, decision->arena, SERVICE_ORDERS);
        event_touch_all(decision->event, decision->arena, SERVICE_ACCOUNTS);
    }
}

/* Only fees may round: every trade comes to a whole number of the quote's smallest units. */
static bool trades_are_exact(const struct instrument *rules)
{
    __int128 unit_e16 = E8;
    for (int place = rules->quote_scale; place < DECIMAL_SCALE; place++)
        unit_e16 *= 10;
    return (__int128)rules->tick_size_e8 * rules->lot_size_e8 % unit_e16 == 0;
}

/* Checks of the steps alone. NULL: nothing is wrong; else the sentence, and its field. */
static const char *wrong_steps(const struct instrument *rules, const char **ret_field)
{
    *ret_field = "tick_size";
    if (rules->tick_size_e8 <= 0 || !decimal_fits_scale(rules->tick_size_e8, rules->quote_scale))
        return "The tick must be above zero and fit the places of the quote asset.";
    *ret_field = "lot_size";
    if (rules->lot_size_e8 <= 0 || !decimal_fits_scale(rules->lot_size_e8, rules->base_scale))
        return "The lot must be above zero and fit the places of the base asset.";
    if (!trades_are_exact(rules))
        return "Tick x lot must be a whole number of the quote asset's smallest unit.";
    return NULL;
}

static const char *wrong_limits(const struct instrument *rules, const char **ret_field)
{
    *ret_field = "min_quantity";
    if (rules->min_quantity_e8 <= 0 ||
        !decimal_multiple_of(rules->min_quantity_e8, rules->lot_size_e8))
        return "The smallest quantity must be one or more whole lots.";
    *ret_field = "max_quantity";
    if (rules->max_quantity_e8 < rules->min_quantity_e8 ||
        !decimal_multiple_of(rules->max_quantity_e8, rules->lot_size_e8))
        return "The largest quantity must be whole lots, and not below the smallest.";
    *ret_field = "price_band_percent";
    if (rules->price_band_percent_e8 < 0 || rules->price_band_percent_e8 > BAND_PERCENT_MAX_E8)
        return "The price band must be 0 (off) to 1000 percent.";
    *ret_field = "maker_fee_bps";
    if (rules->maker_fee_bps < 0 || rules->maker_fee_bps > FEE_BPS_MAX)
        return "The maker fee must be 0 to 9999 basis points.";
    *ret_field = "taker_fee_bps";
    if (rules->taker_fee_bps < 0 || rules->taker_fee_bps > FEE_BPS_MAX)
        return "The taker fee must be 0 to 9999 basis points.";
    *ret_field = "sector";
    if (rules->has_sector && (rules->sector.size == 0 || rules->sector.size > NAME_SIZE_MAX))
        return "A sector has 1 to 100 bytes.";
    *ret_field = "mark_price";
    if (rules->has_mark_price_e8 && rules->mark_price_e8 <= 0)
        return "The mark price must be above zero.";
    return NULL;
}

/* The instrument as it is to be, or the refusal. */
static void decide_rules(const struct decision *decision, const struct instrument *rules)
{
    const char *field = NULL;
    const char *wrong = wrong_steps(rules, &field);
    if (wrong == NULL)
        wrong = wrong_limits(rules, &field);
    if (wrong != NULL) {
        invalid(decision, field, text_of(wrong));
        return;
    }
    decision->event->kind = EVENT_INSTRUMENT_CHANGED;
    decision->event->instrument_changed.instrument = *rules;
    event_touch_all(decision->event, decision->arena, SERVICE_ACCOUNTS);
    event_touch_all(decision->event, decision->arena, SERVICE_SETTINGS);
}

/* One side of a new instrument. NULL, and the command is refused: there is no such asset. */
static const struct asset *known_asset(const struct decision *decision, struct text code,
                                       const char *field)
{
    const struct orders_asset *asset = orders_asset(decision->state, code);
    if (asset != NULL)
        return &asset->asset;
    invalid(decision, field,
            arena_printf(decision->arena, "There is no asset %.*s; add it first.", (int)code.size,
                         code.data));
    return NULL;
}

/* A pair has one book: it is its name. The instrument of another name lies elsewhere, perhaps,
 * where nothing is known of this one's. */
static bool is_named_by_pair(const struct decision *decision,
                             const struct create_instrument *create)
{
    struct text symbol =
        arena_printf(decision->arena, "%.*s-%.*s", (int)create->base.size, create->base.data,
                     (int)create->quote.size, create->quote.data);
    if (text_equal(create->symbol, symbol))
        return true;
    invalid(decision, "symbol",
            arena_printf(decision->arena, "One instrument trades a pair: this one's is %.*s.",
                         (int)symbol.size, symbol.data));
    return false;
}

void orders_create_instrument(const struct decision *decision, const struct command *command)
{
    const struct create_instrument *create = &command->create_instrument;
    if (!is_code(create->symbol, SYMBOL_SIZE_MAX, true)) {
        invalid(decision, "symbol",
                TEXT("A symbol has 1 to 33 capital letters, digits and hyphens inside."));
        return;
    }
    if (orders_instrument(decision->state, create->symbol) != NULL) {
        invalid(decision, "symbol",
                arena_printf(decision->arena, "There is an instrument %.*s already.",
                             (int)create->symbol.size, create->symbol.data));
        return;
    }
    const struct asset *base = known_asset(decision, create->base, "base");
    if (base == NULL)
        return;
    const struct asset *quote = known_asset(decision, create->quote, "quote");
    if (quote == NULL)
        return;
    if (text_equal(base->code, quote->code)) {
        invalid(decision, "quote", TEXT("An asset cannot be traded against itself."));
        return;
    }
    if (!is_named_by_pair(decision, create) ||
        !orders_option_instrument_allowed(decision, create,
                                          orders_asset(decision->state, base->code)))
        return;
    const struct instrument rules = {
        .symbol = create->symbol,
        .base = base->code,
        .quote = quote->code,
        .tick_size_e8 = create->tick_size_e8,
        .lot_size_e8 = create->lot_size_e8,
        .min_quantity_e8 = create->min_quantity_e8,
        .max_quantity_e8 = create->max_quantity_e8,
        .price_band_percent_e8 = create->price_band_percent_e8,
        .maker_fee_bps = create->maker_fee_bps,
        .taker_fee_bps = create->taker_fee_bps,
        .base_scale = base->scale,
        .quote_scale = quote->scale,
        .status = INSTRUMENT_STATUS_OPEN,
        .has_sector = create->has_sector,
        .sector = create->sector,
        .currency = quote->code,
        .version = 1,
        .created_at = decision->input->now_us,
        .updated_at = decision->input->now_us,
    };
    decide_rules(decision, &rules);
}

#define CHANGE(rules, change, field)                                                               \
    do {                                                                                           \
        if ((change)->has_##field)                                                                 \
            (rules)->field = (change)->field;                                                      \
    } while (0)

void orders_change_instrument(const struct decision *decision, const struct command *command)
{
    const struct change_instrument *change = &command->change_instrument;
    const struct orders_instrument *instrument = orders_instrument(decision->state, change->symbol);
    if (instrument == NULL) {
        event_reject(decision->event, "NOT_FOUND", TEXT("There is no such instrument."), NULL);
        return;
    }
    struct refusal refusal = orders_check_version(decision, change->has_if_version,
                                                  change->if_version, instrument->rules.version);
    if (refusal.code != NULL) {
        event_reject(decision->event, refusal.code, refusal.message, NULL);
        return;
    }
    struct instrument rules = instrument->rules;
    CHANGE(&rules, change, tick_size_e8);
    CHANGE(&rules, change, lot_size_e8);
    CHANGE(&rules, change, min_quantity_e8);
    CHANGE(&rules, change, max_quantity_e8);
    CHANGE(&rules, change, price_band_percent_e8);
    CHANGE(&rules, change, maker_fee_bps);
    CHANGE(&rules, change, taker_fee_bps);
    CHANGE(&rules, change, status);
    CHANGE(&rules, change, sector);
    CHANGE(&rules, change, mark_price_e8);
    rules.has_sector |= change->has_sector;
    rules.has_mark_price_e8 |= change->has_mark_price_e8;
    rules.version++;
    rules.updated_at = decision->input->now_us;
    bool same_tick = rules.tick_size_e8 == instrument->rules.tick_size_e8;
    bool same_lot = rules.lot_size_e8 == instrument->rules.lot_size_e8;
    size_t open = book_orders_count(instrument->book) + instrument->triggers.count;
    if ((!same_tick || !same_lot) && open > 0) {
        invalid(decision, same_tick ? "lot_size" : "tick_size",
                arena_printf(decision->arena,
                             "%zu orders are open by the old %s; cancel them first.", open,
                             same_tick ? "lot" : "tick"));
        return;
    }
    decide_rules(decision, &rules);
}
