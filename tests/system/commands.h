/* commands.h - what a gateway would send to a venue: commands with their ids, keys and callers.
 *
 * Each function only sends; venue_settle() lets it happen and transcript.h tells what came of it.
 */
#ifndef SYSTEM_COMMANDS_H
#define SYSTEM_COMMANDS_H
#include "venue.h"

/* A person with a ledger account. A market maker has no user. */
struct venue_client {
    bool is_maker;
    uint8_t email; /* his address's hash, all over; where the crowd has registered him */
    struct uuid user_id;
    struct uuid account_id;
};

/* A fresh id that carries `owner_hash`. */
struct uuid venue_id(struct venue *venue, uint32_t owner_hash);
/* The next market maker's id, so that they spread over the partitions. */
struct uuid venue_account_id(struct venue *venue);

/* Registers, as `bourse init` would, who sends the commands below: operator and admin. */
void venue_appoint(struct venue *venue);
/* A command of that kind by an operator, with fresh ids, valid for 30 seconds. */
struct command venue_command(struct venue *venue, enum command_kind kind);
/* Makes it the client's own. */
void venue_ask_as(struct command *command, const struct venue_client *client);
/* Gives it an Idempotency-Key and the body sent under it. */
void venue_idempotent(struct command *command, uint8_t key, uint8_t body);
/* Sends it to its service, under the key its schema names. Returns the command's id. */
struct uuid venue_send(struct venue *venue, const struct command *command);

/* Who decides it, and the key that its schema names. */
enum service_id venue_service_of(const struct command *command);
struct text venue_key_of(const struct command *command, struct arena *arena);

/* An operator creates a market maker with so many CEA. *ret_maker: who. */
struct uuid venue_create_maker(struct venue *venue, int64_t cea_e8, struct venue_client *ret_maker);
/* Somebody registers with an address that is hashed to `email` all over. */
struct uuid venue_register(struct venue *venue, uint8_t email, struct venue_client *ret_client);
struct uuid venue_set_status(struct venue *venue, struct uuid account_id,
                             enum account_status status);
struct uuid venue_book(struct venue *venue, struct uuid account_id, enum transaction_type type,
                       struct text asset, int64_t amount_e8);
/* `terms` gives side, type and the rest; ids are filled in, the instrument where it is empty
 * (CEA-EUR). *ret_order_id: the order. */
struct uuid venue_place(struct venue *venue, const struct venue_client *client,
                        const struct place_order *terms, struct uuid *ret_order_id);
/* A limit order, good till canceled. */
struct uuid venue_limit(struct venue *venue, const struct venue_client *client, enum side side,
                        int64_t quantity_e8, int64_t price_e8, struct uuid *ret_order_id);
struct uuid venue_cancel(struct venue *venue, const struct venue_client *client,
                         struct uuid order_id);
/* COMMAND_REPLACE_ORDER or its preview; 0: as it is. */
struct uuid venue_replace(struct venue *venue, const struct venue_client *client,
                          enum command_kind kind, struct uuid order_id, int64_t quantity_e8,
                          int64_t price_e8, int64_t stop_price_e8);
/* COMMAND_CLOSE_POSITION, all of it at once, or its preview. *ret_order_id: the order that sells
 * it. */
struct uuid venue_close(struct venue *venue, const struct venue_client *client,
                        enum command_kind kind, struct text instrument, struct uuid *ret_order_id);
/* All that it has of everything. */
struct uuid venue_close_all(struct venue *venue, const struct venue_client *client);
/* All its open orders; and, unless it is said again in so many seconds, then. */
struct uuid venue_cancel_orders(struct venue *venue, const struct venue_client *client);
struct uuid venue_cancel_after(struct venue *venue, const struct venue_client *client,
                               int64_t timeout_s);
struct uuid venue_deactivate(struct venue *venue, const struct venue_client *maker,
                             bool cancel_orders);

#endif
