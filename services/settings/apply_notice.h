/* apply_notice.h - what apply.c leaves to apply_notice.c. */
#ifndef SETTINGS_APPLY_NOTICE_H
#define SETTINGS_APPLY_NOTICE_H
#include "settings/state.h"

/* Applies what is about alerts and notifications; false: it is another event. */
bool settings_apply_notice(struct settings *settings, const struct event *event);

#endif
