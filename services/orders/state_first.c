/* What a log of orders begins with. */
#include "orders/state.h"

#define FIRST_ASSET(symbol, title, sort, decimals)                                                 \
    {                                                                                              \
        .code = {symbol, sizeof(symbol) - 1}, .name = {title, sizeof(title) - 1}, .kind = (sort),  \
        .scale = (decimals)                                                                        \
    }

const struct asset ORDERS_FIRST_ASSETS[] = {
    FIRST_ASSET("EUR", "Euro", ASSET_KIND_CASH, 2),
    FIRST_ASSET("USD", "US dollar", ASSET_KIND_CASH, 2),
    FIRST_ASSET("CEA", "China emission allowance", ASSET_KIND_CERTIFICATE, 0),
    FIRST_ASSET("EUA", "EU emission allowance", ASSET_KIND_CERTIFICATE, 0),
};
const size_t ORDERS_FIRST_ASSETS_COUNT = COUNT_OF(ORDERS_FIRST_ASSETS);

struct instrument orders_first_instrument(size_t index, int64_t created_at_us)
{
    CHECK(index < ORDERS_FIRST_INSTRUMENTS);
    return (struct instrument){
        .symbol = index == 0 ? TEXT("CEA-EUR") : TEXT("EUA-EUR"),
        .base = index == 0 ? TEXT("CEA") : TEXT("EUA"),
        .quote = TEXT("EUR"),
        .tick_size_e8 = E8 / 100,
        .lot_size_e8 = E8,
        .min_quantity_e8 = E8,
        .max_quantity_e8 = 1000000 * E8,
        .base_scale = 0,
        .quote_scale = 2,
        .status = INSTRUMENT_STATUS_OPEN,
        .currency = TEXT("EUR"),
        .version = 1,
        .created_at = created_at_us,
        .updated_at = created_at_us,
    };
}
