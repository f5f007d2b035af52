/* What the crowd at a venue lists: assets, instruments, options that expire soon. */
#include "base/time.h"
#include "market_parts.h"

#define OPTION_LIFE_US (SECOND_US / 2)

/* Listed one after the other, each for a few lives. */
static const char *const OPTIONS[] = {"OPA", "OPB", "OPC", "OPD", "OPE", "OPF"};
static const char *const OPTION_SYMBOLS[] = {"OPA-EUR", "OPB-EUR", "OPC-EUR",
                                             "OPD-EUR", "OPE-EUR", "OPF-EUR"};

/* The option listed last, or, where there is none yet, the first. */
static uint32_t newest_option(const struct market *market)
{
    return market->options_count == 0 ? 0 : market->options_count - 1;
}

const char *market_option(const struct market *market)
{
    return OPTIONS[newest_option(market)];
}

const char *market_option_symbol(const struct market *market)
{
    return OPTION_SYMBOLS[newest_option(market)];
}

void market_create_option(struct market *market)
{
    struct command command = venue_command(market->venue, COMMAND_CREATE_ASSET);
    command.create_asset = (struct create_asset){
        .code = text_of(OPTIONS[market->options_count++]),
        .name = TEXT("an option"),
        .kind = ASSET_KIND_OPTION,
        .has_underlying = true,
        .underlying = market_below(market, 2) == 0 ? TEXT("CEA-EUR") : TEXT("EUA-EUR"),
        .has_strike_e8 = true,
        .strike_e8 = market_amount(market, 950, 100, E8 / 100),
        .has_expires_at = true,
        .expires_at = market->venue->clock_us + market_amount(market, 1, 5, OPTION_LIFE_US),
        .has_right = true,
        .right = market_below(market, 2) == 0 ? OPTION_RIGHT_CALL : OPTION_RIGHT_PUT,
        .has_multiplier_e8 = true,
        .multiplier_e8 = market_amount(market, 1, 100, E8)};
    market_send_kept(market, &command);
}

void market_trade_option(struct market *market)
{
    uint32_t which = newest_option(market);
    struct command command = venue_command(market->venue, COMMAND_CREATE_INSTRUMENT);
    command.create_instrument = (struct create_instrument){.symbol = text_of(OPTION_SYMBOLS[which]),
                                                           .base = text_of(OPTIONS[which]),
                                                           .quote = TEXT("EUR"),
                                                           .tick_size_e8 = E8 / 100,
                                                           .lot_size_e8 = E8,
                                                           .min_quantity_e8 = E8,
                                                           .max_quantity_e8 = 1000 * E8};
    market_send_kept(market, &command);
}

void market_list_option(struct market *market)
{
    if (market->options_count < COUNT_OF(OPTIONS) && market_below(market, 2) == 0)
        market_create_option(market);
    else
        market_trade_option(market);
}

void market_list_more(struct market *market)
{
    static const char *const CODES[] = {"AAA", "BBB", "CCC", "DDD"};
    static const char *const SYMBOLS[] = {"AAA-EUR", "BBB-EUR", "CCC-EUR", "DDD-EUR"};
    uint32_t which = market_below(market, COUNT_OF(CODES));
    if (market_below(market, 2) == 0) {
        struct command command = venue_command(market->venue, COMMAND_CREATE_ASSET);
        command.create_asset = (struct create_asset){
            .code = text_of(CODES[which]), .name = TEXT("a share"), .kind = ASSET_KIND_EQUITY};
        market_send_kept(market, &command);
        return;
    }
    struct command command = venue_command(market->venue, COMMAND_CREATE_INSTRUMENT);
    command.create_instrument = (struct create_instrument){.symbol = text_of(SYMBOLS[which]),
                                                           .base = text_of(CODES[which]),
                                                           .quote = TEXT("EUR"),
                                                           .tick_size_e8 = E8 / 100,
                                                           .lot_size_e8 = E8,
                                                           .min_quantity_e8 = E8,
                                                           .max_quantity_e8 = 1000 * E8};
    market_send_kept(market, &command);
}
