#include "service/service.h"

#include "base/again.h"
#include "config/config.h"
#include "eventlog/follower.h"
#include "log/log.h"
#include "seal/seal.h"
#include "service/partition.h"
#include "service/projecting.h"
#include "service/status.h"
#include "service/topics.h"
#include "trace/trace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARTITIONS_MAX = 64, GROUP_TIMEOUT_MS = 200, STOP_MAX_S = 15, BROKER_RETRY_US = 500000 };

extern char **environ;

static volatile sig_atomic_t stop_asked;

/* Nothing that a dependency does may keep the process from ending, so an alarm is set too. */
static void on_stop(int signal)
{
    (void)signal;
    if (stop_asked == 0)
        alarm(STOP_MAX_S);
    stop_asked = 1;
}

static void on_alarm(int signal)
{
    static const char TEXT_LATE[] = "could not stop in good order within 15 s, so it just ends\n";
    (void)signal;
    if (write(STDERR_FILENO, TEXT_LATE, sizeof TEXT_LATE - 1) < 0)
        _exit(2);
    _exit(1);
}

bool service_stop_asked(void)
{
    return stop_asked != 0;
}

/* The partitions this process has, and who they are shown to. */
struct owner {
    const struct service *service;
    struct partition_world world;
    struct partition *partitions[PARTITIONS_MAX];
    size_t count;
    _Atomic bool joined;
    _Atomic size_t assigned, owned;
};

static bool owner_ready(void *context, struct buffer *members)
{
    struct owner *owner = context;
    size_t assigned = owner->assigned, owned = owner->owned;
    bool ready = owner->joined && owned == assigned;
    buffer_printf(members, "\"status\":\"%s\",\"partitions_assigned\":%zu,\"partitions_owned\":%zu",
                  ready ? "ok" : "starting", assigned, owned);
    return ready;
}

static bool among(const int32_t *numbers, size_t count, int32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number)
            return true;
    }
    return false;
}

/* Asks all that were taken away at once to stop, so that they do so side by side. */
static void ask_to_stop(struct owner *owner, const int32_t *numbers, size_t count)
{
    for (size_t i = 0; i < owner->count; i++) {
        if (!among(numbers, count, partition_number(owner->partitions[i])))
            partition_ask_to_stop(owner->partitions[i]);
    }
}

/* Stops what was taken away, starts what was given. */
static void follow_assignment(struct owner *owner, const int32_t *numbers, size_t count)
{
    int32_t running[PARTITIONS_MAX];
    size_t kept = 0;
    ask_to_stop(owner, numbers, count);
    for (size_t i = 0; i < owner->count; i++) {
        struct partition *partition = owner->partitions[i];
        if (!among(numbers, count, partition_number(partition))) {
            log_info("partition.released", LOG_I64("partition", partition_number(partition)));
            partition_stop(partition);
            continue;
        }
        running[kept] = partition_number(partition);
        owner->partitions[kept++] = partition;
    }
    size_t ran = kept;
    for (size_t i = 0; i < count; i++) {
        if (!among(running, ran, numbers[i]))
            owner->partitions[kept++] = partition_start(owner->service, numbers[i], &owner->world);
    }
    owner->count = kept;
    owner->assigned = kept;
}

/* Counts the owners. An error: what ended one of the partitions. */
static enum err look_after(struct owner *owner)
{
    size_t owned = 0;
    for (size_t i = 0; i < owner->count; i++) {
        enum err err = partition_failure(owner->partitions[i]);
        if (err != OK)
            return err;
        owned += partition_is_owner(owner->partitions[i]);
    }
    owner->owned = owned;
    return OK;
}

/* Asks the broker how the service's topics are set. ERR_BUSY: it does not say. */
static enum err ask_topics(const struct service *service, struct log *log, const char **ret_problem)
{
    struct log_topic topics[2];
    int32_t partitions = 0;
    enum err err = log_partition_count(log, follower_events_topic(service->id), &partitions);
    if (err == OK) {
        topics_of(service->id, partitions, topics);
        return log_check_topics(log, topics, COUNT_OF(topics), ret_problem);
    }
    *ret_problem = "no answer";
    if (err == ERR_NOT_FOUND)
        *ret_problem = "it does not exist: run `bourse init` first";
    else if (err == ERR_DENIED)
        *ret_problem =
            "the brokers' rules do not let this process see it: `bourse access` lists them";
    return err;
}

/* Waits for the broker and the topics, and asserts how they are set (R8). OK too where it was asked
 * to stop meanwhile. */
static enum err check_topics(const struct service *service, struct log *log)
{
    const char *topic = follower_events_topic(service->id);
    const char *problem = NULL;
    enum err err = ask_topics(service, log, &problem);
    if (err == ERR_BUSY)
        log_warn("topics.awaited", LOG_STR("topic", topic), LOG_STR("problem", problem));
    while (err == ERR_BUSY && !stop_asked) {
        usleep(BROKER_RETRY_US);
        err = ask_topics(service, log, &problem);
    }
    if (err == ERR_BUSY)
        return OK;
    if (err != OK)
        log_error("topics.not_right", LOG_STR("topic", topic), LOG_ERR(err),
                  LOG_STR("problem", problem));
    return err;
}

