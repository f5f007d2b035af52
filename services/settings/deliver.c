#include "settings/deliver.h"

#include "config/reread.h"
#include "eventlog/follower.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "seal/vault.h"
#include "service/projecting.h"
#include "service/status.h"
#include "settings/forget.h"
#include "settings/quiet.h"
#include "settings/sender.h"

#include <stdatomic.h>
#include <time.h>

enum {
    PARTITIONS_MAX = 1024,
    LOOK_MS = 50,
    FLUSH_MS = 30000,
    READ_MAX = 1000,      /* events in a row, before letters are looked at again */
    BEGIN_MAX = 100,      /* letters of a lane, before the log is */
    REPORTS_MAX = 1000,   /* that the broker has not confirmed yet */
    LANE_MAX = 32,        /* letters of a lane under way at a time, as below */
    NOTICES_MAX = 100000, /* that wait; some 70 MB with what they say */
    VALUE_SIZE_MAX = 1 << 14,
};

#define VALID_US (INT64_C(3600) * 1000000)

/* How many letters of each lane are under way at a time. Mails and text messages go to servers of
 * the venue's own; posts to those of strangers, who may let us wait. */
static const size_t LANE_WIDTH[LANES] = {
    [LANE_SIGN_IN] = 4, [LANE_MAIL] = 4, [LANE_TEXT_MESSAGE] = 4, [LANE_POST] = LANE_MAX};

extern char **environ;

/* A letter that the sender's courier knows by its index. */
struct flight {
    bool under_way;
    struct letter letter; /* without its texts */
};

struct deliverer {
    const struct config *config;
    struct log *log;
    struct log_writer *writer;
    struct sender sender;
    struct reread *reread;
    struct forgetter *forgetter;
    struct place place;
    struct flight flights[LANES * LANE_MAX]; /* LANE_MAX of each lane */

