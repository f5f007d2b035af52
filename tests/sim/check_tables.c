/* Which rows events make. */
#include "check_rows.h"

#include <stdlib.h>
#include <string.h>

#define EXPECT(rows, table, values, ...)                                                           \
    check_expect_row((rows), (table), (const char *const[CHECK_ROW_KEYS_MAX]){__VA_ARGS__},        \
                     (values), COUNT_OF(values))

/* --- values ----------------------------------------------------------------------------------- */

static const char *text(struct check_rows *rows, const struct check_item *item)
{
    if (check_is_null(item))
        return NULL;
    return arena_text(rows->run->arena, check_text(item)).data;
}
#define TEXT_VALUE(record, field) text(rows, GET(record, field))
#define SYMBOL_VALUE(record, field)                                                                \
    (check_is_null(GET(record, field)) ? NULL : SYMBOL(record, field))

static const char *number(struct check_rows *rows, int64_t value)
{
    return arena_printf(rows->run->arena, "%lld", (long long)value).data;
}

/* "-12.5": no more places than it needs. */
static const char *decimal(struct check_rows *rows, int64_t e8)
{
    uint64_t size = e8 < 0 ? -(uint64_t)e8 : (uint64_t)e8;
    uint64_t rest = size % (uint64_t)E8;
    int places = 8;
    for (; rest != 0 && rest % 10 == 0; rest /= 10)
        places--;
    const char *sign = e8 < 0 ? "-" : "";
    unsigned long long whole = size / (uint64_t)E8;
    if (rest == 0)
        return arena_printf(rows->run->arena, "%s%llu", sign, whole).data;
    return arena_printf(rows->run->arena, "%s%llu.%0*llu", sign, whole, places,
                        (unsigned long long)rest)
        .data;
}
#define DECIMAL_VALUE(record, field) decimal(rows, NUMBER(record, field))

/* --- accounts --------------------------------------------------------------------------------- */

static void expect_balances(struct check_rows *rows, const struct check_item *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct check_item *item = &list->items[i];
        const struct check_value values[] = {{"available", DECIMAL_VALUE(item, available_e8)},
                                             {"locked", DECIMAL_VALUE(item, locked_e8)},
                                             {"total", DECIMAL_VALUE(item, total_e8)}};
        EXPECT(rows, "accounts.balances", values, TEXT_VALUE(item, account_id),
               TEXT_VALUE(item, asset));
    }
}

static void expect_proceeds(struct check_rows *rows, const struct check_item *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct check_item *item = &list->items[i];
        const struct check_value values[] = {{"amount", DECIMAL_VALUE(item, amount_e8)}};
        EXPECT(rows, "accounts.market_maker_proceeds", values, TEXT_VALUE(item, market_maker_id),
               TEXT_VALUE(item, asset));
    }
}

static void expect_positions(struct check_rows *rows, const struct check_item *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct check_item *item = &list->items[i];
        const struct check_value values[] = {{"quantity", DECIMAL_VALUE(item, quantity_e8)}};
        EXPECT(rows, "accounts.positions", values, TEXT_VALUE(item, account_id),
               TEXT_VALUE(item, instrument));
    }
}

static void expect_postings(struct check_rows *rows, const struct check_item *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct check_item *item = &list->items[i];
        const struct check_value values[] = {{"book", SYMBOL(item, book)},
                                             {"account_id", TEXT_VALUE(item, account_id)},
                                             {"asset", TEXT_VALUE(item, asset)},
                                             {"amount", DECIMAL_VALUE(item, amount_e8)}};
        EXPECT(rows, "accounts.transactions", values, number(rows, rows->fact->partition),
               number(rows, rows->fact->offset), number(rows, (int64_t)i));
    }
}

static void expect_account(struct check_rows *rows, const struct check_item *account)
{
    const struct check_value values[] = {{"kind", SYMBOL(account, kind)},
                                         {"status", SYMBOL(account, status)},
                                         {"version", number(rows, NUMBER(account, version))}};
    EXPECT(rows, "accounts.accounts", values, TEXT_VALUE(account, id));
}

static void expect_maker(struct check_rows *rows, const struct check_item *maker)
{
    const char *status = SAME_SYMBOL(maker, status, "active") ? "active" : "closed";
    const struct check_value values[] = {{"kind", "market_maker"},
                                         {"status", status},
                                         {"version", number(rows, NUMBER(maker, version))}};
    EXPECT(rows, "accounts.accounts", values, TEXT_VALUE(maker, id));
}

static void expect_money(struct check_rows *rows, bool proceeds)
{
    const struct check_item *body = rows->fact->body;
    expect_balances(rows, GET(body, balances));
    expect_postings(rows, GET(body, postings));
    if (proceeds)
        expect_proceeds(rows, GET(body, proceeds));
}

