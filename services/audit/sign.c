#include "audit/sign.h"

#include "audit/owed.h"
#include "audit/publish.h"
#include "audit/state.h"
#include "config/reread.h"
#include "eventlog/follower.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "proof/checkpoint.h"
#include "proof/note.h"
#include "service/projecting.h"
#include "service/status.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { KEYS_MAX = 4, LOOK_MS = 50, FLUSH_MS = 30000, ARENA_SIZE = 16 << 20 };
enum { SIGNATURES_SIZE_MAX = 4096, KEY_SIZE_MAX = 400, VALUE_SIZE_MAX = 1 << 16 };

#define VALID_US (INT64_C(60) * SECOND_US) /* afterwards it is signed anew */
#define OWED_US  (INT64_C(5) * SECOND_US)  /* between two tries of a folder that takes nothing */

extern char **environ;

struct signer {
    const struct config *config;
    struct log *log;
    struct log_writer *writer;
    struct follower *follower;
    const struct fold *fold; /* of audit's partition; the follower's */
    struct arena *arena;
    int64_t end; /* of the log at the start */
    _Atomic bool caught_up;

    struct seal_key keys[KEYS_MAX];
    size_t keys_count;
    char origin[CHECKPOINT_ORIGIN_SIZE];

    int64_t number;     /* of the newest checkpoint */
    struct buffer text; /* of it; empty: it is signed, or there is none */
    int64_t sent_us;    /* when its signatures were sent; 0: they have not been */
    struct buffer note; /* of the newest signed one; empty: `latest` has it */
    struct owed *owed;  /* signed, and not in the second place */
    int64_t refused_us; /* when that took none of them last */
    struct metrics_counter *signed_total;
    struct metrics_counter *unpublished_total;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

/* --- keys --- */

/* One key a line: while they are changed there are two, and each signs. */
static enum err parse_keys(struct text lines, struct seal_key ret_keys[KEYS_MAX], size_t *ret_count)
{
    struct text line;
    size_t count = 0;
    while (text_take(&lines, '\n', &line)) {
        if (count == KEYS_MAX || seal_key_parse(line, &ret_keys[count]) != OK)
            return ERR_CONFIG;
        count++;
    }
    *ret_count = count;
    return count > 0 ? OK : ERR_CONFIG;
}

/* From the next checkpoint on, these sign. */
static enum err take_keys(void *context, const struct config *fresh, struct buffer *ret_problem)
{
    struct signer *signer = context;
    struct seal_key keys[KEYS_MAX];
    size_t count = 0;
    enum err err = parse_keys(text_of(fresh->signing_keys), keys, &count);
    if (err == OK) {
        memcpy(signer->keys, keys, count * sizeof keys[0]);
        signer->keys_count = count;
    } else {
        buffer_string(ret_problem, "BOURSE_SIGNING_KEY_FILE holds no keys");
    }
    seal_wipe(keys, sizeof keys);
    return err;
}

static struct text origin_of(const struct signer *signer)
{
    return (struct text){signer->origin, sizeof signer->origin};
}

/* --- signing --- */

static struct text verifier_key(const struct signer *signer, size_t index)
{
    struct buffer text;
    struct note_key key = note_key_of(&signer->keys[index], origin_of(signer));
    buffer_init(&text, KEY_SIZE_MAX);
    note_key_print(&key, &text);
    CHECK(buffer_ok(&text));
    struct text copy = arena_text(signer->arena, buffer_as_text(&text));
    buffer_free(&text);
    return copy;
}

static void make_command(const struct signer *signer, struct buffer *signatures,
                         struct command *ret_command)
{
    uint8_t random[12];
    int64_t received_us = now_us();
    seal_random(random, sizeof random);
    struct text *keys = ARENA_NEW(signer->arena, struct text, signer->keys_count);
    for (size_t i = 0; i < signer->keys_count; i++) {
        note_sign(&signer->keys[i], origin_of(signer), buffer_as_text(&signer->text), signatures);
        keys[i] = verifier_key(signer, i);
    }
    CHECK(buffer_ok(signatures));
    struct uuid id = uuid_make(0, random);
    *ret_command = (struct command){
        .kind = COMMAND_SIGN_CHECKPOINT,
        .meta = {.command_id = id,
                 .correlation_id = id,
                 .received_at = received_us,
                 .valid_until = received_us + VALID_US},
        .sign_checkpoint = {.number = signer->number,
                            .signatures = buffer_as_text(signatures),
                            .keys = keys,
                            .keys_count = signer->keys_count},
    };
}

/* ERR_DOUBT and the like: it is not known to be in the log, so the process ends and begins anew. */
static enum err send_signatures(struct signer *signer)
{
    static const char KEY[] = "audit";
    struct command command;
    struct buffer signatures, value;
    buffer_init(&signatures, SIGNATURES_SIZE_MAX);
    buffer_init(&value, VALUE_SIZE_MAX);
    arena_reset(signer->arena);
    make_command(signer, &signatures, &command);
    command_encode(&command, &value);
    CHECK(buffer_ok(&value));
    enum err err = log_writer_append(signer->writer, follower_commands_topic(SERVICE_AUDIT), 0,
                                     (struct bytes){(const uint8_t *)KEY, sizeof KEY - 1},
                                     buffer_bytes(&value), NULL, 0);
    if (err == OK)
        err = log_writer_flush(signer->writer, FLUSH_MS);
    buffer_free(&signatures);
    buffer_free(&value);
    if (err == OK)
        signer->sent_us = now_us();
    return err;
}

static enum err sign_next(struct signer *signer)
{
    if (!signer->caught_up || signer->text.size == 0 ||
        (signer->sent_us != 0 && now_us() - signer->sent_us < VALID_US))
        return OK;
    return send_signatures(signer);
}

/* --- what audit says --- */

static void take_made(struct signer *signer, const struct event *event)
{
    checkpoint_origin(event->meta.incarnation, signer->origin);
    signer->number = event->checkpoint_made.number;
    signer->sent_us = 0;
    buffer_reset(&signer->text);
    checkpoint_print(&event->meta, &event->checkpoint_made, &signer->text);
    CHECK(buffer_ok(&signer->text));
}

static void tell_not_published(struct signer *signer, enum err err, int64_t number)
{
    metrics_counter_add(signer->unpublished_total, 1);
    log_error(err == ERR_DENIED ? "checkpoint.published_otherwise" : "checkpoint.not_published",
              LOG_ERR(err), LOG_I64("number", number));
}

/* A folder that cannot be written is tried again, and as a whole when this process is started. */
static void take_signed(struct signer *signer, const struct checkpoint_signed *checkpoint)
{
    if (checkpoint->number == signer->number)
        buffer_reset(&signer->text);
    buffer_reset(&signer->note);
    buffer_text(&signer->note, checkpoint->note);
    metrics_counter_add(signer->signed_total, 1);
    if (signer->config->publish_dir == NULL)
        return;
    enum err err =
        publish_checkpoint(signer->config->publish_dir, checkpoint->number, checkpoint->note);
    if (err == OK)
        return;
    tell_not_published(signer, err, checkpoint->number);
    if (err == ERR_BUSY && !owed_add(signer->owed, checkpoint->number, checkpoint->note))
        log_error("checkpoint.not_kept", LOG_I64("number", checkpoint->number),
                  LOG_STR("reason", "too many could not be published; once the folder of "
                                    "BOURSE_PUBLISH_DIR can be written, start this again"));
}

/* One that is owed, if there is: one a look, so that signing goes on meanwhile. A folder that still
 * takes nothing is counted each time, so that who watches the count sees that it lasts. */
static void publish_owed(struct signer *signer)
{
    int64_t number;
    struct text note;
    if (now_us() - signer->refused_us < OWED_US || !owed_oldest(signer->owed, &number, &note))
        return;
    enum err err = publish_checkpoint(signer->config->publish_dir, number, note);
    if (err == ERR_BUSY) {
        metrics_counter_add(signer->unpublished_total, 1);
        signer->refused_us = now_us();
        return;
    }
    if (err == OK)
        log_info("checkpoint.published_late", LOG_I64("number", number));
    else
        tell_not_published(signer, err, number);
    owed_drop(signer->owed);
}

/* What is read, up to the end that the log had at the start, was said before. */
static void look_whether_caught_up(struct signer *signer)
{
    if (signer->fold->next_offset < signer->end)
        return;
    if (!signer->caught_up)
        log_info("sign.caught_up", LOG_I64("checkpoint", signer->number));
    signer->caught_up = true;
    if (signer->note.size == 0 || signer->config->publish_dir == NULL)
        return;
    if (publish_latest(signer->config->publish_dir, buffer_as_text(&signer->note)) == OK)
        buffer_reset(&signer->note);
}

static enum err read_events(struct signer *signer)
{
    struct followed followed;
    enum err err = follower_poll(signer->follower, LOOK_MS, &followed);
    if (err == OK && followed.verdict == FOLD_STOP)
        return ERR_LOG;
    if (err == OK && followed.verdict == FOLD_VALID && followed.event != NULL &&
        (followed.event->kind == EVENT_CHECKPOINT_MADE ||
         followed.event->kind == EVENT_CHECKPOINT_SIGNED)) {
        if (event_decode_rest(followed.fold->rest, followed.arena, followed.event) != OK)
            return ERR_LOG;
        if (followed.event->kind == EVENT_CHECKPOINT_MADE)
            take_made(signer, followed.event);
        else
            take_signed(signer, &followed.event->checkpoint_signed);
    }
    if (err == OK || err == ERR_TIMEOUT)
        look_whether_caught_up(signer);
    return err == ERR_TIMEOUT || err == ERR_BUSY ? OK : err;
}

/* --- the process --- */

static bool is_ready(void *context, struct buffer *members)
{
    const struct signer *signer = context;
    buffer_printf(members, "\"status\":\"%s\"", signer->caught_up ? "ok" : "catching_up");
    return signer->caught_up;
}

static enum err open_log(struct signer *signer)
{
    const struct config *config = signer->config;
    int64_t start;
    enum err err = service_open_log(config, &signer->log);
    if (err != OK)
        return err;
    signer->writer = log_writer_open(signer->log);
    signer->follower = follower_open(signer->log, LOG_GATHERING);
    err = log_ends(signer->log, follower_events_topic(SERVICE_AUDIT), 0, &start, &signer->end);
    if (err == OK)
        err = follower_begin(signer->follower, SERVICE_AUDIT, 0);
    if (err == OK)
        signer->fold = follower_fold(signer->follower, SERVICE_AUDIT, 0);
    return err;
}

static void register_metrics(struct signer *signer)
{
    signer->signed_total =
        metrics_counter("bourse_checkpoints_signed_total",
                        "Signed checkpoints that were read since the start.", METRICS_NO_LABELS);
    signer->unpublished_total = metrics_counter(
        "bourse_checkpoints_unpublished_total",
        "Times that a checkpoint could not be put into the second place.", METRICS_NO_LABELS);
}

static void close_all(struct signer *signer)
{
    follower_close(signer->follower);
    log_writer_close(signer->writer);
    log_close(signer->log);
    arena_free(signer->arena);
    owed_free(signer->owed);
    buffer_free(&signer->text);
    buffer_free(&signer->note);
    seal_wipe(signer->keys, sizeof signer->keys);
}

enum err audit_deliver(const struct config *config)
{
    struct signer *signer = &(struct signer){.config = config};
    struct status *status = NULL;
    signer->arena = arena_new(ARENA_SIZE);
    buffer_init(&signer->text, AUDIT_CHECKPOINT_SIZE_MAX);
    buffer_init(&signer->note, AUDIT_CHECKPOINT_SIZE_MAX);
    signer->owed = owed_new();
    register_metrics(signer);
    enum err err = parse_keys(text_of(config->signing_keys), signer->keys, &signer->keys_count);
    if (err == OK)
        err = open_log(signer);
    if (err == OK)
        err = status_start(config->http_address, config->metrics_port, is_ready, signer, &status);
    const struct reread_taker takers[] = {{CONFIG_SIGNING_KEYS, take_keys, signer}};
    struct reread *reread = reread_new(PROCESS_SIGNER, environ, config, takers, COUNT_OF(takers));
    while (err == OK && !service_stop_asked()) {
        err = read_events(signer);
        if (err == OK)
            err = sign_next(signer);
        publish_owed(signer);
        reread_look_in_time(reread);
    }
    reread_free(reread);
    if (err != OK) {
        log_error("sign.ended", LOG_ERR(err),
                  LOG_STR("reason", signer->fold == NULL ? err_text(err)
                                                         : follower_problem(signer->follower)));
        return err;
    }
    status_stop(status);
    close_all(signer);
    return OK;
}
