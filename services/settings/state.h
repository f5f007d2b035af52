/* state.h - what settings knows: users, open sessions, which addresses are market makers', and the
 * venue's rules.
 *
 * Place     users are placed by their e-mail address: every id of a user or session carries the
 *           murmur2 of the address's keyed hash in hexadecimal (settings_owner_hash), so one
 *           partition decides that an address is taken.
 * Holds     one user an address; a session belongs to a user of this partition.
 * Bounds    a session is dropped after it has expired: at most SETTINGS_DROPS_MAX with every event.
 * Thread    one owner, no locks. Depends on base, wire and decision only, so replay repeats it.
 */
#ifndef SETTINGS_STATE_H
#define SETTINGS_STATE_H
#include "base/buffer.h"
#include "base/table.h"
#include "decision/decision.h"

enum { SETTINGS_DROPS_MAX = 16, SETTINGS_EMAIL_KEY_SIZE = 32 };

struct settings_user {
    struct uuid id;
    struct uuid account_id;
    struct keyed_hash email_hash;
    uint32_t roles; /* ROLE_BITs */
    UT_hash_handle by_id;
    UT_hash_handle by_email;
};

struct settings_session {
    struct uuid id;
    struct uuid user_id;
    int64_t expires_at_us;
    UT_hash_handle by_id;
};

/* An address at which a market maker is, or was, to be reached. */
struct settings_address {
    struct keyed_hash email_hash;
    UT_hash_handle by_email;
};

struct settings {
    const struct place *place;
    struct settings_user *users_by_id;
    struct settings_user *users_by_email;
    struct settings_session *sessions; /* in the order they were opened */
    struct settings_address *market_makers;
    struct venue_rules venue_rules; /* in the partition of their key; elsewhere none, as at first */
};

/* The functions that service.h asks for; `state` is a struct settings. */
void *settings_new(const struct place *place);
void settings_free(void *state);
void settings_decide(const void *state, const struct input *input, struct arena *arena,
                     struct event *ret_event);
void settings_apply(void *state, const struct event *event);
void settings_save(const void *state, struct buffer *buffer);
enum err settings_load(void *state, struct bytes bytes) MUST_CHECK;

/* The address's keyed hash in hexadecimal: the key that places it. */
void settings_email_key(const struct keyed_hash *email_hash, char ret_key[SETTINGS_EMAIL_KEY_SIZE]);
/* The owner hash that ids of this address carry. */
uint32_t settings_owner_hash(const struct keyed_hash *email_hash);

/* NULL: none. */
struct settings_user *settings_user(const struct settings *settings, struct uuid id);
struct settings_user *settings_user_of_email(const struct settings *settings,
                                             const struct keyed_hash *email_hash);
struct settings_session *settings_session(const struct settings *settings, struct uuid id);
bool settings_is_market_maker(const struct settings *settings, const struct keyed_hash *email_hash);

/* Adds a copy of what is not there yet: CHECKs that neither id nor address is taken. */
void settings_add_user(struct settings *settings, const struct settings_user *user);
void settings_add_session(struct settings *settings, const struct settings_session *session);
void settings_drop_session(struct settings *settings, struct settings_session *session);
/* Notes an address; again does nothing. */
void settings_add_market_maker(struct settings *settings, const struct keyed_hash *email_hash);

#endif