/* What the buys of a day came to. */
static void expect_daily(struct check_rows *rows, const struct check_item *authorized)
{
    const struct check_value values[] = {
        {"notional", DECIMAL_VALUE(authorized, daily_notional_e8)}};
    if (!check_is_null(GET(authorized, daily_notional_e8)))
        EXPECT(rows, "accounts.daily_notionals", values,
               TEXT_VALUE(GET(authorized, balance), account_id),
               TEXT_VALUE(GET(authorized, balance), asset));
}

static void expect_limits(struct check_rows *rows, const struct check_item *set)
{
    const struct check_value values[] = {{"version", number(rows, NUMBER(set, version))}};
    EXPECT(rows, "accounts.risk_limits", values, TEXT_VALUE(set, account_id));
}

static void expect_transfer(struct check_rows *rows, const struct check_item *balances)
{
    const struct check_item *transfer = GET(rows->fact->body, transfer);
    const struct check_value values[] = {{"status", SYMBOL(transfer, status)},
                                         {"type", SYMBOL(transfer, type)},
                                         {"asset", TEXT_VALUE(transfer, asset)},
                                         {"amount", DECIMAL_VALUE(transfer, amount_e8)}};
    EXPECT(rows, "accounts.funding_transactions", values, TEXT_VALUE(transfer, id));
    expect_balances(rows, balances);
}

/* --- settings --------------------------------------------------------------------------------- */

static void expect_status(struct check_rows *rows, const char *alert_id, const char *status)
{
    const struct check_value values[] = {{"status", status}};
    EXPECT(rows, "settings.price_alerts", values, alert_id);
}

static void expect_alert(struct check_rows *rows, const struct check_item *alert)
{
    expect_status(rows, TEXT_VALUE(alert, id), SYMBOL(alert, status));
}

static void expect_notification(struct check_rows *rows, const struct check_item *told)
{
    const struct check_value values[] = {{"subject_id", TEXT_VALUE(told, subject_id)},
                                         {"user_id", TEXT_VALUE(told, user_id)},
                                         {"kind", SYMBOL(told, kind)}};
    EXPECT(rows, "settings.notifications", values, TEXT_VALUE(told, id));
}

static void expect_notifications(struct check_rows *rows, const struct check_item *told)
{
    for (size_t i = 0; i < told->count; i++)
        expect_notification(rows, &told->items[i]);
}

static void expect_fired(struct check_rows *rows, const struct check_item *fired)
{
    for (size_t i = 0; i < fired->count; i++) {
        const struct check_item *item = &fired->items[i];
        expect_status(rows, TEXT_VALUE(item, alert_id), SYMBOL(item, status));
        expect_notification(rows, GET(item, notification));
    }
}

static void expect_expired(struct check_rows *rows, const struct check_item *expired)
{
    for (size_t i = 0; i < expired->count; i++)
        expect_status(rows, TEXT_VALUE(&expired->items[i], alert_id), "expired");
}

/* --- desk ------------------------------------------------------------------------------------- */

static void expect_conversation(struct check_rows *rows, const struct check_item *ticket)
{
    const struct check_value values[] = {{"status", SYMBOL(ticket, status)},
                                         {"user_id", TEXT_VALUE(ticket, user_id)},
                                         {"version", number(rows, NUMBER(ticket, version))}};
    EXPECT(rows, "desk.support_tickets", values, TEXT_VALUE(ticket, id));
}

/* --- orders ----------------------------------------------------------------------------------- */

/* What its ETag says of an order that the event is about. */
static const char *version(struct check_rows *rows)
{
    return number(rows, rows->fact->fold.epoch * (INT64_C(1) << 36) + rows->fact->fold.wseq);
}

static void expect_order(struct check_rows *rows, const struct check_item *order)
{
    int64_t prevented_e8 = NUMBER(order, quantity_e8) - NUMBER(order, filled_quantity_e8) -
                           NUMBER(order, remaining_quantity_e8);
    const struct check_value values[] = {
        {"status", SYMBOL(order, status)},
        {"quantity", DECIMAL_VALUE(order, quantity_e8)},
        {"filled_quantity", DECIMAL_VALUE(order, filled_quantity_e8)},
        {"prevented_quantity", decimal(rows, prevented_e8)},
        {"filled_notional", DECIMAL_VALUE(order, filled_notional_e8)},
        {"fees", DECIMAL_VALUE(order, fees_e8)},
        {"trigger", SYMBOL(order, trigger)},
        {"version", version(rows)},
        {"end_reason", SYMBOL_VALUE(order, end_reason)}};
    EXPECT(rows, "orders.orders", values, TEXT_VALUE(order, id));
}

