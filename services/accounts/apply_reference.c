#include "accounts/apply_reference.h"

#include "accounts/statement.h"

void accounts_apply_asset(struct accounts_state *state, const struct asset *asset)
{
    struct accounts_asset *known = accounts_asset_at(state, asset->code);
    known->kind = asset->kind;
    known->scale = asset->scale;
    known->expires_at = asset->has_expires_at ? asset->expires_at : 0;
}

void accounts_apply_instrument(struct accounts_state *state, const struct instrument *instrument)
{
    struct accounts_instrument *known = accounts_instrument_at(state, instrument->symbol);
    known->pair =
        accounts_pair_at(known, instrument->base, instrument->quote, instrument->quote_scale);
    known->maker_fee_bps = instrument->maker_fee_bps;
    known->taker_fee_bps = instrument->taker_fee_bps;
    known->price_band_percent_e8 = instrument->price_band_percent_e8;
    known->has_mark_price = instrument->has_mark_price_e8;
    known->mark_price_e8 = instrument->mark_price_e8;
}

/* A mark came with its instrument before: what is new here is what was traded. */
void accounts_apply_prices(struct accounts_state *state, const struct prices_adopted *adopted)
{
    for (size_t i = 0; i < adopted->prices_count; i++) {
        const struct price *price = &adopted->prices[i];
        struct accounts_instrument *instrument = accounts_instrument(state, price->instrument);
        CHECK(instrument != NULL);
        instrument->has_last_price = price->has_last_price_e8;
        instrument->last_price_e8 = price->last_price_e8;
    }
}

/* What is there from the start (spec/domain.md, "Assets and instruments"). */
void accounts_apply_log_created(struct accounts_state *state, int64_t now_us)
{
    const struct asset assets[] = {
        {.code = TEXT("EUR"), .kind = ASSET_KIND_CASH, .scale = 2},
        {.code = TEXT("USD"), .kind = ASSET_KIND_CASH, .scale = 2},
        {.code = TEXT("CEA"), .kind = ASSET_KIND_CERTIFICATE, .scale = 0},
        {.code = TEXT("EUA"), .kind = ASSET_KIND_CERTIFICATE, .scale = 0},
    };
    const struct instrument instruments[] = {
        {.symbol = TEXT("CEA-EUR"), .base = TEXT("CEA"), .quote = TEXT("EUR"), .quote_scale = 2},
        {.symbol = TEXT("EUA-EUR"), .base = TEXT("EUA"), .quote = TEXT("EUR"), .quote_scale = 2},
    };
    for (size_t i = 0; i < COUNT_OF(assets); i++)
        accounts_apply_asset(state, &assets[i]);
    for (size_t i = 0; i < COUNT_OF(instruments); i++)
        accounts_apply_instrument(state, &instruments[i]);
    accounts_calendar_begin(state, now_us);
}
