/* quiet.h - when a user wants no notifications, by the clock of his time zone. */
#ifndef SETTINGS_QUIET_H
#define SETTINGS_QUIET_H
#include "settings/outbox.h"

/* When the quiet hours that it is in at `now_us` are over, to the minute; `now_us`: it is in none.
 * Where clocks are put forward or back meanwhile, they have to be asked for once more then. Not for
 * several threads: it changes the process's time zone. */
int64_t quiet_over_us(const struct quiet_hours *quiet, int64_t now_us);

#endif
