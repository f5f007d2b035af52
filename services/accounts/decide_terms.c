/* What an order may ask for: which terms belong to which type (spec/domain.md, "Orders"). */
#include "accounts/turn.h"
#include "base/time.h"
#include "decimal/decimal.h"

/* Text of a struct text for "%.*s". */
#define SHOWN(text) (int)(text).size, (text).data

static bool has_trigger(const struct place_order *command)
{
    return command->type != ORDER_TYPE_LIMIT && command->type != ORDER_TYPE_MARKET;
}

static bool has_limit(const struct place_order *command)
{
    return command->type == ORDER_TYPE_LIMIT || command->type == ORDER_TYPE_STOP_LIMIT;
}

static bool limit_is_sound(const struct accounts_turn *turn, const struct place_order *command)
{
    if (!has_limit(command))
        return !command->has_limit_price_e8 ||
               accounts_refuse(turn, "VALIDATION_FAILED", "limit_price",
                               "Only limit and stop_limit orders have a limit_price.");
    return (command->has_limit_price_e8 && command->limit_price_e8 > 0) ||
           accounts_refuse(turn, "VALIDATION_FAILED", "limit_price",
                           "A limit order needs a limit_price above zero.");
}

static bool stop_is_sound(const struct accounts_turn *turn, const struct place_order *command)
{
    if (!has_trigger(command) || command->type == ORDER_TYPE_TRAILING_STOP)
        return !command->has_stop_price_e8 ||
               accounts_refuse(turn, "VALIDATION_FAILED", "stop_price",
                               "Only stop, stop_limit and take_profit orders have a stop_price.");
    return (command->has_stop_price_e8 && command->stop_price_e8 > 0) ||
           accounts_refuse(turn, "VALIDATION_FAILED", "stop_price",
                           "The order needs a stop_price above zero.");
}

static bool trail_is_sound(const struct accounts_turn *turn, const struct place_order *command)
{
    bool amount = command->has_trail_amount_e8, percent = command->has_trail_percent_e8;
    if (command->type != ORDER_TYPE_TRAILING_STOP)
        return !(amount || percent) ||
               accounts_refuse(turn, "VALIDATION_FAILED", amount ? "trail_amount" : "trail_percent",
                               "Only a trailing_stop order trails.");
    if (amount == percent)
        return accounts_refuse(turn, "VALIDATION_FAILED", "trail_amount",
                               "A trailing_stop needs either trail_amount or trail_percent.");
    if (amount)
        return command->trail_amount_e8 > 0 ||
               accounts_refuse(turn, "VALIDATION_FAILED", "trail_amount",
                               "trail_amount must be above zero.");
    return (command->trail_percent_e8 > 0 && command->trail_percent_e8 < 100 * E8) ||
           accounts_refuse(turn, "VALIDATION_FAILED", "trail_percent",
                           "trail_percent must lie between 0 and 100.");
}

/* Where the price is when the order comes to its book, as far as can be told: a stop rises to its
 * stop price, a take_profit falls to it. False: it cannot be told. */
static bool expected_price(const struct place_order *command,
                           const struct accounts_instrument *instrument, int64_t *ret_price_e8)
{
    bool known = accounts_price(instrument, ret_price_e8);
    if (command->type == ORDER_TYPE_TRAILING_STOP || command->type == ORDER_TYPE_MARKET)
        return known && command->type == ORDER_TYPE_MARKET;
    if (!known || (command->type == ORDER_TYPE_STOP && command->stop_price_e8 > *ret_price_e8) ||
        command->type == ORDER_TYPE_TAKE_PROFIT)
        *ret_price_e8 = command->stop_price_e8;
    return command->has_stop_price_e8;
}

void accounts_take_budget(struct place_order *command, const struct accounts_instrument *instrument)
{
    int64_t price_e8 = 0;
    if (command->side == SIDE_SELL || command->has_max_notional_e8 || has_limit(command) ||
        command->quantity_e8 <= 0 || instrument->price_band_percent_e8 == 0 ||
        !expected_price(command, instrument, &price_e8) || price_e8 <= 0)
        return;
    int64_t unit_e8 = 1; /* of the quote asset: what is held is a whole number of them */
    for (int32_t place = instrument->pair->quote_scale; place < DECIMAL_SCALE; place++)
        unit_e8 *= 10;
    __int128 worst_e8 =
        price_e8 + (__int128)price_e8 * instrument->price_band_percent_e8 / (100 * E8);
    __int128 cost = 0;
    if (__builtin_mul_overflow(worst_e8, command->quantity_e8, &cost))
        return;
    __int128 unit_e16 = (__int128)E8 * unit_e8;
    __int128 units = cost / unit_e16 + (cost % unit_e16 > 0 ? 1 : 0);
    command->has_max_notional_e8 = units * unit_e8 <= ACCOUNTS_AMOUNT_MAX_E8;
    command->max_notional_e8 = command->has_max_notional_e8 ? (int64_t)(units * unit_e8) : 0;
}

