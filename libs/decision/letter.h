/* letter.h - dead letters: commands that their partition has set aside, and may decide anew.
 *
 *     CommandRejected{COMMAND_POISON} --letters_apply--> it waits, as it came
 *         RetryDeadLetter, or ApproveRequest to one --letters_open--> it is decided as of then
 *             its own event --letters_conclude--> retried, for good;   a refusal --> it waits on
 *         an answer under its Idempotency-Key --letters_apply--> as if retried: its client was
 *                                                                faster
 *
 * A command that cannot be read is a dead letter, too, but to be looked at only: its sender was
 * told so, and nobody knows whose it is. So is one without an actor: whoever signs in does so
 * himself.
 *
 * Bounds   the newest LETTERS_MAX of a partition, each as long as an event keeps it.
 * Thread   one owner, no locks. Depends on base and wire only, so replay repeats it.
 */
#ifndef LETTER_H
#define LETTER_H
#include "base/buffer.h"
#include "base/pack.h"
#include "decision/decision.h"

enum { LETTERS_MAX = 100 };

struct letter {
    struct uuid id;
    struct uuid retried_by; /* the command that had it decided anew; nil: it waits */
    bool has_idempotency;
    struct idempotency idempotency; /* its client's */
    struct bytes command;
};

struct letters {
    struct letter *list; /* of LETTERS_MAX, the newest last; NULL: there never was one */
    size_t count;
};

/* Frees what it holds. */
void letters_free(struct letters *letters);

/* True when the event sets a command aside, whether or not it can be decided anew. */
bool letter_is(const struct event *event);
/* What that command is called from then on: placed with its key, and of its service (uuid_service).
 */
struct uuid letter_id(const struct event *event);

/* Whether a command was decided already, as the retry of one with its Idempotency-Key: `event` then
 * says so, for as long as the letter is kept. */
bool letters_repeat(const struct letters *letters, const struct command_meta *meta,
                    struct event *event);
/* What a RetryDeadLetter, which is the input's command, has decided anew: that under its own key.
 * False: `event` says why nothing is. */
bool letters_open(const struct letters *letters, struct input *input, struct arena *arena,
                  struct event *event);

/* What `command` asked for was decided under the id of the command that came: where that is a
 * retry, its letter waits no longer, nor do others with its client's Idempotency-Key. */
void letters_conclude(struct letters *letters, struct bytes command, struct uuid command_id);
/* Every event of the service's own log. */
void letters_apply(struct letters *letters, const struct event *event);
/* To a snapshot and back into what has none. */
void letters_save(const struct letters *letters, struct buffer *buffer);
void letters_load(struct letters *letters, struct pack_reader *reader);

#endif
