#include "weather.h"

#include "fiber.h"
#include "weather_internal.h"

#include <stdlib.h>

struct weather *weather_new(const struct weather_world *world)
{
    struct weather *weather = calloc(1, sizeof *weather);
    CHECK(weather != NULL);
    weather->base.ops = &weather_ops;
    weather->world = *world;
    return weather;
}

void weather_free(struct weather *weather)
{
    if (weather == NULL)
        return;
    weather_writers_free(weather);
    for (size_t i = 0; i < weather->copies_count; i++)
        log_writer_close(weather->copies[i].record);
    free(weather->copies);
    free(weather);
}

struct log *weather_log(struct weather *weather)
{
    return &weather->base;
}

void weather_set_owner(struct weather *weather, struct weather_owner *owner)
{
    weather->owner = owner;
}

void weather_kill(struct weather *weather, struct weather_owner *owner)
{
    owner->dead = true;
    weather_writers_kill(weather, owner);
}

static void land_copies(struct weather *weather)
{
    size_t kept = 0;
    for (size_t i = 0; i < weather->copies_count; i++) {
        struct weather_copy *copy = &weather->copies[i];
        if (copy->due_us > weather_now_us(weather)) {
            weather->copies[kept++] = *copy;
            continue;
        }
        CHECK(log_writer_push(copy->record) == OK);
        log_writer_close(copy->record);
    }
    weather->copies_count = kept;
}

void weather_tick(struct weather *weather)
{
    weather_writers_tick(weather);
    land_copies(weather);
}

size_t weather_travelling(const struct weather *weather)
{
    return weather->copies_count + weather_writers_travelling(weather);
}

const struct weather_counts *weather_counts(const struct weather *weather)
{
    return &weather->counts;
}

int64_t weather_now_us(const struct weather *weather)
{
    return *weather->world.now_us;
}

bool weather_moment(struct weather *weather, const struct weather_owner *owner)
{
    if (owner == NULL)
        return true;
    struct weather_owner *caller = weather->owner;
    if (caller == owner && !caller->dead && caller->moment != NULL)
        caller->moment(caller);
    return !owner->dead;
}

bool weather_strikes(struct weather *weather, const struct weather_owner *owner, enum fate fate)
{
    return owner != NULL && fate_strikes(weather->world.fates, fate);
}

bool weather_wait(struct weather *weather)
{
    struct weather_owner *owner = weather->owner;
    if (fiber_running() == NULL)
        return false;
    fiber_yield();
    return !owner->dead;
}

/* --- what a log is asked beside reading and writing --- */

static struct weather *of(struct log *log)
{
    return (struct weather *)log;
}

static void close_weather(struct log *log)
{
    weather_free(of(log));
}

static enum err create_topics(struct log *log, const struct log_topic *topics, size_t count,
                              int replication, const char **ret_problem)
{
    return log_create_topics(of(log)->world.log, topics, count, replication, ret_problem);
}

static enum err check_topics(struct log *log, const struct log_topic *topics, size_t count,
                             const char **ret_problem)
{
    return log_check_topics(of(log)->world.log, topics, count, ret_problem);
}

/* True when the broker answers. */
static bool reaches_broker(struct weather *weather)
{
    const struct weather_owner *owner = weather->owner;
    return weather_moment(weather, owner) && !weather_strikes(weather, owner, FATE_AWAY);
}

static enum err partition_count(struct log *log, const char *topic, int32_t *ret_count)
{
    if (!reaches_broker(of(log)))
        return ERR_BUSY;
    return log_partition_count(of(log)->world.log, topic, ret_count);
}

static enum err ends(struct log *log, const char *topic, int32_t partition, int64_t *ret_start,
                     int64_t *ret_end)
{
    if (!reaches_broker(of(log)))
        return ERR_BUSY;
    return log_ends(of(log)->world.log, topic, partition, ret_start, ret_end);
}

static enum err group_join(struct log *log, const char *group, const char *topic,
                           const char *instance, struct log_group **ret_group)
{
    return log_group_join(of(log)->world.log, group, topic, instance, ret_group);
}

const struct log_ops weather_ops = {
    .close = close_weather,
    .create_topics = create_topics,
    .check_topics = check_topics,
    .partition_count = partition_count,
    .ends = ends,
    .reader_open = weather_reader_open,
    .reader_close = weather_reader_close,
    .reader_assign = weather_reader_assign,
    .reader_unassign = weather_reader_unassign,
    .reader_pause = weather_reader_pause,
    .reader_poll = weather_reader_poll,
    .writer_open = weather_writer_open,
    .writer_close = weather_writer_close,
    .writer_append = weather_writer_append,
    .writer_push = weather_writer_push,
    .writer_flush = weather_writer_flush,
    .writer_waiting = weather_writer_waiting,
    .group_join = group_join, /* its groups are the memory log's own, which fill the rest */
};
