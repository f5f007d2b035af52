/* scene.h - a log in memory with the toy's topics, a clock, and the world of a writer over both:
 * what most tests of the shell begin with.
 */
#ifndef SCENE_H
#define SCENE_H
#include "toy.h"

/* 2026-11-22T12:00:00Z */
#define SCENE_START_US (INT64_C(1795348800) * 1000000)

struct scene {
    struct log *log;
    int64_t clock_us; /* the log's, too; stands still unless a test moves it */
    struct writer_world world;
};

/* A test that gets a scene as its state. */
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

/* Setup and teardown of a test: *state is a scene of one partition for each topic. */
int scene_open(void **state);
int scene_close(void **state);
/* A writer of partition 0 that has recovered and claimed. */
struct writer *scene_writer(struct scene *scene);
/* Appends the deposit command number `number`. */
void scene_send(struct scene *scene, uint8_t number, int64_t amount_e8);
/* The toy inside a writer. */
const struct toy *toy_of(const struct writer *writer);

#endif