/* A buy without a limit has a budget, so that funds can be held. */
static bool budget_is_sound(const struct accounts_turn *turn, const struct place_order *command,
                            const struct accounts_instrument *instrument)
{
    if (has_limit(command))
        return !command->has_max_notional_e8 ||
               accounts_refuse(turn, "VALIDATION_FAILED", "max_notional",
                               "max_notional is for market orders; a limit order has its price.");
    if (!command->has_max_notional_e8)
        return command->side == SIDE_SELL ||
               accounts_refuse(turn, "VALIDATION_FAILED", "max_notional",
                               "A market buy, or a stop that becomes one, needs a max_notional, or "
                               "a price band and a price, so that funds can be held.");
    if (command->max_notional_e8 <= 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", "max_notional",
                               "max_notional must be above zero.");
    return decimal_fits_scale(command->max_notional_e8, instrument->pair->quote_scale) ||
           accounts_refuse(turn, "VALIDATION_FAILED", "max_notional",
                           "max_notional does not fit %.*s, which has %d decimal places.",
                           SHOWN(instrument->pair->quote), instrument->pair->quote_scale);
}

static bool is_immediate(const struct place_order *command)
{
    return command->time_in_force == TIME_IN_FORCE_IOC ||
           command->time_in_force == TIME_IN_FORCE_FOK;
}

/* An order that waits for its trigger is not immediate, whatever it does then. */
static bool time_is_sound(const struct accounts_turn *turn, const struct place_order *command)
{
    if (has_trigger(command) && is_immediate(command))
        return accounts_refuse(turn, "VALIDATION_FAILED", "time_in_force",
                               "An order that waits for its trigger is gtc, day or gtd.");
    if (command->time_in_force != TIME_IN_FORCE_GTD)
        return !command->has_expires_at || accounts_refuse(turn, "VALIDATION_FAILED", "expires_at",
                                                           "Only a gtd order has an expires_at.");
    if (!command->has_expires_at)
        return accounts_refuse(turn, "VALIDATION_FAILED", "expires_at",
                               "A gtd order needs an expires_at.");
    if (command->expires_at > TIME_MAX_US)
        return accounts_refuse(turn, "VALIDATION_FAILED", "expires_at",
                               "expires_at lies behind the year 9999.");
    return command->expires_at > turn->input->now_us ||
           accounts_refuse(turn, "VALIDATION_FAILED", "expires_at",
                           "expires_at has passed already.");
}

static bool post_only_is_sound(const struct accounts_turn *turn, const struct place_order *command)
{
    if (!command->post_only)
        return true;
    if (command->type != ORDER_TYPE_LIMIT)
        return accounts_refuse(turn, "VALIDATION_FAILED", "post_only",
                               "Only a limit order can be post_only.");
    return !is_immediate(command) ||
           accounts_refuse(turn, "VALIDATION_FAILED", "post_only",
                           "A post_only order must be able to rest: not ioc, not fok.");
}

/* Nobody goes short here, so what is to be guarded is a purchase; what guards it are sales. */
static bool bracket_is_sound(const struct accounts_turn *turn, const struct place_order *command)
{
    bool loss = command->has_stop_loss_price_e8, profit = command->has_take_profit_price_e8;
    if ((loss || profit) && command->side == SIDE_SELL)
        return accounts_refuse(turn, "VALIDATION_FAILED",
                               loss ? "stop_loss_price" : "take_profit_price",
                               "Only a purchase can be guarded: a sale leaves nothing to sell.");
    if (loss && command->stop_loss_price_e8 <= 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", "stop_loss_price",
                               "stop_loss_price must be above zero.");
    if (profit && command->take_profit_price_e8 <= 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", "take_profit_price",
                               "take_profit_price must be above zero.");
    return !loss || !profit || command->stop_loss_price_e8 < command->take_profit_price_e8 ||
           accounts_refuse(turn, "VALIDATION_FAILED", "take_profit_price",
                           "take_profit_price must be above stop_loss_price.");
}

bool accounts_terms_are_sound(const struct accounts_turn *turn, const struct place_order *command,
                              const struct accounts_instrument *instrument)
{
    if (command->quantity_e8 <= 0)
        return accounts_refuse(turn, "VALIDATION_FAILED", "quantity",
                               "The quantity is %s; it must be above zero.",
                               accounts_amount_text(turn, command->quantity_e8, 0));
    return limit_is_sound(turn, command) && stop_is_sound(turn, command) &&
           trail_is_sound(turn, command) && budget_is_sound(turn, command, instrument) &&
           time_is_sound(turn, command) && post_only_is_sound(turn, command) &&
           bracket_is_sound(turn, command);
}

bool accounts_expires(const struct accounts_turn *turn, const struct place_order *command,
                      int64_t *ret_expires_at)
{
    if (command->time_in_force == TIME_IN_FORCE_GTD)
        *ret_expires_at = command->expires_at;
    else if (command->time_in_force == TIME_IN_FORCE_DAY)
        *ret_expires_at = time_day_start(turn->input->now_us) + DAY_US;
    else
        *ret_expires_at = INT64_MAX;
    int64_t option_us = accounts_option_expires_at(turn, command->instrument);
    if (option_us != 0 && option_us < *ret_expires_at)
        *ret_expires_at = option_us;
    return *ret_expires_at != INT64_MAX;
}
