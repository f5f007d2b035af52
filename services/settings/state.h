/* state.h - what settings knows: users, open sessions, who has failed to sign in, which addresses
 * are market makers', what users keep here, and the venue's rules.
 *
 * Place     users are placed by their e-mail address: every id of a user or session carries the
 *           murmur2 of the address's keyed hash in hexadecimal (settings_owner_hash), so one
 *           partition decides that an address is taken.
 * Holds     one user an address; a session belongs to a user of this partition.
 * Bounds    a session is dropped when it ends, or after it has expired, at most SETTINGS_DROPS_MAX
 *           with every event; a user has SETTINGS_SESSIONS_MAX at most, and
 *           SETTINGS_KEYS_MAX keys. Failures are forgotten when
 *           they no longer count, and the oldest of SETTINGS_FAILURES_MAX pairs before.
 * Thread    one owner, no locks. Depends on base, wire and decision only, so replay repeats it.
 */
#ifndef SETTINGS_STATE_H
#define SETTINGS_STATE_H
#include "base/buffer.h"
#include "base/table.h"
#include "decision/approval.h"
#include "settings/alert.h"
#include "settings/kept.h"
#include "settings/notices.h"

enum {
    SETTINGS_DROPS_MAX = 16,
    SETTINGS_SESSIONS_MAX = 100,
    SETTINGS_KEYS_MAX = 50, /* that have not expired, of a user */
    SETTINGS_EMAIL_KEY_SIZE = 32,
    SETTINGS_FAILURES = 10, /* as many within the time below lock a pair */
    SETTINGS_FAILURES_MAX = 65536,
    SETTINGS_FACTOR_FAILURES = 20, /* as many from anywhere within an hour lock a second factor */
    SETTINGS_BACKUPS = 10,
    SETTINGS_CHALLENGE_TRIES = 5
};

/* So often a user is sent a mail for a new password at most. */
#define SETTINGS_RESET_EVERY_US     (INT64_C(60) * 1000000)
#define SETTINGS_FAILURES_US        (INT64_C(15) * 60 * 1000000)
#define SETTINGS_FACTOR_FAILURES_US (INT64_C(60) * 60 * 1000000)
#define SETTINGS_CHALLENGE_US       (INT64_C(5) * 60 * 1000000)
#define SETTINGS_ATTEMPT_US         (INT64_C(15) * 60 * 1000000) /* none lasts longer */

struct settings_session;

/* A second factor: its secret is in the log and the projection, sealed; here is what was used. */
struct settings_factor {
    int64_t secret_version; /* 0: never had a secret */
    bool is_on;
    int64_t last_step; /* of a one-time code that was used: it and older ones count no more */
    struct keyed_hash backups[SETTINGS_BACKUPS]; /* unused */
    uint32_t backups_count;
    int64_t failed_at_us[SETTINGS_FACTOR_FAILURES]; /* wrong codes: a ring; 0: fewer so far */
    uint32_t next;                                  /* the oldest of them */
};

/* An API key, until it is revoked, or its user gets another after it has expired. */
struct settings_key {
    struct uuid id;
    int64_t expires_at_us;            /* 0: never */
    struct settings_key *prev, *next; /* of the same user, in the order they were made (utlist) */
};

struct settings_user {
    struct uuid id;
    struct uuid account_id;
    struct keyed_hash email_hash;
    uint32_t roles;              /* ROLE_BITs */
    int64_t credentials_version; /* from 1; each password is another one */
    bool email_verified;
    int64_t reset_requested_us; /* when a mail for a new password was last asked for; 0: never */
    struct settings_factor factor;
    bool locked;                       /* may not sign in */
    bool dismissal_proposed;           /* an admin who may be none any more: to be judged */
    int64_t version;                   /* from 1; each UserChanged is another one */
    struct settings_session *sessions; /* in the order they were opened */
    size_t sessions_count;
    struct settings_key *keys;
    int64_t preferences_version; /* from 1; each change is another one */
    struct settings_kept *kept;
    struct settings_alert_list alerts;
    struct settings_notices notices;
    UT_hash_handle by_id;
    UT_hash_handle by_email;
};

struct settings_session {
    struct uuid id;
    struct uuid user_id;
    int64_t expires_at_us;
    int64_t generation;             /* of the refresh token that is good; 0 when it was opened */
    struct settings_session *older; /* of the same user; the oldest's is the newest (utlist) */
    struct settings_session *newer;
    UT_hash_handle by_id;
};

/* Who tried to be whom, and from where. Only the pair is ever locked, so nobody can lock out
 * somebody who signs in from elsewhere. */
struct settings_pair {
    struct keyed_hash email_hash;
    struct keyed_hash address_hash;
};

struct settings_failures {
    struct settings_pair pair;
    int64_t failed_at_us[SETTINGS_FAILURES]; /* a ring; 0: fewer failed so far */
    uint32_t next;                           /* the oldest of them */
    UT_hash_handle by_pair;
};