    /* Made anew when the partitions change. */
    struct follower *follower;
    struct outbox *outbox;
    int32_t partitions[PARTITIONS_MAX];
    int64_t ends[PARTITIONS_MAX]; /* of their logs when they were given */
    size_t partitions_count;
    _Atomic bool caught_up;
    struct metrics_counter *letters[3]; /* by enum delivery_outcome */
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- what is to be sent ----------------------------------------------------------------------- */

static enum err follow_partition(struct deliverer *deliverer, size_t index)
{
    int64_t start;
    int32_t partition = deliverer->partitions[index];
    enum err err = log_ends(deliverer->log, follower_events_topic(SERVICE_SETTINGS), partition,
                            &start, &deliverer->ends[index]);
    return err != OK ? err : follower_begin(deliverer->follower, SERVICE_SETTINGS, partition);
}

/* Begins anew with the partitions that this process has now. */
static enum err follow_assignment(struct deliverer *deliverer)
{
    follower_close(deliverer->follower);
    outbox_free(deliverer->outbox);
    deliverer->follower = follower_open(deliverer->log, LOG_GATHERING);
    deliverer->outbox = outbox_new(NOTICES_MAX);
    forgetter_begin(deliverer->forgetter);
    deliverer->caught_up = false;
    log_info("deliver.assigned", LOG_U64("partitions", deliverer->partitions_count));
    enum err err = OK;
    for (size_t i = 0; i < deliverer->partitions_count && err == OK; i++)
        err = follow_partition(deliverer, i);
    if (err != OK) { /* half of them is none: it begins anew */
        follower_close(deliverer->follower);
        deliverer->follower = NULL;
    }
    return err;
}

static void look_whether_caught_up(struct deliverer *deliverer)
{
    for (size_t i = 0; i < deliverer->partitions_count; i++) {
        const struct fold *fold =
            follower_fold(deliverer->follower, SERVICE_SETTINGS, deliverer->partitions[i]);
        if (fold->next_offset < deliverer->ends[i])
            return;
    }
    if (!deliverer->caught_up)
        log_info("deliver.caught_up", LOG_U64("letters", outbox_count(deliverer->outbox)));
    deliverer->caught_up = true;
}

static enum err read_event(struct deliverer *deliverer, int wait_ms)
{
    struct followed followed;
    struct event event;
    enum err err = follower_poll(deliverer->follower, wait_ms, &followed);
    if (err == OK && followed.verdict == FOLD_STOP)
        return ERR_LOG;
    if (err == OK && followed.verdict == FOLD_VALID && followed.event != NULL &&
        outbox_concerns(followed.event->kind)) {
        if (event_decode(followed.record.value, followed.arena, &event) != OK)
            return ERR_LOG; /* written by a newer version: what follows from it is not known here */
        outbox_take(deliverer->outbox, &event);
        if (event.kind == EVENT_PERSON_ERASED)
            forgetter_take(deliverer->forgetter, &event);
    }
    return err;
}

/* Takes what there is to read, whatever is under way. OK: there may be more. */
static enum err read_events(struct deliverer *deliverer)
{
    bool idle = courier_count(deliverer->sender.courier) == 0;
    enum err err = read_event(deliverer, idle ? LOOK_MS : 0);
    for (size_t i = 1; i < READ_MAX && err == OK; i++)
        err = read_event(deliverer, 0);
    if (err == OK || err == ERR_TIMEOUT)
        look_whether_caught_up(deliverer);
    return err;
}

/* --- sending ---------------------------------------------------------------------------------- */

static enum notification_channel channel_of(enum letter_kind kind)
{
    return kind == LETTER_WEBHOOK ? NOTIFICATION_CHANNEL_WEBHOOK
           : kind == LETTER_SMS   ? NOTIFICATION_CHANNEL_SMS
                                  : NOTIFICATION_CHANNEL_EMAIL;
}

static void make_report(const struct letter *letter, enum delivery_outcome outcome, bool gone,
                        struct command *ret_command)
{
    uint8_t random[12];
    int64_t received_us = now_us();
    seal_random(random, sizeof random);
    bool pushes = letter->key.kind == LETTER_PUSH;
    *ret_command = (struct command){.kind = COMMAND_COMPLETE_DELIVERY};
    ret_command->meta.command_id = uuid_make(uuid_owner_hash(letter->user_id), random);
    ret_command->meta.correlation_id = letter->key.id;
    ret_command->meta.received_at = received_us;
    ret_command->meta.valid_until = received_us + VALID_US;
    ret_command->complete_delivery = (struct complete_delivery){
        .delivery_id = letter->key.id,
        .user_id = letter->user_id,
        .outcome = outcome,
        .has_channel = letter->key.kind >= LETTER_NOTIFICATION && !pushes,
        .channel = channel_of(letter->key.kind),
        .has_subscription_id = pushes,
        .subscription_id = letter->key.subscription_id,
        .gone = pushes && gone};
}

/* What it could not append it does not know to be in the log, so the process ends and begins anew.
 */
static enum err report(struct deliverer *deliverer, const struct letter *letter,
                       enum delivery_outcome outcome, bool gone)
{
    struct command command;
    char key[UUID_TEXT_SIZE];
    struct buffer value;
    make_report(letter, outcome, gone, &command);
    uuid_print(letter->user_id, key);
    buffer_init(&value, VALUE_SIZE_MAX);
    command_encode(&command, &value);
    CHECK(buffer_ok(&value));
    enum err err = log_writer_append(
        deliverer->writer, follower_commands_topic(SERVICE_SETTINGS),
        place_partition_of_id(&deliverer->place, SERVICE_SETTINGS, letter->user_id),
        (struct bytes){(const uint8_t *)key, sizeof key}, buffer_bytes(&value), NULL, 0);
    buffer_free(&value);
    if (err == OK) {
        outbox_reported(deliverer->outbox, &letter->key);
        metrics_counter_add(deliverer->letters[outcome], 1);
        log_info("deliver.completed", LOG_STR("outcome", WIRE_DELIVERY_OUTCOME.symbols[outcome]));
    } else if (err == ERR_BUSY) { /* there is no broker yet: it is said behind the next try */
        outbox_retry(deliverer->outbox, &letter->key, now_us());
    }
    return err;
}

/* Quiet hours hold back all but what is about signing in. */
static bool hold_back(struct deliverer *deliverer, const struct letter *letter, int64_t time_us)
{
    int64_t over_us =
        letter->key.kind < LETTER_NOTIFICATION ? time_us : quiet_over_us(letter->quiet, time_us);
    if (over_us > time_us)
        outbox_hold(deliverer->outbox, &letter->key, over_us);
    return over_us > time_us;
}

/* What became of a letter; it may have been completed meanwhile, or its person erased. */
static enum err settle(struct deliverer *deliverer, const struct letter *letter, enum err err)
{
    if (!outbox_has(deliverer->outbox, &letter->key))
        return OK;
    if (err == OK)
        return report(deliverer, letter, DELIVERY_OUTCOME_SENT, false);
    if (err == ERR_DENIED || err == ERR_NOT_FOUND)
        return report(deliverer, letter, DELIVERY_OUTCOME_UNDELIVERABLE, err == ERR_NOT_FOUND);
    outbox_retry(deliverer->outbox, &letter->key, now_us());
    return OK;
}

/* Settles what has come to its end, after `wait_ms` at most. */
static enum err settle_ends(struct deliverer *deliverer, int wait_ms)
{
    struct courier_end end;
    enum err err = OK;
    if (courier_count(deliverer->sender.courier) == 0)
        return OK;
    while (err == OK && courier_next(deliverer->sender.courier, wait_ms, &end)) {
        struct flight *flight = &deliverer->flights[end.number];
        flight->under_way = false;
        wait_ms = 0;
        if (end.problem[0] != '\0')
            log_warn("deliver.not_sent", LOG_ERR(end.err), LOG_STR("reason", end.problem));
        err = settle(deliverer, &flight->letter, end.err);
    }
    return err;
}

/* ERR_BUSY: the vault is away, or the broker; others are not asked for now. */
static enum err begin(struct deliverer *deliverer, const struct letter *letter, int64_t time_us,
                      size_t number)
{
    if (letter->expires_at_us <= time_us)
        return report(deliverer, letter, DELIVERY_OUTCOME_EXPIRED, false);
    if (hold_back(deliverer, letter, time_us))
        return OK;
    outbox_begin(deliverer->outbox, &letter->key, time_us);
    enum err err = sender_begin(&deliverer->sender, letter, time_us, number);
    if (err != OK) {
        enum err settled = settle(deliverer, letter, err);
        return settled != OK || err == ERR_DENIED ? settled : ERR_BUSY;
    }
    deliverer->flights[number] = (struct flight){
        .under_way = true, .letter = {.key = letter->key, .user_id = letter->user_id}};
    return OK;
}

/* False: as many are under way as may be. */
static bool find_room(const struct deliverer *deliverer, enum lane lane, size_t *ret_number)
{
    size_t number = (size_t)lane * LANE_MAX, end = number + LANE_WIDTH[lane];
    while (number < end && deliverer->flights[number].under_way)
        number++;
    *ret_number = number;
    return number < end;
}

/* Begins with what is due, as far as there is room. */
static enum err begin_lane(struct deliverer *deliverer, enum lane lane)
{
    size_t number;
    struct letter letter;
    enum err err = OK;
    for (size_t i = 0; i < BEGIN_MAX && err == OK && find_room(deliverer, lane, &number); i++) {
        int64_t time_us = now_us();
        if (log_writer_waiting(deliverer->writer) >= REPORTS_MAX ||
            !outbox_next(deliverer->outbox, lane, time_us, &letter))
            break;
        err = begin(deliverer, &letter, time_us, number);
    }
    return err;
}

/* Goes on with what is under way and begins with others, as reading the log went: ERR_TIMEOUT:
 * there is nothing else to do; ERR_BUSY: nothing could be reported, so nothing is begun. */
static enum err send_letters(struct deliverer *deliverer, enum err read)
{
    enum err err = OK;
    bool may_begin = deliverer->caught_up && read != ERR_BUSY;
    for (size_t lane = 0; lane < LANES && err == OK && may_begin; lane++)
        err = begin_lane(deliverer, (enum lane)lane);
    if (err == OK || err == ERR_BUSY)
        err = settle_ends(deliverer, read == OK ? 0 : LOOK_MS);
    return err == OK ? log_writer_push(deliverer->writer) : err;
}

/* Waits for what is under way, so that it is not sent again for want of a report. */
static enum err finish_letters(struct deliverer *deliverer)
{
    enum err err = OK;
    while (err == OK && courier_count(deliverer->sender.courier) > 0)
        err = settle_ends(deliverer, LOOK_MS);
    return err == OK ? log_writer_flush(deliverer->writer, FLUSH_MS) : err;
}

/* --- the process ------------------------------------------------------------------------------ */

static bool is_ready(void *context, struct buffer *members)
{
    const struct deliverer *deliverer = context;
    buffer_printf(members, "\"status\":\"%s\"", deliverer->caught_up ? "ok" : "catching_up");
    return deliverer->caught_up;
}

/* --- secrets that change while it runs -------------------------------------------------------- */

static enum err take_mail(void *context, const struct config *fresh, struct buffer *ret_problem)
{
    (void)ret_problem;
    struct deliverer *deliverer = context;
    mailer_trust(deliverer->sender.mailer, fresh->smtp_password, fresh->smtp_ca);
    return OK;
}

static enum err take_text_token(void *context, const struct config *fresh,
                                struct buffer *ret_problem)
{
    (void)ret_problem;
    struct deliverer *deliverer = context;
    deliverer->sender.gateway.token = fresh->sms_token;
    return OK;
}

static void start_reread(struct deliverer *deliverer)
{
    const struct reread_taker takers[] = {
        {CONFIG_SEAL_KEYS, vault_take_masters, deliverer->sender.vault},
        {CONFIG_MAIL, take_mail, deliverer},
        {CONFIG_TEXT_MESSAGES, take_text_token, deliverer}};
    deliverer->reread =
        reread_new(PROCESS_DELIVERER, environ, deliverer->config, takers, COUNT_OF(takers));
}

static enum err open_log(struct deliverer *deliverer)
{
    const struct config *config = deliverer->config;
    enum err err = service_open_log(config, &deliverer->log);
    if (err != OK)
        return err;
    deliverer->writer = log_writer_open(deliverer->log);
    deliverer->forgetter =
        forgetter_new(deliverer->log, deliverer->sender.vault, config->pg, config->vault_pg);
    return log_partition_count(deliverer->log, follower_events_topic(SERVICE_SETTINGS),
                               &deliverer->place.partition_counts[SERVICE_SETTINGS]);
}

static void register_metrics(struct deliverer *deliverer)
{
    for (size_t i = 0; i < COUNT_OF(deliverer->letters); i++)
        deliverer->letters[i] = metrics_counter(
            "bourse_mails_total",
            "Mails, webhooks, text messages and browser pushes, by what became of them.",
            METRICS_LABELS({"outcome", WIRE_DELIVERY_OUTCOME.symbols[i]}));
}

static enum err look_after(struct deliverer *deliverer, struct log_group *group)
{
    enum err err = OK;
    if (log_group_assigned(group, 0, deliverer->partitions, PARTITIONS_MAX,
                           &deliverer->partitions_count)) {
        follower_close(deliverer->follower);
        deliverer->follower = NULL;
        deliverer->caught_up = false;
    }
    if (deliverer->follower == NULL) {
        err = finish_letters(deliverer);
        if (err == OK)
            err = follow_assignment(deliverer);
    }
    if (err == OK)
        err = read_events(deliverer);
    if (err == OK || err == ERR_TIMEOUT || err == ERR_BUSY)
        err = send_letters(deliverer, err);
    forgetter_work(deliverer->forgetter, now_us());
    reread_look_in_time(deliverer->reread);
    return err == ERR_TIMEOUT || err == ERR_BUSY ? OK : err;
}

static enum err run(struct deliverer *deliverer)
{
    struct log_group *group = NULL;
    enum err err = log_group_join(deliverer->log, "bourse.settings.deliver",
                                  follower_events_topic(SERVICE_SETTINGS),
                                  deliverer->config->instance, &group);
    while (err == OK && !service_stop_asked())
        err = look_after(deliverer, group);
    if (err == OK && deliverer->outbox != NULL)
        err = finish_letters(deliverer);
    if (err != OK)
        return err; /* in doubt about what it has said: it ends at once, and begins anew */
    log_group_leave(group);
    return OK;
}

enum err settings_deliver(const struct config *config)
{
    struct deliverer *deliverer = &(struct deliverer){.config = config};
    struct status *status = NULL;
    deliverer->place.service = SERVICE_SETTINGS;
    register_metrics(deliverer);
    enum err err = sender_open(&deliverer->sender, config);
    if (err == OK)
        err = open_log(deliverer);
    if (err == OK)
        err =
            status_start(config->http_address, config->metrics_port, is_ready, deliverer, &status);
    if (err == OK) {
        start_reread(deliverer);
        err = run(deliverer);
    }
    if (err != OK) {
        log_error("deliver.ended", LOG_ERR(err),
                  LOG_STR("reason", deliverer->follower == NULL
                                        ? err_text(err)
                                        : follower_problem(deliverer->follower)));
        return err;
    }
    status_stop(status);
    reread_free(deliverer->reread);
    follower_close(deliverer->follower);
    outbox_free(deliverer->outbox);
    forgetter_free(deliverer->forgetter);
    log_writer_close(deliverer->writer);
    log_close(deliverer->log);
    sender_close(&deliverer->sender);
    return OK;
}
