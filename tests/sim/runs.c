#include "runs.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_SECONDS_MAX = 300, SAID_SIZE = 4096, FAILURES_SHOWN = 20 };

/* Shared by parent and workers. */
struct worker {
    uint64_t seed; /* the one at work */
    struct sim_result result;
};
struct board {
    _Atomic uint64_t next;
    struct worker workers[RUNS_JOBS_MAX];
};

static void *shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

/* A file without a name, to keep what a process says. */
static int said_file(void)
{
    int file = memfd_create("said", MFD_CLOEXEC);
    CHECK(file >= 0);
    return file;
}

/* The end of what it said. */
static void read_said(int file, char *said, size_t size)
{
    off_t end = lseek(file, 0, SEEK_END);
    off_t from = end >= (off_t)size ? end - (off_t)size + 1 : 0;
    ssize_t count = pread(file, said, size - 1, from);
    said[count > 0 ? count : 0] = 0;
}

/* A child that does not outlive this process. */
static pid_t fork_bound(void)
{
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    return child;
}

static bool ended_well(pid_t child)
{
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool runs_one(const struct sim_options *options, char *ret_said, size_t said_size)
{
    int file = said_file();
    pid_t child = fork_bound();
    if (child == 0) {
        struct sim_result result = {0};
        CHECK(dup2(file, STDERR_FILENO) >= 0 && dup2(file, STDOUT_FILENO) >= 0);
        alarm(RUN_SECONDS_MAX);
        sim_run(options, &result);
        exit(0);
    }
    bool well = ended_well(child);
    read_said(file, ret_said, said_size);
    CHECK(close(file) == 0);
    return well;
}

/* --- many --- */

static void work(struct board *board, struct worker *worker, const struct runs_options *options,
                 int file)
{
    CHECK(dup2(file, STDERR_FILENO) >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    uint64_t place;
    while ((place = atomic_fetch_add(&board->next, 1)) < options->count) {
        struct sim_options one = {.seed = options->from + place, .steps = options->steps};
        worker->seed = one.seed;
        CHECK(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
        alarm(RUN_SECONDS_MAX);
        sim_run(&one, &worker->result);
    }
    exit(0);
}

static pid_t hire(struct board *board, int index, const struct runs_options *options, int file)
{
    pid_t child = fork_bound();
    if (child == 0)
        work(board, &board->workers[index], options, file);
    return child;
}

static void add_result(struct sim_result *sum, const struct sim_result *more)
{
    for (int i = 0; i < FATES; i++)
        sum->fates[i] += more->fates[i];
    for (int i = 0; i < COUNTS; i++)
        sum->counts[i] += more->counts[i];
    sum->runs += more->runs;
    sum->steps += more->steps;
}

static void tell_failure(const struct runs_options *options, uint64_t seed, int file)
{
    char said[SAID_SIZE];
    read_said(file, said, sizeof said);
    printf("FAILED: seed %llu, %llu steps, commit %s\n%s\n", (unsigned long long)seed,
           (unsigned long long)options->steps, options->commit, said);
    fflush(stdout);
}

uint64_t runs_all(const struct runs_options *options, struct sim_result *ret_result)
{
    struct board *board = shared(sizeof *board);
    pid_t children[RUNS_JOBS_MAX];
    int files[RUNS_JOBS_MAX];
    uint64_t failures = 0, first = 0;
    for (int i = 0; i < options->jobs; i++) {
        files[i] = said_file();
        children[i] = hire(board, i, options, files[i]);
    }
    for (int i = 0; i < options->jobs; i++) {
        while (!ended_well(children[i])) {
            if (failures++ == 0)
                first = board->workers[i].seed;
            tell_failure(options, board->workers[i].seed, files[i]);
            if (failures >= (options->first ? 1 : FAILURES_SHOWN))
                atomic_store(&board->next, options->count);
            children[i] = hire(board, i, options, files[i]);
        }
        add_result(ret_result, &board->workers[i].result);
        CHECK(close(files[i]) == 0);
    }
    CHECK(munmap(board, sizeof *board) == 0);
    if (failures > 0 && !options->first)
        runs_shrink(&(struct sim_options){.seed = first, .steps = options->steps}, options->commit);
    return failures;
}
