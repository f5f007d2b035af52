/* check_avro.h - records as trees, read by their published schemas (schemas/history).
 *
 * avro-c parses the schemas, once a process; their shapes then guide a reader that trusts no
 * length, since what it reads may be anything. Nothing here is generated.
 */
#ifndef SIM_CHECK_AVRO_H
#define SIM_CHECK_AVRO_H
#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"

/* Every field that some check asks for. */
#define CHECK_FIELDS(X)                                                                            \
    X(account)                                                                                     \
    X(account_id)                                                                                  \
    X(active)                                                                                      \
    X(actor)                                                                                       \
    X(actor_id)                                                                                    \
    X(after)                                                                                       \
    X(alert)                                                                                       \
    X(alert_id)                                                                                    \
    X(alerts)                                                                                      \
    X(amount_e8)                                                                                   \
    X(amounts_e8)                                                                                  \
    X(approval)                                                                                    \
    X(approval_id)                                                                                 \
    X(approvals)                                                                                   \
    X(approved_by)                                                                                 \
    X(asset)                                                                                       \
    X(assignee_id)                                                                                 \
    X(attempts_left)                                                                               \
    X(available_e8)                                                                                \
    X(average_fill_price_e8)                                                                       \
    X(balance)                                                                                     \
    X(balance_after_e8)                                                                            \
    X(balance_before_e8)                                                                           \
    X(balances)                                                                                    \
    X(base)                                                                                        \
    X(body_hash)                                                                                   \
    X(book)                                                                                        \
    X(brackets)                                                                                    \
    X(cancel_at)                                                                                   \
    X(cancel_orders)                                                                               \
    X(cause)                                                                                       \
    X(cause_hash)                                                                                  \
    X(close)                                                                                       \
    X(change)                                                                                      \
    X(closed)                                                                                      \
    X(closed_at)                                                                                   \
    X(closes)                                                                                      \
    X(code)                                                                                        \
    X(command_id)                                                                                  \
    X(condition)                                                                                   \
    X(cool_off_s)                                                                                  \
    X(correlation_id)                                                                              \
    X(cost_e8)                                                                                     \
    X(created_at)                                                                                  \
    X(crossed_by)                                                                                  \
    X(daily_notional_e8)                                                                           \
    X(day_e8)                                                                                      \
    X(decision)                                                                                    \
    X(document)                                                                                    \
    X(document_id)                                                                                 \
    X(end_reason)                                                                                  \
    X(ended)                                                                                       \
    X(entry)                                                                                       \
    X(epoch)                                                                                       \
    X(event_hash)                                                                                  \
    X(event_id)                                                                                    \
    X(expires_at)                                                                                  \
    X(fee_e8)                                                                                      \
    X(fees_e8)                                                                                     \
    X(filled_notional_e8)                                                                          \
    X(filled_quantity_e8)                                                                          \
    X(fills)                                                                                       \
    X(first_hash)                                                                                  \
    X(first_command_id)                                                                            \
    X(first_offset)                                                                                \
    X(fold)                                                                                        \
    X(from)                                                                                        \
    X(goes_on)                                                                                     \
    X(guards)                                                                                      \
    X(head)                                                                                        \
    X(heads)                                                                                       \
    X(high_price_e8)                                                                               \
    X(hold_asset)                                                                                  \
    X(hold_e8)                                                                                     \
    X(id)                                                                                          \
    X(idempotency)                                                                                 \
    X(in_book)                                                                                     \
    X(incarnation)                                                                                 \
    X(instrument)                                                                                  \
    X(into_id)                                                                                     \
    X(keeps_place)                                                                                 \
    X(key_hash)                                                                                    \
    X(kind)                                                                                        \
    X(last_offset)                                                                                 \
    X(last_price_e8)                                                                               \
    X(left)                                                                                        \
    X(level)                                                                                       \
    X(limit_price_e8)                                                                              \
    X(limits)                                                                                      \
    X(locked_e8)                                                                                   \
    X(lot_size_e8)                                                                                 \
    X(low_price_e8)                                                                                \
    X(maker_fee_bps)                                                                               \
    X(maker_notional_e8)                                                                           \
    X(mark_price_e8)                                                                               \
    X(market_maker)                                                                                \
    X(market_maker_id)                                                                             \
    X(max_concentration_percent_e8)                                                                \
    X(max_daily_notional_e8)                                                                       \
    X(max_day_e8)                                                                                  \
    X(max_month_e8)                                                                                \
    X(max_notional_e8)                                                                             \
    X(max_open_orders)                                                                             \
    X(max_order_notional_e8)                                                                       \
    X(max_transfer_e8)                                                                             \
    X(merged)                                                                                      \
    X(message_id)                                                                                  \
    X(messages)                                                                                    \
    X(meta)                                                                                        \
    X(method)                                                                                      \
    X(month_e8)                                                                                    \
    X(multiplier_e8)                                                                               \
    X(next_offset)                                                                                 \
    X(nonce)                                                                                       \
    X(notification)                                                                                \
    X(notifications)                                                                               \
    X(occurred_at)                                                                                 \
    X(offset)                                                                                      \
    X(next_order_id)                                                                               \
    X(order)                                                                                       \
    X(order_id)                                                                                    \
    X(orders)                                                                                      \
    X(outcome)                                                                                     \
    X(parent_id)                                                                                   \
    X(partition)                                                                                   \
    X(payment_method_id)                                                                           \
    X(percent_e8)                                                                                  \
    X(poisoned)                                                                                    \
    X(positions)                                                                                   \
    X(post_only)                                                                                   \
    X(postings)                                                                                    \
    X(prev_hash)                                                                                   \
    X(prevented)                                                                                   \
    X(prevented_quantity_e8)                                                                       \
    X(price_band_percent_e8)                                                                       \
    X(price_e8)                                                                                    \
    X(prices)                                                                                      \
    X(probed_command_id)                                                                           \
    X(probed_valid_until)                                                                          \
    X(proceeds)                                                                                    \
    X(quantity_e8)                                                                                 \
    X(quote)                                                                                       \
    X(quote_scale)                                                                                 \
    X(reason)                                                                                      \
    X(recurring)                                                                                   \
    X(remaining_quantity_e8)                                                                       \
    X(request)                                                                                     \
    X(requested_by)                                                                                \
    X(resolved_at)                                                                                 \
    X(resting)                                                                                     \
    X(review)                                                                                      \
    X(right)                                                                                       \
    X(roles)                                                                                       \
    X(rules)                                                                                       \
    X(scheduled)                                                                                   \
    X(second_hash)                                                                                 \
    X(self_trade)                                                                                  \
    X(room_e8)                                                                                     \
    X(sells)                                                                                       \
    X(service)                                                                                     \
    X(sibling_id)                                                                                  \
    X(settlement_price_e8)                                                                         \
    X(side)                                                                                        \
    X(source)                                                                                      \
    X(staff_roles)                                                                                 \
    X(state)                                                                                       \
    X(statements)                                                                                  \
    X(status)                                                                                      \
    X(stop_loss_price_e8)                                                                          \
    X(stop_price_e8)                                                                               \
    X(strike_e8)                                                                                   \
    X(subject_id)                                                                                  \
    X(symbol)                                                                                      \
    X(take_profit_price_e8)                                                                        \
    X(taker_fee_bps)                                                                               \
    X(taker_notional_e8)                                                                           \
    X(terms)                                                                                       \
    X(tick_size_e8)                                                                                \
    X(ticket)                                                                                      \
    X(tickets)                                                                                     \
    X(time_in_force)                                                                               \
    X(timeout_s)                                                                                   \
    X(to)                                                                                          \
    X(topic)                                                                                       \
    X(tree_size)                                                                                   \
    X(total_e8)                                                                                    \
    X(totals)                                                                                      \
    X(touches)                                                                                     \
    X(trade_id)                                                                                    \
    X(trail_amount_e8)                                                                             \
    X(trail_percent_e8)                                                                            \
    X(transaction)                                                                                 \
    X(transactions)                                                                                \
    X(transfer)                                                                                    \
    X(transfer_id)                                                                                 \
    X(provider)                                                                                    \
    X(trigger)                                                                                     \
    X(type)                                                                                        \
    X(use)                                                                                         \
    X(user_id)                                                                                     \
    X(valid_until)                                                                                 \
    X(value_e8)                                                                                    \
    X(verified_at)                                                                                 \
    X(version)                                                                                     \
    X(window_s)                                                                                    \
    X(wseq)

