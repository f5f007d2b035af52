/* chain.h - the records of a partition against heads that somebody has signed: which is the first
 * that was changed, left out, put in or made up.
 *
 * The fold says which records count; a copy whose fold meets every signed head is what was signed,
 * whatever lies there that does not count. Where it misses one, the first bad record is behind the
 * last head that was met, and the links tell where: each record has the head before it, so what is
 * changed no longer fits the next one, and what is left out leaves a gap. Whoever makes all links
 * anew leaves none; then it is one of the records between the two heads.
 *
 * Not covered: the broker's times, headers that the fold does not look at, records that do not
 * count, and what lies behind the last signed head.
 */
#ifndef EVENTLOG_CHAIN_H
#define EVENTLOG_CHAIN_H
#include "eventlog/fold.h"

/* A signed head: behind the record before `next_offset`; 0: nothing had been read of it. */
struct chain_head {
    int64_t next_offset;
    struct hash head;
};

/* What is wrong: with the record at `first`, or with one from there to `last`. */
struct chain_fault {
    int64_t first, last;
    const char *what; /* static; NULL: nothing is */
};

/* Where a link is broken, and what is needed to say on which side: as long as no head is missed it
 * may be the work of an honest writer that was replaced. */
struct chain_doubt {
    bool raised, settled;
    bool tentative; /* until the next record that counts: a replaced writer's may stand there */
    int64_t offset, before; /* of the record that does not fit; of the last one that counted */
    bool gap;               /* its number says that others are missing */
    struct hash head;       /* behind it, if what it says of itself is so */
    struct chain_fault fault;
};

struct chain {
    struct fold fold;
    const struct chain_head *heads; /* ascending; the caller's */
    size_t heads_count, met;
    int64_t trusted;                   /* the records before it are what was signed */
    int64_t next_offset;               /* that is to come */
    int64_t last_counted, first_inert; /* -1: none */
    bool is_claim;                     /* the last one that counted, or the creation */
    int64_t before_claim; /* where a claim was made behind something else than is there; -1: none */
    struct hash claim;    /* the head behind that claim, by what it says of itself */
    bool stopped;
    struct chain_doubt doubt;
    struct chain_fault fault; /* the verdict */
};

/* A partition's records from its first one on are to be shown. chain_free() it. */
void chain_begin(struct chain *chain, enum service_id service, int32_t partition,
                 const struct chain_head *heads, size_t heads_count);
void chain_free(struct chain *chain);
/* The next record; *ret_event as from fold_step, and *ret_counts whether it is an event that
 * counts. False: the fault has been found. */
bool chain_step(struct chain *chain, const struct log_record *record, struct arena *arena,
                struct event *ret_event, bool *ret_counts);
/* There are no more records. False: there is a fault. */
bool chain_end(struct chain *chain);

#endif
