/* lost.h - commands that retention deleted before they were read (R5).
 *
 * Nothing resets itself: the partition stops. An operator who accepts the loss sends
 * ReportCommandsLost, which lands behind the hole and names it; the next writer finds it there and
 * answers all that is gone with one CommandsLost, before it reads what is left. When it comes to
 * the report itself that has been answered already: CommandRepeated.
 *
 *     offset  0 ... 119 | 120 ........ 175 | 176 ... 180 | 181
 *             answered    deleted unread     still there   ReportCommandsLost{from 120, to 175}
 */
#ifndef SERVICE_LOST_H
#define SERVICE_LOST_H
#include "eventlog/fold.h"

/* Offsets in the command partition of a fold. */
struct lost {
    int64_t from; /* of the first command that is gone */
    int64_t to;   /* of the last; the log starts behind it */
};

/* What is gone of the commands behind those that `own`, a fold up to the log's end, says were
 * answered. ERR_NOT_FOUND: nothing. ERR_BUSY: no broker. */
enum err lost_find(struct log *log, const struct fold *own, struct lost *ret_lost) MUST_CHECK;

#endif
