/* sim - runs the simulation of seeds: see README.md here, and infra/sim. */
#include "runs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FAULTS_MAX = 100000, ALL_OCCUR_FROM = 100 };

struct arguments {
    struct sim_options one;
    struct runs_options many;
    bool shrink;
};

static bool left_out[FAULTS_MAX];

static void usage(void)
{
    fprintf(stderr, "usage: sim --seed N [--steps M] [--without A-B,C] [--verbose] [--records] "
                    "[--shrink]\n"
                    "       sim --seeds COUNT [--from N] [--steps M] [--jobs J] [--first]\n");
    exit(2);
}

/* "3,5-9": faults by number. */
static void read_left_out(const char *text, struct sim_options *options)
{
    while (*text != 0) {
        char *rest = NULL;
        size_t from = strtoull(text, &rest, 10), to = from;
        if (*rest == '-')
            to = strtoull(rest + 1, &rest, 10);
        if (rest == text || to >= FAULTS_MAX || from > to || (*rest != 0 && *rest != ','))
            usage();
        for (size_t i = from; i <= to; i++)
            left_out[i] = true;
        if (options->left_out_count < to + 1)
            options->left_out_count = to + 1;
        text = *rest == ',' ? rest + 1 : rest;
    }
    options->left_out = left_out;
}

static struct arguments read_arguments(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"seed", required_argument, NULL, 's'},    {"steps", required_argument, NULL, 't'},
        {"seeds", required_argument, NULL, 'n'},   {"from", required_argument, NULL, 'f'},
        {"jobs", required_argument, NULL, 'j'},    {"commit", required_argument, NULL, 'c'},
        {"without", required_argument, NULL, 'w'}, {"verbose", no_argument, NULL, 'v'},
        {"records", no_argument, NULL, 'r'},       {"shrink", no_argument, NULL, 'k'},
        {"first", no_argument, NULL, '1'},         {0}};
    struct arguments arguments = {
        .one = {.seed = 1, .steps = 2000},
        .many = {.from = 1, .jobs = (int)sysconf(_SC_NPROCESSORS_ONLN), .commit = "unknown"}};
    for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
        switch (option) {
        case 's': arguments.one.seed = strtoull(optarg, NULL, 10); break;
        case 't': arguments.one.steps = strtoull(optarg, NULL, 10); break;
        case 'n': arguments.many.count = strtoull(optarg, NULL, 10); break;
        case 'f': arguments.many.from = strtoull(optarg, NULL, 10); break;
        case 'j': arguments.many.jobs = (int)strtol(optarg, NULL, 10); break;
        case 'c': arguments.many.commit = optarg; break;
        case 'w': read_left_out(optarg, &arguments.one); break;
        case 'v': arguments.one.verbose = true; break;
        case 'r': arguments.one.records = true; break;
        case 'k': arguments.shrink = true; break;
        case '1': arguments.many.first = true; break;
        default: usage();
        }
    }
    arguments.many.steps = arguments.one.steps;
    if (optind != argc || arguments.many.jobs < 1 || arguments.many.jobs > RUNS_JOBS_MAX)
        usage();
    return arguments;
}

static bool tell_one(const char *name, const char *text, uint64_t times, uint64_t runs)
{
    bool missing = times == 0 && runs >= ALL_OCCUR_FROM;
    printf("%10llu  %-18s %s%s\n", (unsigned long long)times, name, text,
           missing ? ": NEVER OCCURRED" : "");
    return missing;
}

/* True when something never occurred that should have. */
static bool tell_result(const struct sim_result *result)
{
    bool missing = false;
    for (int i = 0; i < FATES; i++)
        missing |= tell_one(fate_name((enum fate)i), fate_text((enum fate)i), result->fates[i],
                            result->runs);
    for (int i = 0; i < COUNTS; i++)
        missing |= tell_one(count_name((enum count)i), count_text((enum count)i), result->counts[i],
                            result->runs);
    return missing;
}

static int run_many(const struct arguments *arguments)
{
    struct sim_result result = {0};
    time_t started = time(NULL);
    uint64_t failures = runs_all(&arguments->many, &result);
    bool missing = tell_result(&result);
    printf("%llu seeds held, %llu failed; %llu steps; %lld s; commit %s\n",
           (unsigned long long)result.runs, (unsigned long long)failures,
           (unsigned long long)result.steps, (long long)(time(NULL) - started),
           arguments->many.commit);
    return failures > 0 || missing ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = read_arguments(argc, argv);
    struct sim_result result = {0};
    CHECK(setenv("CMOCKA_TEST_ABORT", "1", 1) == 0); /* the venue's own checks end it at once */
    if (arguments.many.count > 0)
        return run_many(&arguments);
    printf("seed %llu, %llu steps, commit %s\n", (unsigned long long)arguments.one.seed,
           (unsigned long long)arguments.one.steps, arguments.many.commit);
    fflush(stdout);
    if (arguments.shrink) {
        runs_shrink(&arguments.one, arguments.many.commit);
        return 0;
    }
    sim_run(&arguments.one, &result);
    (void)tell_result(&result);
    return 0;
}
