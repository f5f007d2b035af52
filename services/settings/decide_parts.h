/* decide_parts.h - what the decide*.c files share; for them only. */
#ifndef SETTINGS_DECIDE_PARTS_H
#define SETTINGS_DECIDE_PARTS_H
#include "settings/state.h"

/* decide.c, and the next two: VALIDATION_FAILED of a field. */
void settings_reject_value(struct event *event, const char *field, struct text message);
/* An id for a sentence, in the arena. */
struct text settings_id_text(struct uuid id, struct arena *arena);
/* The roles that the ROLE_BITs stand for. */
enum role *settings_roles_of_bits(uint32_t bits, struct arena *arena, size_t *ret_count);

/* decide_session.c: SessionOpened or LoginRefused, or a refusal. */
void settings_decide_login(const struct settings *settings, const struct input *input,
                           struct arena *arena, struct event *event);
/* SessionRefreshed; SessionsEnded where the token was used before; or a refusal. */
void settings_decide_refresh(const struct settings *settings, const struct input *input,
                             struct arena *arena, struct event *event);
/* SessionsEnded, or a refusal. */
void settings_decide_end(const struct settings *settings, const struct input *input,
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
