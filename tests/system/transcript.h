/* transcript.h - all that counts in a venue's log, read once more from its beginning, and what must
 * be true of it: R6, every input exactly one event; one ticket a command, numbered without a gap.
 */
#ifndef SYSTEM_TRANSCRIPT_H
#define SYSTEM_TRANSCRIPT_H
#include "venue.h"

enum { TRANSCRIPT_CAUSES_MAX = 2 * SERVICES * VENUE_PARTITIONS_MAX };

/* A run of inputs: records of a topic's partition. */
struct transcript_cause {
    bool commands; /* otherwise events */
    enum service_id service;
    int32_t partition;
    int64_t first, last;
};

/* A valid event that is no LogCreated. */
struct transcript_event {
    enum service_id service;
    int32_t partition;
    int64_t offset;
    enum event_kind kind;
    struct uuid command_id;     /* nil: none */
    char code[40];              /* of a refusal */
    uint32_t touches[SERVICES]; /* bits of partitions */
    struct transcript_cause causes[TRANSCRIPT_CAUSES_MAX];
    size_t causes_count;
};

struct transcript {
    struct transcript_event *events; /* partition by partition, in order */
    size_t events_count, events_max;
    struct uuid *tickets; /* the command of each, in order */
    size_t tickets_count, tickets_max;
    size_t inert_count;                              /* records that do not count */
    int64_t ends[2][SERVICES][VENUE_PARTITIONS_MAX]; /* of event and command topics */
};

/* Reads it all. The caller frees it. */
void transcript_read(const struct venue *venue, struct transcript *ret_transcript);
void transcript_free(struct transcript *transcript);

/* Every command has one event, and every event one in each partition it touches. */
void transcript_check_answers(const struct transcript *transcript, const struct venue *venue);
/* Every command that is answered with a ticket has one, whose numbers have no gap. */
void transcript_check_tickets(const struct transcript *transcript);

/* The first answer to a command, as its client is told. CHECKs that it has one. */
const struct transcript_event *transcript_answer(const struct transcript *transcript,
                                                 struct uuid command_id);
/* How many events of that kind came of the command; of any where it is nil. */
size_t transcript_count(const struct transcript *transcript, struct uuid command_id,
                        enum event_kind kind);

/* Reads the log, fails unless everything above holds and the answer to `command_id` is of `kind`,
 * and for a refusal has `code` (NULL: it is none). */
void venue_check_answer(const struct venue *venue, struct uuid command_id, enum event_kind kind,
                        const char *code);

#endif