/* Where its trigger fires, when it comes, is replaced or fires: a trailing stop's moves unseen
 * meanwhile. */
static void expect_stop(struct check_rows *rows, const struct check_item *order)
{
    bool none = check_is_null(GET(order, stop_price_e8));
    const struct check_value values[] = {
        {"stop_price", none ? NULL : DECIMAL_VALUE(order, stop_price_e8)}};
    EXPECT(rows, "orders.orders", values, TEXT_VALUE(order, id));
}

static void expect_resting(struct check_rows *rows, const struct check_item *resting)
{
    const struct check_value values[] = {
        {"status", SYMBOL(resting, status)},
        {"filled_quantity", DECIMAL_VALUE(resting, filled_quantity_e8)},
        {"filled_notional", DECIMAL_VALUE(resting, filled_notional_e8)},
        {"fees", DECIMAL_VALUE(resting, fees_e8)},
        {"version", version(rows)},
        {"end_reason", SAME_SYMBOL(resting, status, "filled") ? "filled" : NULL}};
    EXPECT(rows, "orders.orders", values, TEXT_VALUE(resting, order_id));
}

static void expect_trade(struct check_rows *rows, const struct check_item *order,
                         const struct check_item *fill, const struct check_item *resting)
{
    bool buys = SAME_SYMBOL(order, side, "buy");
    const char *taker = TEXT_VALUE(order, id), *maker = TEXT_VALUE(resting, order_id);
    const char *fees[] = {DECIMAL_VALUE(fill, fee_e8), DECIMAL_VALUE(resting, fee_e8)};
    const struct check_value values[] = {{"price", DECIMAL_VALUE(fill, price_e8)},
                                         {"quantity", DECIMAL_VALUE(fill, quantity_e8)},
                                         {"buy_order_id", buys ? taker : maker},
                                         {"sell_order_id", buys ? maker : taker},
                                         {"buyer_fee", fees[buys ? 0 : 1]},
                                         {"seller_fee", fees[buys ? 1 : 0]},
                                         {"event_offset", number(rows, rows->fact->offset)}};
    EXPECT(rows, "orders.trades", values, TEXT_VALUE(fill, trade_id));
}

static void expect_ended(struct check_rows *rows, const struct check_item *ended)
{
    for (size_t i = 0; i < ended->count; i++) {
        const struct check_item *item = &ended->items[i];
        const struct check_value values[] = {{"status", SYMBOL(item, status)},
                                             {"end_reason", SYMBOL(item, end_reason)},
                                             {"version", version(rows)}};
        EXPECT(rows, "orders.orders", values, TEXT_VALUE(item, order_id));
    }
}

static void expect_prevented(struct check_rows *rows, const struct check_item *entered)
{
    const struct check_item *prevented = GET(entered, prevented), *ended = GET(entered, ended);
    bool decrements = SAME_SYMBOL(GET(entered, order), self_trade, "decrement");
    for (size_t i = 0; i < prevented->count; i++) {
        const struct check_item *item = &prevented->items[i];
        const struct check_value values[] = {
            {"prevented_quantity", DECIMAL_VALUE(item, prevented_quantity_e8)}};
        const struct check_value versions[] = {{"version", version(rows)}};
        EXPECT(rows, "orders.orders", values, TEXT_VALUE(item, order_id));
        if (decrements)
            EXPECT(rows, "orders.orders", versions, TEXT_VALUE(item, order_id));
    }
    expect_ended(rows, ended);
}

static void expect_brackets(struct check_rows *rows)
{
    const struct check_item *guards = GET(rows->fact->body, guards);
    for (size_t i = 0; i < guards->count; i++) {
        expect_order(rows, GET(&guards->items[i], order));
        expect_stop(rows, GET(&guards->items[i], order));
    }
}

/* Where it stands in the queue of its price, and that price. */
static void expect_place(struct check_rows *rows, const struct check_item *order)
{
    const struct check_value values[] = {
        {"limit_price",
         check_is_null(GET(order, limit_price_e8)) ? NULL : DECIMAL_VALUE(order, limit_price_e8)},
        {"entered_offset", number(rows, rows->fact->offset)}};
    EXPECT(rows, "orders.orders", values, TEXT_VALUE(order, id));
}

static void expect_entered(struct check_rows *rows)
{
    const struct check_item *body = rows->fact->body, *order = GET(body, order);
    const struct check_item *fills = GET(body, fills), *resting = GET(body, resting);
    expect_order(rows, order);
    expect_stop(rows, order);
    if (NUMBER(body, keeps_place) == 0)
        expect_place(rows, order);
    for (size_t i = 0; i < fills->count; i++) {
        expect_trade(rows, order, &fills->items[i], &resting->items[i]);
        expect_resting(rows, &resting->items[i]);
    }
    expect_prevented(rows, body);
}

