#include "scene.h"

#include "seal/seal.h"

int scene_open(void **state)
{
    static struct scene scene;
    scene.clock_us = SCENE_START_US;
    scene.log = toy_log(1);
    scene.world = toy_world(scene.log, &scene.clock_us);
    *state = &scene;
    return seal_init() == OK ? 0 : -1;
}

int scene_close(void **state)
{
    log_close(((struct scene *)*state)->log);
    return 0;
}

struct writer *scene_writer(struct scene *scene)
{
    return toy_writer(&scene->world);
}

void scene_send(struct scene *scene, uint8_t number, int64_t amount_e8)
{
    struct command command = toy_deposit(number, amount_e8, scene->clock_us);
    toy_send(scene->log, &command);
}

const struct toy *toy_of(const struct writer *writer)
{
    return writer_state(writer);
}
