#include "eventlog/log_memory_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A partition being read. */
struct place {
    const struct memory_topic *topic;
    const struct memory_partition *partition;
    int32_t number;
    int64_t offset; /* of the next record */
    bool paused;
};

struct memory_reader {
    struct log_reader base;
    struct memory_log *log;
    struct place *places;
    size_t places_count;
    size_t turn; /* the place that is asked first, so that none starves */
    char problem[LOG_PROBLEM_SIZE];
};

struct log_reader *memory_reader_open(struct log *log, enum log_pace pace)
{
    (void)pace;
    struct memory_reader *reader = calloc(1, sizeof *reader);
    CHECK(reader != NULL);
    reader->base.ops = &memory_ops;
    reader->log = (struct memory_log *)log;
    return &reader->base;
}

void memory_reader_close(struct log_reader *base)
{
    struct memory_reader *reader = (struct memory_reader *)base;
    free(reader->places);
    free(reader);
}

static struct place *find_place(struct memory_reader *reader, const char *topic, int32_t number)
{
    for (size_t i = 0; i < reader->places_count; i++)
        if (reader->places[i].number == number && strcmp(reader->places[i].topic->name, topic) == 0)
            return &reader->places[i];
    return NULL;
}

static struct place *add_place(struct memory_reader *reader)
{
    reader->places = realloc(reader->places, (reader->places_count + 1) * sizeof *reader->places);
    CHECK(reader->places != NULL);
    return &reader->places[reader->places_count++];
}

/* ERR_LOG when what should be read next at `place` is outside of the log. */
static enum err check_place(struct memory_reader *reader, const struct place *place)
{
    int64_t end = memory_end(place->partition);
    if (place->offset >= place->partition->start && place->offset <= end)
        return OK;
    snprintf(reader->problem, sizeof reader->problem, LOG_PLACE_PROBLEM, place->topic->name,
             place->number, place->offset, place->offset > end ? "ahead of" : "before",
             place->partition->start, end);
    return ERR_LOG;
}

enum err memory_reader_assign(struct log_reader *base, const char *topic, int32_t number,
                              int64_t offset, const char **ret_problem)
{
    struct memory_reader *reader = (struct memory_reader *)base;
    memory_lock(reader->log);
    struct place place = {.topic = memory_find_topic(reader->log, topic),
                          .partition = memory_find(reader->log, topic, number),
                          .number = number,
                          .offset = offset};
    enum err err = place.partition == NULL ? ERR_NOT_FOUND : check_place(reader, &place);
    memory_unlock(reader->log);
    *ret_problem = reader->problem;
    if (err != OK)
        return err;
    struct place *known = find_place(reader, topic, number);
    *(known != NULL ? known : add_place(reader)) = place;
    return OK;
}

void memory_reader_unassign(struct log_reader *base, const char *topic, int32_t number)
{
    struct memory_reader *reader = (struct memory_reader *)base;
    struct place *place = find_place(reader, topic, number);
    if (place == NULL)
        return;
    *place = reader->places[--reader->places_count];
}

void memory_reader_pause(struct log_reader *base, const char *topic, int32_t number, bool pause)
{
    struct place *place = find_place((struct memory_reader *)base, topic, number);
    if (place != NULL)
        place->paused = pause;
}

static void take_record(struct place *place, struct log_record *ret_record)
{
    const struct memory_partition *partition = place->partition;
    const struct memory_record *record = partition->records[place->offset - partition->start];
    *ret_record = (struct log_record){.topic = text_of(place->topic->name),
                                      .partition = place->number,
                                      .offset = place->offset,
                                      .timestamp_us = record->timestamp_us,
                                      .key = record->key,
                                      .value = record->value,
                                      .headers = record->headers,
                                      .headers_count = record->headers_count};
    place->offset++;
}

static void pass_hidden(struct place *place)
{
    const struct memory_partition *partition = place->partition;
    while (place->offset < memory_end(partition) &&
           partition->records[place->offset - partition->start]->hidden)
        place->offset++;
}

/* The next record of the first place in turn that has one. ERR_TIMEOUT: none has. */
static enum err take_next(struct memory_reader *reader, struct log_record *ret_record)
{
    for (size_t i = 0; i < reader->places_count; i++) {
        size_t turn = (reader->turn + i) % reader->places_count;
        struct place *place = &reader->places[turn];
        if (place->paused)
            continue;
        enum err err = check_place(reader, place);
        if (err != OK)
            return err;
        pass_hidden(place);
        if (place->offset < memory_end(place->partition)) {
            reader->turn = turn + 1;
            take_record(place, ret_record);
            return OK;
        }
    }
    return ERR_TIMEOUT;
}

enum err memory_reader_poll(struct log_reader *base, int timeout_ms, struct log_record *ret_record,
                            const char **ret_problem)
{
    struct memory_reader *reader = (struct memory_reader *)base;
    struct memory_log *log = reader->log;
    struct timespec deadline = memory_deadline(timeout_ms);
    memory_lock(log);
    enum err err = take_next(reader, ret_record);
    bool in_time = timeout_ms > 0;
    while (err == ERR_TIMEOUT && in_time) {
        in_time = pthread_cond_timedwait(&log->changed, &log->mutex, &deadline) == 0;
        err = take_next(reader, ret_record);
    }
    memory_unlock(log);
    *ret_problem = reader->problem;
    return err;
}
