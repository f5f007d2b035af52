/* decide_parts.h - what the decide*.c files share; for them only. */
#ifndef SETTINGS_DECIDE_PARTS_H
#define SETTINGS_DECIDE_PARTS_H
#include "settings/state.h"

/* decide.c, and the next two: VALIDATION_FAILED of a field. */
void settings_reject_value(struct event *event, const char *field, struct text message);
/* An id for a sentence, in the arena. */
struct text settings_id_text(struct uuid id, struct arena *arena);

/* The user whose own affair a command is, where he is its actor. NULL: refused. */
const struct settings_user *settings_own_user(const struct settings *settings,
                                              const struct command_meta *meta, struct uuid user_id,
                                              struct event *event);
/* False: a change was made from another version than there is, and refused. */
bool settings_version_is(bool has_wanted, int64_t wanted, int64_t version, struct arena *arena,
                         struct event *event);
/* Where the venue's rules ask for a second admin: true when he has not consented, and `event` asks
 * for him. None is needed as long as nobody but one was ever an admin, or there would never be a
 * second; to be asked last of all. */
bool settings_second_admin_is_missing(const struct settings *settings, const struct input *input,
                                      struct arena *arena, struct event *event);

/* A try to show who one is. */
struct settings_attempt {
    struct uuid session_id; /* that it would open, or comes from */
    struct keyed_hash email_hash;
    bool has_address_hash;
    struct keyed_hash address_hash;
    const struct sign_in_attempt *provider; /* through whom; NULL: none */
};
/* decide_attempt.c: LoginRefused. */
void settings_refuse_attempt(const struct settings *settings,
                             const struct settings_attempt *attempt, const char *code,
                             struct text message, struct event *event);
/* The same with ACCOUNT_LOCKED, and true, where too many have failed from there. */
bool settings_refuse_locked(const struct settings *settings, const struct settings_attempt *attempt,
                            int64_t now_us, struct event *event);

/* What opens a session. */
struct settings_opening {
    struct uuid session_id;
    int64_t expires_at_us;
    bool has_address_hash;
    struct keyed_hash address_hash;
    const struct second_factor *factor;     /* NULL: none was asked for */
    const struct sign_in_attempt *provider; /* NULL: by the password */
};
/* decide_session.c: SessionOpened. */
void settings_open_session(const struct settings_user *user, const struct input *input,
                           const struct settings_opening *opening, struct arena *arena,
                           struct event *event);
/* SessionOpened, LoginChallenged or LoginRefused, or a refusal. */
void settings_decide_login(const struct settings *settings, const struct input *input,
                           struct arena *arena, struct event *event);
/* SessionRefreshed; SessionsEnded where the token was used before; or a refusal. */
void settings_decide_refresh(const struct settings *settings, const struct input *input,
                             struct arena *arena, struct event *event);
/* SessionsEnded, or a refusal. */
void settings_decide_end(const struct settings *settings, const struct input *input,
                         struct arena *arena, struct event *event);

/* decide_password.c: PasswordChanged, or a refusal. */
void settings_decide_change_password(const struct settings *settings, const struct input *input,
                                     struct arena *arena, struct event *event);
void settings_decide_reset_password(const struct settings *settings, const struct input *input,
                                    struct arena *arena, struct event *event);

/* decide_factor.c: LoginChallenged, and what comes of each command, or a refusal. */
void settings_challenge(const struct settings_user *user, const struct input *input,
                        struct event *event);
void settings_decide_prepare_factor(const struct settings *settings, const struct input *input,
                                    struct event *event);
void settings_decide_enable_factor(const struct settings *settings, const struct input *input,
                                   struct event *event);
void settings_decide_disable_factor(const struct settings *settings, const struct input *input,
                                    struct event *event);
void settings_decide_backup_codes(const struct settings *settings, const struct input *input,
                                  struct event *event);
void settings_decide_complete_login(const struct settings *settings, const struct input *input,
                                    struct arena *arena, struct event *event);
/* decide_user.c: UserChanged, DismissalProposed, or a refusal. */
void settings_decide_change_user(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event);
/* DismissalJudged, of a DismissalProposed in another partition. */
void settings_judge_dismissal(const struct settings *settings, const struct input *input,
                              struct arena *arena, struct event *event);
/* UserChanged or DismissalRefused, of the DismissalJudged about a user of this partition. */
void settings_conclude_dismissal(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event);
/* decide_session.c: the ids of a user's open sessions, but that one (nil: all). */
struct uuid *settings_sessions_of(const struct settings_user *user, struct uuid but,
                                  struct arena *arena, size_t *ret_count);

/* decide_key.c: ApiKeyCreated, ApiKeyRevoked, ApiKeyUsed, or a refusal. */
void settings_decide_create_key(const struct settings *settings, const struct input *input,
                                struct arena *arena, struct event *event);
void settings_decide_revoke_key(const struct settings *settings, const struct input *input,
                                struct event *event);
void settings_decide_key_use(const struct settings *settings, const struct input *input,
                             struct event *event);

/* decide_preferences.c: PreferencesChanged, or a refusal. */
void settings_decide_preferences(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event);

/* decide_kept.c: WatchlistChanged, WatchlistDeleted, ScreenChanged, ScreenDeleted, or a refusal.
 * False: the command is about none of these. */
bool settings_decide_kept(const struct settings *settings, const struct input *input,
                          struct arena *arena, struct event *event);

/* decide_alert.c: AlertChanged, AlertDeleted, or a refusal; false: the command is about no alert.
 */
bool settings_decide_alert(const struct settings *settings, const struct input *input,
                           struct arena *arena, struct event *event);
/* AlertsFired or AlertsExpired. */
void settings_decide_time(const struct settings *settings, const struct input *input,
                          struct arena *arena, struct event *event);

/* decide_notice.c: NotificationsRead, NotificationSettingsChanged, PushSubscribed,
 * PushUnsubscribed, or a refusal; false: the command is about none of these. */
bool settings_decide_notice(const struct settings *settings, const struct input *input,
                            struct arena *arena, struct event *event);
/* The `index`-th notification of an event gets its id, and the ways it goes. CHECKs that there is
 * its user. */
void settings_address(const struct settings *settings, const struct input *input, size_t index,
                      struct arena *arena, struct notification *notification);
/* NotificationsRaised: what an event of accounts tells users of this partition. */
void settings_decide_raised(const struct settings *settings, const struct input *input,
                            struct arena *arena, struct event *event);

/* decide_erasure.c: PersonErased, or a refusal. */
void settings_decide_erasure(const struct settings *settings, const struct input *input,
                             struct arena *arena, struct event *event);

/* decide_venue.c: VenueRulesChanged, or a refusal. */
void settings_decide_venue_rules(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event);

/* decide_mail.c: EmailVerified, PasswordResetRequested, DeliveryCompleted, or a refusal. */
void settings_decide_verify_email(const struct settings *settings, const struct input *input,
                                  struct event *event);
void settings_decide_reset_request(const struct settings *settings, const struct input *input,
                                   struct event *event);
void settings_decide_delivery(const struct settings *settings, const struct input *input,
                              struct event *event);

#endif
