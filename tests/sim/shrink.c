/* A run that fails, made small: fewer steps, then without as many of its faults as can be. */
#include "runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { TRIES_MAX = 300, SAID_SIZE = 16384 };

struct shrink {
    struct sim_options best;
    bool *left_out;
    size_t count; /* faults that struck */
    int tries;
    char said[SAID_SIZE];
};

static bool still_fails(struct shrink *shrink, const struct sim_options *options)
{
    shrink->tries++;
    return !runs_one(options, shrink->said, sizeof shrink->said);
}

/* Halves the distance between what fails and what does not. */
static void shrink_steps(struct shrink *shrink)
{
    uint64_t low = 0, high = shrink->best.steps;
    while (low + 1 < high && shrink->tries < TRIES_MAX / 3) {
        struct sim_options tried = shrink->best;
        tried.steps = low + (high - low) / 2;
        if (still_fails(shrink, &tried)) {
            high = tried.steps;
            shrink->best = tried;
        } else {
            low = tried.steps;
        }
    }
}

/* Leaves out the faults of a stretch, if the run then still fails. */
static void leave_out(struct shrink *shrink, size_t from, size_t size)
{
    bool before[64];
    CHECK(size <= COUNT_OF(before));
    memcpy(before, shrink->left_out + from, size * sizeof *before);
    memset(shrink->left_out + from, true, size * sizeof *before);
    if (memcmp(before, shrink->left_out + from, size * sizeof *before) == 0)
        return;
    if (!still_fails(shrink, &shrink->best))
        memcpy(shrink->left_out + from, before, size * sizeof *before);
}

static void shrink_faults(struct shrink *shrink)
{
    for (size_t size = 64; size > 0; size /= 4)
        for (size_t from = 0; from < shrink->count && shrink->tries < TRIES_MAX; from += size)
            leave_out(shrink, from, from + size <= shrink->count ? size : shrink->count - from);
}

static void tell(struct shrink *shrink, const char *commit)
{
    printf("made small in %d runs; at commit %s:\n  sim --seed %llu --steps %llu --verbose",
           shrink->tries, commit, (unsigned long long)shrink->best.seed,
           (unsigned long long)shrink->best.steps);
    const char *separator = " --without ";
    for (size_t i = 0; i < shrink->count;) {
        size_t end = i;
        while (end < shrink->count && shrink->left_out[end])
            end++;
        if (end > i) {
            printf("%s%zu-%zu", separator, i, end - 1);
            separator = ",";
        }
        i = end + 1;
    }
    shrink->best.verbose = true;
    (void)still_fails(shrink, &shrink->best);
    printf("\n%s\n", shrink->said);
    fflush(stdout);
}

void runs_shrink(const struct sim_options *options, const char *commit)
{
    static struct shrink shrink;
    size_t *struck =
        mmap(NULL, sizeof *struck, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(struck != MAP_FAILED);
    shrink = (struct shrink){.best = *options};
    shrink.best.ret_struck = struck;
    if (!still_fails(&shrink, &shrink.best)) {
        printf("seed %llu does not fail when it is run alone\n", (unsigned long long)options->seed);
        return;
    }
    shrink_steps(&shrink);
    (void)still_fails(&shrink, &shrink.best);
    shrink.count = *struck;
    shrink.left_out = calloc(shrink.count + 1, sizeof *shrink.left_out);
    CHECK(shrink.left_out != NULL);
    shrink.best.left_out = shrink.left_out;
    shrink.best.left_out_count = shrink.count;
    shrink_faults(&shrink);
    tell(&shrink, commit);
    free(shrink.left_out);
    CHECK(munmap(struck, sizeof *struck) == 0);
}
