#include "settings/deliver.h"

#include "base/arena.h"
#include "client/mail.h"
#include "config/reread.h"
#include "eventlog/follower.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "seal/vault.h"
#include "service/projecting.h"
#include "service/status.h"
#include "settings/forget.h"
#include "settings/letter.h"
#include "settings/push.h"
#include "settings/quiet.h"
#include "settings/webhook.h"

#include <stdatomic.h>
#include <time.h>

enum {
    PARTITIONS_MAX = 1024,
    LOOK_MS = 50,
    FLUSH_MS = 30000,
    ARENA_SIZE = 1 << 20,
    VAULT_CONNECTIONS = 1,
    EMAIL_SIZE_MAX = 320,
    VALUE_SIZE_MAX = 1 << 14,
};

#define VALID_US (INT64_C(3600) * 1000000)

extern char **environ;

struct deliverer {
    const struct config *config;
    struct log *log;
    struct log_writer *writer;
    struct vault *vault;
    struct seal_key hash_key;
    struct letter_head head;
    struct mailer *mailer;
    const char *text_token; /* NULL: the gateway for text messages wants none */
    struct reread *reread;
    struct push_sender browsers;
    struct push_key *push_key; /* of the above; NULL: none */
    struct forgetter *forgetter;
    struct place place;
    struct arena *arena; /* of one letter */

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
    deliverer->outbox = outbox_new();
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

/* Takes what there is to read. OK: there may be more. */
static enum err read_events(struct deliverer *deliverer)
{
    struct followed followed;
    struct event event;
    enum err err = follower_poll(deliverer->follower, LOOK_MS, &followed);
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

/* ERR_DOUBT and the like: it is not known to be in the log, so the process ends and begins anew. */
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
    if (err == OK)
        err = log_writer_flush(deliverer->writer, FLUSH_MS);
    buffer_free(&value);
    if (err == OK) {
        outbox_reported(deliverer->outbox, &letter->key);
        metrics_counter_add(deliverer->letters[outcome], 1);
        log_info("deliver.completed", LOG_STR("outcome", WIRE_DELIVERY_OUTCOME.symbols[outcome]));
    }
    return err;
}

/* OK; ERR_DENIED: never; ERR_BUSY: not now. */
static enum err send_mail(struct deliverer *deliverer, const struct letter *letter)
{
    struct buffer email;
    buffer_init(&email, EMAIL_SIZE_MAX);
    enum err err = vault_open_text(deliverer->vault, letter->user_id, letter->email, &email);
    if (err == OK) {
        const struct letter_head *head = &deliverer->head;
        struct mail mail = {.to = buffer_as_text(&email),
                            .subject = letter_subject(letter),
                            .message_id = letter_message_id(letter, head, deliverer->arena),
                            .date_us = letter->asked_at_us,
                            .body = letter_body(letter, head, deliverer->arena)};
        err = mailer_send(deliverer->mailer, &mail);
        if (err != OK)
            log_warn("deliver.not_sent", LOG_ERR(err),
                     LOG_STR("reason", mailer_problem(deliverer->mailer)));
    } else if (err == ERR_NOT_FOUND || err == ERR_POISON) {
        err = ERR_DENIED; /* the person has been erased, and with that this address */
    }
    buffer_free(&email);
    return err;
}

/* As send_mail(); ERR_NOT_FOUND: never, for nobody is there. */
static enum err send(struct deliverer *deliverer, const struct letter *letter)
{
    const struct config *config = deliverer->config;
    bool anywhere = config->webhooks == WEBHOOKS_ANYWHERE;
    if (letter->key.kind == LETTER_SMS)
        return sms_send(deliverer->vault, letter,
                        &(struct sms_gateway){config->sms_url, deliverer->text_token},
                        deliverer->arena);
    if (letter->key.kind == LETTER_PUSH)
        return push_send(deliverer->vault, letter, &deliverer->browsers, now_us(),
                         deliverer->arena);
    return letter->key.kind == LETTER_WEBHOOK
               ? webhook_send(deliverer->vault, letter, anywhere, now_us(), deliverer->arena)
               : send_mail(deliverer, letter);
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

/* One letter, if one is due. */
static enum err send_next(struct deliverer *deliverer)
{
    struct letter letter;
    int64_t time_us = now_us();
    if (!deliverer->caught_up || !outbox_next(deliverer->outbox, time_us, &letter))
        return OK;
    if (letter.expires_at_us <= time_us)
        return report(deliverer, &letter, DELIVERY_OUTCOME_EXPIRED, false);
    if (hold_back(deliverer, &letter, time_us))
        return OK;
    enum err err = send(deliverer, &letter);
    arena_reset(deliverer->arena);
    if (err == OK)
        return report(deliverer, &letter, DELIVERY_OUTCOME_SENT, false);
    if (err == ERR_DENIED || err == ERR_NOT_FOUND)
        return report(deliverer, &letter, DELIVERY_OUTCOME_UNDELIVERABLE, err == ERR_NOT_FOUND);
    outbox_retry(deliverer->outbox, &letter.key, now_us());
    return OK;
}

/* --- the process ------------------------------------------------------------------------------ */

static bool is_ready(void *context, struct buffer *members)
{
    const struct deliverer *deliverer = context;
    buffer_printf(members, "\"status\":\"%s\"", deliverer->caught_up ? "ok" : "catching_up");
    return deliverer->caught_up;
}

static enum err open_vault(struct deliverer *deliverer)
{
    const struct config *config = deliverer->config;
    enum err err = vault_open(config->vault_pg, text_of(config->seal_key), VAULT_CONNECTIONS,
                              &deliverer->vault);
    return err != OK
               ? err
               : vault_secret(deliverer->vault, VAULT_HASH_SECRET, false, &deliverer->hash_key);
}

/* --- secrets that change while it runs -------------------------------------------------------- */

static enum err take_mail(void *context, const struct config *fresh, struct buffer *ret_problem)
{
    (void)ret_problem;
    struct deliverer *deliverer = context;
    mailer_trust(deliverer->mailer, fresh->smtp_password, fresh->smtp_ca);
    return OK;
}

static enum err take_text_token(void *context, const struct config *fresh,
                                struct buffer *ret_problem)
{
    (void)ret_problem;
    struct deliverer *deliverer = context;
    deliverer->text_token = fresh->sms_token;
    return OK;
}

static void start_reread(struct deliverer *deliverer)
{
    const struct reread_taker takers[] = {{CONFIG_SEAL_KEYS, vault_take_masters, deliverer->vault},
                                          {CONFIG_MAIL, take_mail, deliverer},
                                          {CONFIG_TEXT_MESSAGES, take_text_token, deliverer}};
    deliverer->reread =
        reread_new(PROCESS_DELIVERER, environ, deliverer->config, takers, COUNT_OF(takers));
}

static enum err open_push(struct deliverer *deliverer)
{
    const struct config *config = deliverer->config;
    enum err err = config->push_key == NULL
                       ? OK
                       : push_key_open(text_of(config->push_key), &deliverer->push_key);
    deliverer->browsers = (struct push_sender){.key = deliverer->push_key,
                                               .from = config->mail_from,
                                               .anywhere = config->webhooks == WEBHOOKS_ANYWHERE};
    return err;
}

static enum err open_log(struct deliverer *deliverer)
{
    const struct config *config = deliverer->config;
    enum err err = service_open_log(config, &deliverer->log);
    if (err != OK)
        return err;
    deliverer->writer = log_writer_open(deliverer->log);
    deliverer->forgetter =
        forgetter_new(deliverer->log, deliverer->vault, config->pg, config->vault_pg);
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
                           &deliverer->partitions_count))
        err = follow_assignment(deliverer);
    if (err == OK && deliverer->follower == NULL)
        err = follow_assignment(deliverer);
    if (err == OK)
        err = read_events(deliverer);
    if (err == OK || err == ERR_TIMEOUT)
        err = send_next(deliverer);
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
    deliverer->head = (struct letter_head){.hash_key = &deliverer->hash_key,
                                           .public_url = config->public_url,
                                           .from = config->mail_from};
    deliverer->mailer = mailer_new(config->smtp_url, config->mail_from);
    mailer_trust(deliverer->mailer, config->smtp_password, config->smtp_ca);
    deliverer->text_token = config->sms_token;
    deliverer->arena = arena_new(ARENA_SIZE);
    register_metrics(deliverer);
    enum err err = open_vault(deliverer);
    if (err == OK)
        err = open_push(deliverer);
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
    vault_free(deliverer->vault);
    mailer_free(deliverer->mailer);
    push_key_free(deliverer->push_key);
    arena_free(deliverer->arena);
    seal_wipe(&deliverer->hash_key, sizeof deliverer->hash_key);
    return OK;
}
