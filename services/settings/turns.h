/* turns.h - whose letter is tried next, so that nobody waits for letters of another's that fail.
 *
 * Lanes    what is about signing in, other mails, text messages, and posts to servers of
 *          strangers: none waits for another lane.
 * Queue    one person's letters on one lane, of which one is under way at a time. What was never
 *          tried goes first, as it was asked for; then what is due again, by when it is.
 * Turn     of a lane's queues the one goes first whose last try is longest ago; a retry counts from
 *          when it is due. So who fails is behind all who were not tried since, however many of his
 *          letters wait, and even he comes to his turn.
 * Bounds   of notices `notices_max`: of one more, the oldest of whoever has most waiting gives way.
 *          That follows from what was asked and completed alone, so it is the same when the log is
 *          read again.
 * Thread   one owner. Pure.
 */
#ifndef SETTINGS_TURNS_H
#define SETTINGS_TURNS_H
#include "base/heap.h"

#define TURNS_NEVER INT64_MAX

enum lane { LANE_SIGN_IN, LANE_MAIL, LANE_TEXT_MESSAGE, LANE_POST, LANES };

/* A letter's place in its queue; lies in the letter's entry and stays there. */
struct turn {
    struct heap_node node; /* of its queue, by when it may be tried; its thing is the entry */
    struct queue *queue;
    struct turn *prev, *next; /* in the queue, as they were asked for (utlist) */
    bool under_way;
    bool given_up; /* is in that order no more */
};

/* One person's letters on one lane. */
struct queue {
    struct heap_node in_lane; /* by whose turn it is; in none: nothing to try */
    struct heap_node by_size; /* of notices: the largest first */
    struct heap waiting;
    struct turn *oldest; /* but for the given up */
    size_t count;        /* of those */
    size_t turns_count;  /* of all, given up or not */
    int64_t tried_us;    /* when the last try began; 0: never */
    bool under_way;
    enum lane lane;
    struct queue **owner; /* who knows it by this */
};

/* Zeroed but for `notices_max` nobody waits. */
struct turns {
    size_t notices_max;
    struct heap lanes[LANES];
    struct heap largest;
    size_t notices_count; /* but for the given up */
    uint64_t next;        /* who came first */
};

/* Gives its memory back; queues are gone by then. */
void turns_free(struct turns *turns);
/* Puts `entry`, which `turn` lies in, at the end of a queue. *owner is NULL before it is made and
 * after its last turn has gone. */
void turns_add(struct turns *turns, struct queue **owner, enum lane lane, struct turn *turn,
               void *entry);
void turns_remove(struct turns *turns, struct turn *turn);
/* The entry whose turn it is at `now_us`; NULL: nobody's. */
void *turns_next(const struct turns *turns, enum lane lane, int64_t now_us);
/* Its try begins: nothing else of its queue is tried until turns_wait(). */
void turns_begin(struct turns *turns, struct turn *turn, int64_t now_us);
/* It is not to be tried before then. */
void turns_wait(struct turns *turns, struct turn *turn, int64_t until_us);
/* The entry that gives way. NULL: there are no more notices than may be. */
void *turns_surplus(const struct turns *turns);
/* It makes room: it is counted no more, and its turn comes to say so. */
void turns_give_up(struct turns *turns, struct turn *turn);

#endif
