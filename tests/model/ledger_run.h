/* ledger_run.h - one run of ledger_model_test.c: ledgers in two partitions, beside a naive one. */
#ifndef LEDGER_RUN_H
#define LEDGER_RUN_H
#include "ledger_model.h"

struct run {
    struct ledger ledgers[PARTITIONS];
    struct model model;
    uint32_t next_number;
    uint64_t random;
    size_t refusals, limited, reloads, replaced, not_replaced;
    size_t guards, larger, fired, flat; /* guards that were made, grew, fired, had nothing left */
};

int64_t run_below(struct run *run, int64_t bound);
int run_partition_of(const struct run *run, int account);
struct ledger *run_ledger_of(struct run *run, int account);
/* Tells each partition that has a party. */
void run_tell(struct run *run, const struct event *event, const bool concerned[PARTITIONS]);
/* What a partition has settled may guard purchases: the naive ledger and the books hear of it. */
void run_guard(struct run *run, const struct event *settled);
/* Some guard is crossed, and sells at market. */
void run_fire_guard(struct run *run);
/* Guards of positions that have become flat end, as the clock has the ledger ask for. */
void run_release_guards(struct run *run);
/* Fails the test unless both say the same. */
void run_check(struct run *run);
/* The state goes on as what was loaded from its bytes; it is what the whole log replays to. */
void run_reload(struct run *run);
void run_check_replay(struct run *run);

#endif