/* Runs the partitions the group gives, until asked to stop or one fails. */
static enum err own_partitions(struct owner *owner, const struct config *config)
{
    const char *commands = follower_commands_topic(owner->service->id);
    struct log_group *group = NULL;
    char name[64];
    snprintf(name, sizeof name, "bourse.%s", service_name(owner->service->id));
    enum err err = log_group_join(owner->world.log, name, commands, config->instance, &group);
    if (err != OK) {
        log_error("group.not_joined", LOG_STR("group", name), LOG_ERR(err));
        return err;
    }
    while (!stop_asked && err == OK) {
        int32_t numbers[PARTITIONS_MAX];
        size_t count = 0;
        if (log_group_assigned(group, GROUP_TIMEOUT_MS, numbers, PARTITIONS_MAX, &count)) {
            follow_assignment(owner, numbers, count);
            owner->joined = true;
        }
        err = look_after(owner);
    }
    if (err != OK)
        return err; /* R4: stop at once; nothing is released in good order any more */
    follow_assignment(owner, NULL, 0);
    log_group_leave(group);
    return OK;
}

enum err service_open_log(const struct config *config, struct log **ret_log)
{
    const char *problem = NULL;
    enum err err =
        log_open_kafka(config->kafka, config->kafka_identity, config->instance, ret_log, &problem);
    if (err != OK)
        log_error("kafka.not_opened", LOG_ERR(err), LOG_STR("problem", problem));
    return err;
}

static enum err run_writer(const struct service *service, const struct config *config)
{
    struct owner owner = {.service = service,
                          .world = {.pg = config->pg, .state_dir = config->state_dir}};
    struct status *status = NULL;
    enum err err = service_open_log(config, &owner.world.log);
    if (err != OK)
        return err;
    err = status_start(config->http_address, config->metrics_port, owner_ready, &owner, &status);
    if (err == OK)
        err = check_topics(service, owner.world.log);
    if (err == OK && !stop_asked)
        err = own_partitions(&owner, config);
    if (err != OK)
        return err; /* nothing is closed in good order: its threads are in doubt, too */
    status_stop(status);
    log_close(owner.world.log);
    return OK;
}

/* What a process does that was fenced or is in doubt (R4), and one that a dependency did not answer
 * in time: it ends, and a new one in its place comes back by replay. */
static int begin_again(char **argv, enum err err)
{
    log_warn("process.begins_again", LOG_STR("program", argv[0]), LOG_ERR(err));
    return again_later(argv, AGAIN_WAIT_US, &stop_asked);
}

static bool has_argument(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return false;
}

/* The first argument that is none of ours; NULL: all are. */
static const char *strange_argument(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--project") != 0 && strcmp(argv[i], "--deliver") != 0 &&
            strcmp(argv[i], "--check-config") != 0)
            return argv[i];
    }
    return NULL;
}

/* What sends mails or signs is in no trace. */
static void trace_service(const struct service *service, enum process process,
                          const struct config *config)
{
    static char name[64]; /* outlives the process' traces */
    if (process != PROCESS_SERVICE && process != PROCESS_PROJECTOR)
        return;
    snprintf(name, sizeof name, "bourse-%s%s", service_name(service->id),
             process == PROCESS_PROJECTOR ? "-projector" : "");
    trace_start(&(struct trace_options){.endpoint = config->otlp_endpoint,
                                        .service = name,
                                        .instance = config->instance,
                                        .version = BOURSE_VERSION});
}

static enum err run(const struct service *service, enum process process,
                    const struct config *config)
{
    if (service->deliver != NULL && (int)process == service->deliver_process)
        return service->deliver(config);
    return process == PROCESS_PROJECTOR ? run_projector(service, config)
                                        : run_writer(service, config);
}

static void stop_on_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static int check_config(struct config *config, enum process process)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    config_print(config, process, environ, &text);
    fwrite(text.data, 1, text.size, stdout);
    buffer_free(&text);
    config_free(config);
    return 0;
}

int service_main(const struct service *service, int argc, char **argv)
{
    bool delivers = service->deliver != NULL && has_argument(argc, argv, "--deliver");
    enum process process = delivers ? (enum process)service->deliver_process
                           : has_argument(argc, argv, "--project") ? PROCESS_PROJECTOR
                                                                   : PROCESS_SERVICE;
    struct config config = {0};
    struct buffer problem;
    if (strange_argument(argc, argv) != NULL) {
        fprintf(stderr, "unknown argument %s; usage: %s [--project | --deliver] [--check-config]\n",
                strange_argument(argc, argv), argv[0]);
        return 2;
    }
    buffer_init(&problem, 1 << 16);
    if (config_load(process, environ, &config, &problem) != OK || seal_init() != OK) {
        fwrite(problem.data, 1, problem.size, stderr);
        buffer_free(&problem);
        return 1;
    }
    buffer_free(&problem);
    log_init(service_name(service->id), config.instance, config.log_level, STDOUT_FILENO);
    stop_on_signals();
    if (has_argument(argc, argv, "--check-config"))
        return check_config(&config, process);
    trace_service(service, process, &config);
    enum err err = run(service, process, &config);
    if (err == ERR_FENCED || err == ERR_DOUBT || err == ERR_BUSY)
        return begin_again(argv, err);
    if (err != OK)
        _exit(1); /* threads may be at work still: no destructor is to meet them */
    trace_stop();
    config_free(&config);
    return 0;
}