/* A refusal may name an id that is taken: then the order under it stays as it is. */
static void expect_refused(struct check_rows *rows, const struct check_item *order)
{
    const char *const keys[CHECK_ROW_KEYS_MAX] = {TEXT_VALUE(order, id)};
    if (!check_expects_row(rows, "orders.orders", keys))
        expect_order(rows, order);
}

static void expect_orders(struct check_rows *rows, const struct check_item *orders)
{
    for (size_t i = 0; i < orders->count; i++)
        expect_order(rows, &orders->items[i]);
}

/* --- audit ------------------------------------------------------------------------------------ */

static void expect_ticket(struct check_rows *rows, const struct check_item *ticket)
{
    const struct check_value values[] = {{"command_id", TEXT_VALUE(ticket, command_id)},
                                         {"outcome", SYMBOL(ticket, outcome)},
                                         {"code", TEXT_VALUE(ticket, code)}};
    EXPECT(rows, "audit.ticket_logs", values, TEXT_VALUE(ticket, id));
}

static void expect_tickets(struct check_rows *rows, const struct check_item *tickets)
{
    for (size_t i = 0; i < tickets->count; i++)
        expect_ticket(rows, &tickets->items[i]);
}

/* --- all -------------------------------------------------------------------------------------- */

static void expect_event(struct check_rows *rows)
{
    const struct check_item *body = rows->fact->body;
    switch (rows->fact->kind) {
    case KIND_AccountOpened:
    case KIND_AccountStatusChanged: expect_account(rows, GET(body, account)); break;
    case KIND_KycReviewed:
        if (!check_is_null(GET(body, account)))
            expect_account(rows, GET(body, account));
        break;
    case KIND_TransferRequested: expect_transfer(rows, GET(body, balances)); break;
    case KIND_TransferChanged:
        expect_transfer(rows, GET(body, balances));
        expect_postings(rows, GET(body, postings));
        break;
    case KIND_AlertChanged: expect_alert(rows, GET(body, alert)); break;
    case KIND_AlertsFired: expect_fired(rows, GET(body, alerts)); break;
    case KIND_AlertsExpired: expect_expired(rows, GET(body, alerts)); break;
    case KIND_NotificationsRaised: expect_notifications(rows, GET(body, notifications)); break;
    case KIND_SupportTicketChanged: expect_conversation(rows, GET(body, ticket)); break;
    case KIND_MarketMakerChanged:
    case KIND_MarketMakerDeactivated: expect_maker(rows, GET(body, market_maker)); break;
    case KIND_MarketMakerCreated:
        expect_maker(rows, GET(body, market_maker));
        expect_money(rows, false);
        break;
    case KIND_AssetTransactionRecorded: expect_money(rows, true); break;
    case KIND_ReplaceAuthorized:
    case KIND_OrderAuthorized: {
        const struct check_item *balance = GET(body, balance);
        const struct check_item one = {.items = balance, .count = !check_is_null(balance)};
        expect_balances(rows, &one);
        expect_daily(rows, body);
        break;
    }
    case KIND_RiskLimitsSet: expect_limits(rows, body); break;
    case KIND_FillsSettled:
        expect_money(rows, true);
        expect_positions(rows, GET(body, positions));
        break;
    case KIND_OptionSettled:
        expect_money(rows, false);
        expect_positions(rows, GET(body, positions));
        break;
    case KIND_HoldReleased: expect_balances(rows, GET(body, balances)); break;
    case KIND_OrderEntered: expect_entered(rows); break;
    case KIND_OrderRefused: expect_refused(rows, GET(body, order)); break;
    case KIND_OrderCanceled:
        expect_order(rows, GET(body, order));
        expect_ended(rows, GET(body, ended));
        break;
    case KIND_OrdersCanceled:
        expect_orders(rows, GET(body, orders));
        expect_ended(rows, GET(body, ended));
        break;
    case KIND_BracketsEntered: expect_brackets(rows); break;
    case KIND_TicketsIssued: expect_tickets(rows, GET(body, tickets)); break;
    case KIND_RefusalRecorded: expect_ticket(rows, GET(body, ticket)); break;
    default: break;
    }
}

void check_expect_all(struct check_rows *rows)
{
    for (int i = 0; i < EVIDENCE_SERVICES; i++) {
        for (int32_t j = 0; j < rows->run->evidence->partition_counts[i]; j++) {
            const struct check_facts *facts = &rows->run->facts[i][j];
            for (size_t k = 0; k < facts->count; k++) {
                rows->fact = &facts->list[k];
                if (rows->fact->verdict == VERDICT_VALID)
                    expect_event(rows);
            }
        }
    }
}
