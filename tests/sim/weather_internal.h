/* weather_internal.h - the inside of the weather. For the weather*.c files only. */
#ifndef SIM_WEATHER_INTERNAL_H
#define SIM_WEATHER_INTERNAL_H
#include "eventlog/log_internal.h"
#include "weather.h"

struct weather_writer;

/* A copy that lands later than the record it is one of. */
struct weather_copy {
    struct log_writer *record;
    int64_t due_us;
};

struct weather {
    struct log base;
    struct weather_world world;
    struct weather_owner *owner;
    struct weather_writer *writers; /* all that have something on its way, and all that are open */
    struct weather_copy *copies;
    size_t copies_count, copies_max;
    struct weather_counts counts;
};

extern const struct log_ops weather_ops;

int64_t weather_now_us(const struct weather *weather);
/* Something may befall the caller here. False: it is dead, and the call has to fail. */
bool weather_moment(struct weather *weather, const struct weather_owner *owner);
/* True when it befalls a caller; never for a call that is nobody's. */
bool weather_strikes(struct weather *weather, const struct weather_owner *owner, enum fate fate);
/* Waits a moment of virtual time. False: nobody can wait here. */
bool weather_wait(struct weather *weather);

/* The rows of weather_ops. */
struct log_reader *weather_reader_open(struct log *log, enum log_pace pace);
void weather_reader_close(struct log_reader *reader);
enum err weather_reader_assign(struct log_reader *reader, const char *topic, int32_t partition,
                               int64_t offset, const char **ret_problem);
void weather_reader_unassign(struct log_reader *reader, const char *topic, int32_t partition);
void weather_reader_pause(struct log_reader *reader, const char *topic, int32_t partition,
                          bool pause);
enum err weather_reader_poll(struct log_reader *reader, int timeout_ms,
                             struct log_record *ret_record, const char **ret_problem);
struct log_writer *weather_writer_open(struct log *log);
void weather_writer_close(struct log_writer *writer);
enum err weather_writer_append(struct log_writer *writer, const char *topic, int32_t partition,
                               struct bytes key, struct bytes value,
                               const struct log_header *headers, size_t headers_count);
enum err weather_writer_push(struct log_writer *writer);
enum err weather_writer_flush(struct log_writer *writer, int timeout_ms);
size_t weather_writer_waiting(const struct log_writer *writer);

/* Its part of weather_kill(), weather_tick(), weather_free() and weather_travelling(). */
void weather_writers_kill(struct weather *weather, const struct weather_owner *owner);
void weather_writers_tick(struct weather *weather);
void weather_writers_free(struct weather *weather);
size_t weather_writers_travelling(const struct weather *weather);

#endif