/* A login with the right password that waits for the second factor, under the id of the session
 * that it is to become. */
struct settings_challenge {
    struct uuid id;
    struct uuid user_id;
    int64_t credentials_version; /* of that password */
    int64_t expires_at_us;
    int64_t session_expires_at_us;
    uint32_t tries; /* that failed */
    UT_hash_handle by_id;
};

/* A sign-in through an OpenID provider that has been used. */
struct settings_attempted {
    struct uuid id;
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
    struct staff staff; /* of all partitions */
    struct settings_market market;
    struct settings_alerts alerts;
    struct settings_session *sessions;     /* in the order they were opened */
    struct settings_failures *failures;    /* in the order of their newest */
    struct settings_challenge *challenges; /* in the order they were made */
    struct settings_attempted *attempted;  /* in the order they were used */
    struct settings_address *market_makers;
    struct approvals approvals;     /* what waits for a second person, and the rules for it */
    struct venue_rules venue_rules; /* in the partition of their key; elsewhere none, as at first;
                                       those for approvals are above */
};

/* The functions that service.h asks for; `state` is a struct settings. */
void *settings_new(const struct place *place);
void settings_free(void *state);
void settings_decide(const void *state, const struct input *input, struct arena *arena,
                     struct event *ret_event);
void settings_apply(void *state, const struct event *event);
/* Log time at which something is due; INT64_MAX: nothing is. */
int64_t settings_due_us(const void *state);
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
/* With his keys, what he keeps and waits for, and the logins that wait: CHECKs that no session is
 * left. */
void settings_drop_user(struct settings *settings, struct settings_user *user);
/* The same as its user's newest: CHECKs that there is the user. */
void settings_add_session(struct settings *settings, const struct settings_session *session);
void settings_drop_session(struct settings *settings, struct settings_session *session);
/* state_key.c: NULL: none. */
struct settings_key *settings_key(const struct settings_user *user, struct uuid id);
/* How many have not expired. */
size_t settings_keys_count(const struct settings_user *user, int64_t now_us);
/* Adds a copy: CHECKs that the id is new. */
void settings_add_key(struct settings_user *user, const struct settings_key *key);
void settings_drop_key(struct settings_user *user, struct settings_key *key);
void settings_drop_expired_keys(struct settings_user *user, int64_t now_us);
void settings_free_keys(struct settings_user *user);

/* state_failures.c: whether so many of the pair's tries have failed that it may try no more now. */
bool settings_is_locked(const struct settings *settings, const struct settings_pair *pair,
                        int64_t now_us);
void settings_add_failure(struct settings *settings, const struct settings_pair *pair,
                          int64_t failed_at_us);
/* Forgets the failures of a pair that has shown who it is. */
void settings_drop_failures(struct settings *settings, const struct settings_pair *pair);
/* Forgets those that count no longer, SETTINGS_DROPS_MAX at most. */
void settings_drop_old_failures(struct settings *settings, int64_t now_us);
/* Adds a whole pair, as a snapshot has it. False: it is there already. */
bool settings_restore_failures(struct settings *settings,
                               const struct settings_failures *failures) MUST_CHECK;
void settings_free_failures(struct settings *settings);

/* state_factor.c: a wrong code was shown by somebody who has the password; none was any more. */
void settings_fail_factor(struct settings_factor *factor, int64_t failed_at_us);
void settings_forgive_factor(struct settings_factor *factor);
/* Whether so many were that none counts for now. */
bool settings_factor_is_locked(const struct settings_factor *factor, int64_t now_us);
/* What was shown counts no more. */
void settings_use_factor(struct settings_user *user, const struct second_factor *shown);
/* Replaces the backup codes: CHECKs that there are SETTINGS_BACKUPS at most. */
void settings_set_backups(struct settings_user *user, const struct keyed_hash *hashes,
                          size_t count);
/* NULL: none, or it is over. */
struct settings_challenge *settings_challenge_of(const struct settings *settings, struct uuid id);
void settings_add_challenge(struct settings *settings, const struct settings_challenge *challenge);
/* None does nothing. */
void settings_drop_challenge(struct settings *settings, struct uuid id);
/* Those whose time is over, SETTINGS_DROPS_MAX at most. */
void settings_drop_old_challenges(struct settings *settings, int64_t now_us);
void settings_free_challenges(struct settings *settings);

/* state_attempted.c */
bool settings_was_attempted(const struct settings *settings, struct uuid id);
/* Again does nothing. */
void settings_add_attempted(struct settings *settings, const struct sign_in_attempt *attempt);
/* Those whose time is over, SETTINGS_DROPS_MAX at most. */
void settings_drop_old_attempted(struct settings *settings, int64_t now_us);
void settings_free_attempted(struct settings *settings);

/* Notes an address; again does nothing. */
void settings_add_market_maker(struct settings *settings, const struct keyed_hash *email_hash);

#endif
