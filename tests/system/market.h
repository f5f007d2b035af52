/* market.h - a crowd at a venue: market makers and clients who send commands at random, good and
 * bad, from a seed. The same seed sends the same commands.
 */
#ifndef SYSTEM_MARKET_H
#define SYSTEM_MARKET_H
#include "commands.h"

enum {
    MARKET_CLIENTS_MAX = 16,
    MARKET_ORDERS_MAX = 512,
    MARKET_REQUESTS_MAX = 4,
    MARKET_THINGS_MAX = 12
};

struct market_order {
    struct uuid id;
    size_t client;
};

/* What clients have of a kind, the latest, a ring. */
struct market_thing {
    struct uuid id;
    struct venue_client owner;
};
struct market_things {
    struct market_thing list[MARKET_THINGS_MAX];
    size_t count; /* ever */
};

struct market {
    struct venue *venue;
    uint64_t random; /* never 0 */
    struct venue_client clients[MARKET_CLIENTS_MAX];
    size_t clients_count;
    struct market_order orders[MARKET_ORDERS_MAX]; /* the latest, a ring */
    size_t orders_count;
    struct market_order replaced;  /* last */
    uint32_t options_count;        /* listed */
    struct venue_client deputy;    /* an operator, as long as the others let him */
    struct venue_client signed_in; /* last, with this session, if at all */
    struct uuid session_id;
    struct uuid requests[MARKET_REQUESTS_MAX]; /* for approval, the latest heard of, a ring */
    size_t requests_count;
    struct venue_client newcomer; /* who says who he is, and hands in what shows it */
    struct market_things checks;  /* who has asked to be checked, by his own id */
    struct market_things methods, transfers, alerts, conversations;
    struct uuid article_id; /* published last */
    struct change_venue_rules_approval_amounts_e8_entry
        amounts[2];        /* of the last change of rules */
    struct command last;   /* holds static texts only, and those amounts */
    size_t commands_count; /* different ones sent */
};

/* A seed of BOURSE_SEED, else `otherwise`; printed, so that a run can be repeated. */
uint64_t market_seed(uint64_t otherwise);
/* Below `bound`, at random. */
uint32_t market_below(struct market *market, uint32_t bound);

/* Opens accounts, funds them, sets fees, and settles. */
void market_open(struct market *market, struct venue *venue, uint64_t seed);
/* Somebody sends something. */
void market_send(struct market *market);
/* The crowd hears that a request waits for a second person. */
void market_hear(struct market *market, struct uuid approval_id);
/* A partition's writer is replaced by another, in one way or another, or loses a record. */
void market_befall(struct market *market, enum service_id service, int32_t partition);

#endif
