#include "cli/feed_venue.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "json/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_SIZE_MAX = 1024, PATH_SIZE = 256, KEY_SIZE = 80 };

/* --- what an answer says --- */

/* Reads a decimal of an answer that is an object. False: it has none of that name. */
static bool read_decimal(const struct json_value *object, const char *name, int64_t *ret_e8)
{
    const struct json_value *value = json_value_member(object, name);
    return value != NULL && value->kind == JSON_STRING && decimal_parse(value->text, ret_e8) == OK;
}

static const struct json_value *read_answer(struct text answer, struct arena *arena)
{
    const struct json_value *value = NULL;
    struct json_error error;
    if (json_parse(answer, CLIENT_ANSWER_SIZE_MAX, arena, &value, &error) != OK)
        return NULL;
    return value;
}

static struct arena *arena_for(struct text answer)
{
    return arena_new(answer.size * JSON_ARENA_FACTOR + BODY_SIZE_MAX * JSON_ARENA_FACTOR);
}

const char *feed_venue_learn(struct feed_venue *venue, struct client *caller)
{
    struct text answer = TEXT("");
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "market/instruments/%s", venue->instrument);
    const struct client_request request = {.method = "GET", .path = path};
    if (client_call(caller, &request, &answer) != OK)
        return client_problem(caller);
    struct arena *arena = arena_for(answer);
    const struct json_value *rules = read_answer(answer, arena);
    int64_t least_e8 = 0;
    bool known = read_decimal(rules, "tick_size", &venue->tick_e8) && venue->tick_e8 > 0 &&
                 read_decimal(rules, "min_quantity", &least_e8);
    arena_free(arena);
    if (venue->quantity_e8 == 0)
        venue->quantity_e8 = least_e8;
    return known ? NULL : "the gateway says neither tick_size nor min_quantity of the instrument";
}

/* --- marks --- */

static void make_key(const struct feed_venue *venue, int64_t line, const char *what,
                     char ret_key[KEY_SIZE])
{
    snprintf(ret_key, KEY_SIZE, "feed-%s-%" PRId64 "-%s", venue->run, line, what);
}

const char *feed_venue_mark(struct feed_venue *venue, int64_t line, int64_t price_e8)
{
    struct text answer = TEXT("");
    char path[PATH_SIZE], body[BODY_SIZE_MAX], key[KEY_SIZE], price[DECIMAL_TEXT_SIZE];
    snprintf(path, sizeof path, "admin/instruments/%s/mark", venue->instrument);
    decimal_print(price_e8, 0, price);
    snprintf(body, sizeof body, "{\"mark_price\":\"%s\"}", price);
    make_key(venue, line, "mark", key);
    const struct client_request request = {
        .method = "POST", .path = path, .body = text_of(body), .again = key};
    return client_call(venue->staff, &request, &answer) == OK ? NULL : client_problem(venue->staff);
}

/* --- trades --- */

struct leg {
    struct client *who;
    const char *what; /* for the key */
    bool buys;
    int64_t quantity_e8, price_e8;
    const char *time_in_force;
};

static const char *place(struct feed_venue *venue, int64_t line, const struct leg *leg,
                         struct text *ret_answer)
{
    char key[KEY_SIZE], price[DECIMAL_TEXT_SIZE], quantity[DECIMAL_TEXT_SIZE];
    struct buffer body;
    decimal_print(leg->price_e8, 0, price);
    decimal_print(leg->quantity_e8, 0, quantity);
    make_key(venue, line, leg->what, key);
    buffer_init(&body, BODY_SIZE_MAX);
    buffer_string(&body, "{\"instrument\":");
    buffer_json_string(&body, text_of(venue->instrument));
    buffer_printf(&body,
                  ",\"side\":\"%s\",\"type\":\"limit\",\"quantity\":\"%s\","
                  "\"limit_price\":\"%s\",\"time_in_force\":\"%s\"}",
                  leg->buys ? "buy" : "sell", quantity, price, leg->time_in_force);
    CHECK(buffer_ok(&body));
    const struct client_request request = {
        .method = "POST", .path = "orders", .body = buffer_as_text(&body), .again = key};
    enum err err = client_call(leg->who, &request, ret_answer);
    buffer_free(&body);
    return err == OK ? NULL : client_problem(leg->who);
}

/* Takes the order's id out of the answer that it was placed with. */
static const char *keep_quote(struct feed_venue *venue, struct text answer)
{
    struct arena *arena = arena_for(answer);
    const struct json_value *id = json_value_member(read_answer(answer, arena), "id");
    bool known = id != NULL && id->kind == JSON_STRING && id->text.size == UUID_TEXT_SIZE;
    if (known)
        snprintf(venue->quote, sizeof venue->quote, "%.*s", UUID_TEXT_SIZE, id->text.data);
    arena_free(arena);
    return known ? NULL : "the answer to an order has no id";
}

static void count_trades(struct feed_venue *venue, struct text answer)
{
    struct arena *arena = arena_for(answer);
    const struct json_value *fills = json_value_member(read_answer(answer, arena), "fills");
    if (fills != NULL && fills->kind == JSON_ARRAY)
        venue->trades += (int64_t)fills->count;
    arena_free(arena);
}

const char *feed_venue_pull_quote(struct feed_venue *venue)
{
    struct text answer = TEXT("");
    char path[PATH_SIZE];
    if (venue->quote[0] == '\0')
        return NULL;
    snprintf(path, sizeof path, "orders/%s", venue->quote);
    venue->quote[0] = '\0';
    const struct client_request request = {.method = "DELETE", .path = path};
    enum err err = client_call(venue->maker, &request, &answer);
    /* Somebody else was faster and took it whole: then there is nothing to take back. */
    return err == OK || err == ERR_DENIED ? NULL : client_problem(venue->maker);
}

const char *feed_venue_trade(struct feed_venue *venue, int64_t line, int64_t price_e8)
{
    const struct leg quote = {.who = venue->maker,
                              .what = "quote",
                              .buys = venue->maker_buys,
                              .quantity_e8 = 2 * venue->quantity_e8,
                              .price_e8 = price_e8,
                              .time_in_force = "gtc"};
    const struct leg take = {.who = venue->taker,
                             .what = "take",
                             .buys = !venue->maker_buys,
                             .quantity_e8 = venue->quantity_e8,
                             .price_e8 = price_e8,
                             .time_in_force = "ioc"};
    struct text answer = TEXT("");
    const char *problem = feed_venue_pull_quote(venue);
    if (problem == NULL)
        problem = place(venue, line, &quote, &answer);
    if (problem == NULL)
        problem = keep_quote(venue, answer);
    if (problem == NULL)
        problem = place(venue, line, &take, &answer);
    if (problem != NULL)
        return problem;
    count_trades(venue, answer);
    venue->maker_buys = !venue->maker_buys;
    return NULL;
}
