/* claim_race.c - two writers claim one partition at the same moment, again and again (R2).
 *
 *     claim_race BROKERS PARTITION ROUNDS
 *
 * Takes a partition of `settings`, whose service is stopped meanwhile. In each round both writers
 * read the log, meet at a barrier, and claim. Exactly one has to own the partition then, the other
 * has to know that it does not. Prints how the rounds ended; exit 1: one ended otherwise.
 */
#include "service/writer.h"

#include "seal/seal.h"
#include "settings/service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CLAIM_TIMEOUT_MS = 30000 };

struct racer {
    const char *brokers;
    const char *identity; /* NULL: no TLS */
    int32_t partition;
    pthread_barrier_t *start;
    enum err err;
    char problem[256];
};

static int64_t clock_us(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void random_bytes(void *context, void *ret_data, size_t size)
{
    (void)context;
    seal_random(ret_data, size);
}

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct writer_world world = {.clock_us = clock_us, .random = random_bytes};
    const char *problem = "";
    CHECK(log_open_kafka(racer->brokers, racer->identity, "claim-race", &world.log, &problem) ==
          OK);
    struct writer *writer = writer_new(&SETTINGS_SERVICE, racer->partition, &world);
    racer->err = writer_recover(writer, (struct bytes){0});
    pthread_barrier_wait(racer->start);
    if (racer->err == OK)
        racer->err = writer_claim(writer, CLAIM_TIMEOUT_MS);
    snprintf(racer->problem, sizeof racer->problem, "%s", writer_problem(writer));
    writer_free(writer);
    log_close(world.log);
    return NULL;
}

/* True when one of the two owns the partition and the other was fenced. */
static bool run_round(const char *brokers, const char *identity, int32_t partition)
{
    pthread_barrier_t start;
    pthread_t threads[2];
    const struct racer racer = {
        .brokers = brokers, .identity = identity, .partition = partition, .start = &start};
    struct racer racers[2] = {racer, racer};
    CHECK(pthread_barrier_init(&start, NULL, 2) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    int winner = racers[0].err == OK ? 0 : 1;
    if (racers[winner].err == OK && racers[1 - winner].err == ERR_FENCED)
        return true;
    for (int i = 0; i < 2; i++)
        printf("racer %d: %s (%s)\n", i, racers[i].err == OK ? "owns" : err_name(racers[i].err),
               racers[i].problem);
    return false;
}

int main(int argc, char **argv)
{
    if (argc != 5 || seal_init() != OK)
        return 2;
    const char *identity = argv[2][0] == '\0' ? NULL : argv[2];
    int32_t partition = (int32_t)strtol(argv[3], NULL, 10);
    long rounds = strtol(argv[4], NULL, 10), right = 0;
    for (long i = 0; i < rounds; i++)
        right += run_round(argv[1], identity, partition);
    printf("%ld of %ld races had one winner and one fenced\n", right, rounds);
    return right == rounds ? 0 : 1;
}
