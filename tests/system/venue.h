/* venue.h - a whole venue in one process: the writers of all four services on one log in memory,
 * stepped in turn on one thread by a clock that stands still unless it is moved. And what may
 * befall one of them, once, at a moment that a test counts through.
 *
 * Everything repeats: the same calls give the same log, byte for byte.
 */
#ifndef SYSTEM_VENUE_H
#define SYSTEM_VENUE_H
#include "base/buffer.h"
#include "service/writer.h"

enum { VENUE_PARTITIONS_MAX = 3 };

#define VENUE_START_US (INT64_C(1790000000) * 1000000)

/* What befalls a writer. */
enum venue_fault {
    VENUE_NOTHING,
    VENUE_KILLED,   /* before its n-th step it is gone; another recovers from the log */
    VENUE_RESTORED, /* the same, and the other starts from a snapshot taken some steps before */
    VENUE_LOST,     /* from its n-th step on, the next record it appends never lands */
    VENUE_USURPED   /* when it reads the clock for the n-th time in a step, another claims; the old
                       one goes on with what it was at */
};
struct venue_accident {
    enum venue_fault fault;
    enum service_id service;
    int32_t partition;
    size_t at; /* n, from 1 */
};

struct venue;

/* One partition's writer, and the one it replaced while that does not know it yet. */
struct venue_seat {
    struct venue *venue;
    enum service_id service;
    int32_t partition;
    struct writer *writer;
    struct writer *replaced;
    struct buffer snapshot;
    size_t steps, readings;
    bool stepping;
    bool lossy; /* a record of its partition has been lost, or will be: it may be in doubt */
};

struct venue {
    struct log *log;
    struct log_writer *gateway;
    /* Takes commands to where they are decided; NULL: straight to the log. */
    void (*send)(struct venue *venue, const struct command *command);
    void *context; /* the caller's own */
    int64_t clock_us;
    int32_t partition_counts[SERVICES];
    struct venue_seat seats[SERVICES][VENUE_PARTITIONS_MAX];
    struct venue_accident accident;
    bool struck;    /* the accident has happened */
    uint32_t drawn; /* what was random so far */
    uint32_t ids;   /* given so far */
};

/* The row of a service, without its projection. */
const struct service *venue_service(enum service_id service);

/* New log with `partitions` of each service, audit 1; a writer for each has claimed. Free it. */
struct venue *venue_new(int32_t partitions);
/* The same, where `accident` is to happen. */
struct venue *venue_new_with(int32_t partitions, const struct venue_accident *accident);
/* A log with all partitions created, and nobody who writes to them. Free it. */
struct venue *venue_found(const int32_t partition_counts[SERVICES]);
/* A writer for each partition claims; and all of them are gone again. */
void venue_man(struct venue *venue);
void venue_dismiss(struct venue *venue);
/* All of them go on with another log, as if theirs had burnt down. */
void venue_move(struct venue *venue, struct log *log);
void venue_free(struct venue *venue);

/* A log in memory with the topics of all services, and nothing in them. */
struct log *venue_topics(const int32_t partition_counts[SERVICES]);

/* One step of one writer, and of the one it replaced. Returns how many events it decided. */
size_t venue_step(struct venue *venue, enum service_id service, int32_t partition);
/* Steps all in turn until nothing more comes of it. */
void venue_settle(struct venue *venue);
/* Throws a writer away and recovers another from the log. */
void venue_restart(struct venue *venue, enum service_id service, int32_t partition);
/* Lets another writer claim; the old one is told nothing and steps on. */
void venue_usurp(struct venue *venue, enum service_id service, int32_t partition);

/* Lets the next record appended to a partition vanish; its writer ends in doubt, and another comes.
 */
void venue_lose(struct venue *venue, enum service_id service, int32_t partition);

/* The service's state in a partition, to look at. */
const void *venue_state(const struct venue *venue, enum service_id service, int32_t partition);
/* The partition of a key. */
int32_t venue_partition(const struct venue *venue, enum service_id service, struct text key);
int32_t venue_partition_of_id(const struct venue *venue, enum service_id service, struct uuid id);

/* Fails the test with what the writer says unless `err` is OK. */
void venue_must(const struct writer *writer, enum err err);

#endif