enum check_field {
#define CHECK_FIELD_ENUM(name) FIELD_##name,
    CHECK_FIELDS(CHECK_FIELD_ENUM)
#undef CHECK_FIELD_ENUM
        CHECK_FIELDS_COUNT,
};

enum check_type {
    CHECK_NULL,
    CHECK_NUMBER, /* boolean, int, long, enum */
    CHECK_BYTES,  /* string, bytes, fixed */
    CHECK_RECORD,
    CHECK_ARRAY,
    CHECK_MAP,
    CHECK_UNION, /* of a shape only: an item is one of its branches */
};

/* What a schema says. */
struct check_shape {
    enum check_type type;
    bool is_enum, is_boolean, is_fixed;
    const char *name; /* of records and enums, without namespace */
    size_t fixed_size;
    const char **symbols;           /* of an enum */
    struct check_shape **children;  /* fields, branches, or the one element */
    size_t children_count;          /* of an enum: how many symbols */
    int16_t at[CHECK_FIELDS_COUNT]; /* of a record: which child a field is; -1: none */
};

struct check_item {
    const struct check_shape *shape;
    union {
        int64_t number;
        const uint8_t *data;
        const struct check_item *items; /* fields or elements; of a map keys and values by turns */
    };
    size_t count; /* of bytes or items */
};

/* Reads a value in Confluent framing. NULL: it cannot be read, or bytes are left over. */
const struct check_item *check_read(struct bytes value, struct arena *arena) MUST_CHECK;

/* A field of a record, null where it is. CHECKs that the schema has it. */
const struct check_item *check_get(const struct check_item *record, enum check_field field);
/* Shorter for what is asked for most. */
#define GET(record, field)     check_get((record), FIELD_##field)
#define NUMBER(record, field)  check_number(check_get((record), FIELD_##field))
#define TEXT_OF(record, field) check_text(check_get((record), FIELD_##field))
#define UUID_OF(record, field) check_uuid(check_get((record), FIELD_##field))
#define SYMBOL(record, field)  check_symbol(check_get((record), FIELD_##field))

bool check_is_null(const struct check_item *item);
/* Its number; 0 where it is null. */
int64_t check_number(const struct check_item *item);
/* Its number; `otherwise` where it is null. */
int64_t check_number_or(const struct check_item *item, int64_t otherwise);
/* Its bytes; empty where it is null. */
struct text check_text(const struct check_item *item);
/* The id that it is in text; nil where it is null or none. */
struct uuid check_uuid(const struct check_item *item);
/* An enum's symbol; "" where it is null or none. */
const char *check_symbol(const struct check_item *item);

#endif
