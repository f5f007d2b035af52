/* decide_parts.h - what the decide*.c files share; for them only. */
#ifndef SETTINGS_DECIDE_PARTS_H
#define SETTINGS_DECIDE_PARTS_H
#include "settings/state.h"

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
