/* decide_parts.h - what the decide*.c files share; for them only. */
#ifndef SETTINGS_DECIDE_PARTS_H
#define SETTINGS_DECIDE_PARTS_H
#include "settings/state.h"

/* decide_venue.c: VenueRulesChanged, or a refusal. */
void settings_decide_venue_rules(const struct settings *settings, const struct input *input,
                                 struct arena *arena, struct event *event);

#endif
