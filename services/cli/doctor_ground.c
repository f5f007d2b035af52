/* What of a doctor's rounds is about brokers, rules and certificates; and how it says what it sees.
 */
#include "auth/certificate.h"
#include "base/time.h"
#include "cli/doctor.h"
#include "service/access.h"
#include "service/topics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { COPIES_WANTED = 3, NAMES_SIZE_MAX = 1 << 16, NAME_SIZE = 512, CERTIFICATE_DAYS_MIN = 21 };

/* --- saying --- */

static void say(const char *kind, const char *format, va_list arguments)
{
    fputs(kind, stdout);
    vprintf(format, arguments);
    putchar('\n');
}

void doctor_good(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("ok    ", format, arguments);
    va_end(arguments);
}

void doctor_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("note  ", format, arguments);
    va_end(arguments);
}

void doctor_finding(struct doctor *doctor, const char *fix, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("WRONG ", format, arguments);
    va_end(arguments);
    printf("      -> %s\n", fix);
    doctor->findings++;
}

/* --- copies --- */

static void look_at_topic(struct doctor *doctor, const char *topic, struct log_copies *worst)
{
    struct log_copies found;
    enum err err = log_copies(doctor->log, topic, &found);
    if (err != OK)
        doctor_finding(doctor, "see the brokers' logs", "copies of %s: %s", topic, err_text(err));
    else if (found.in_step == 0)
        doctor_finding(doctor, "start the broker that holds it: no other has all of it",
                       "copies: a partition of %s has no leader", topic);
    else if (found.in_step < found.copies)
        doctor_finding(doctor, "start the broker that is behind, or see its log and its disk",
                       "copies: of a partition of %s %d of %d are in step", topic, found.in_step,
                       found.copies);
    else if (found.copies < COPIES_WANTED && found.brokers >= COPIES_WANTED)
        doctor_finding(doctor,
                       "kafka-reassign-partitions.sh adds brokers; then set min.insync.replicas=2",
                       "copies: %s is held by %d of %d brokers, and lost with %s", topic,
                       found.copies, found.brokers, found.copies == 1 ? "it" : "them");
    if (err == OK && (worst->copies == 0 || found.copies < worst->copies))
        *worst = found;
}

void doctor_look_at_copies(struct doctor *doctor)
{
    struct log_topic topics[TOPICS];
    struct log_copies worst = {.copies = 0};
    int before = doctor->findings;
    topics_all(1, topics);
    for (size_t i = 0; i < TOPICS; i++)
        look_at_topic(doctor, topics[i].name, &worst);
    if (doctor->findings == before)
        doctor_good("copies: %d of each partition, all in step, on %d broker%s", worst.copies,
                    worst.brokers, worst.brokers == 1 ? "" : "s");
}

/* --- rules --- */

/* Who may write to each topic, and whether any of them is of our table (service/access.h): where
 * brokers know us by other names, only what is wrong by any name can be told. */
struct writers {
    struct log_topic topics[TOPICS];
    struct buffer names[TOPICS];
    bool known;
};

static bool lists(const struct buffer *names, const char *name)
{
    char whole[NAME_SIZE];
    int size = snprintf(whole, sizeof whole, " %s ", name);
    return names->size > 0 && memmem(names->data, names->size, whole, (size_t)size) != NULL;
}

/* The next of the names. False: there is none. */
static bool next_name(struct text *rest, struct text *ret_name)
{
    while (text_take(rest, ' ', ret_name)) {
        if (ret_name->size > 0)
            return true;
    }
    return false;
}

/* "User:orders", or "User:CN=orders" of a broker that does not map names, as the table has it. */
static struct text principal_of(struct text name)
{
    size_t skipped = text_starts(name, "User:CN=") ? sizeof "User:CN=" - 1
                     : text_starts(name, "User:")  ? sizeof "User:" - 1
                                                   : 0;
    return (struct text){.data = name.data + skipped, .size = name.size - skipped};
}

/* Whether one of the names is that of a principal. */
static bool lists_principal(const struct buffer *names, const char *principal)
{
    struct text rest = buffer_as_text(names), name;
    while (next_name(&rest, &name)) {
        if (text_is(principal_of(name), principal))
            return true;
    }
    return false;
}

static enum err ask_writers(struct doctor *doctor, struct writers *writers)
{
    enum err err = OK;
    topics_all(1, writers->topics);
    for (size_t i = 0; i < TOPICS; i++) {
        struct text name;
        buffer_init(&writers->names[i], NAMES_SIZE_MAX);
        if (err == OK)
            err = log_writers_allowed(doctor->log, writers->topics[i].name, &writers->names[i]);
        struct text rest = buffer_as_text(&writers->names[i]);
        while (next_name(&rest, &name))
            writers->known = writers->known || access_knows(principal_of(name));
    }
    return err;
}

/* Whether somebody may write to another topic of events, too, and which one. */
static bool writes_events_besides(const struct writers *writers, size_t topic, const char *name,
                                  const char **ret_other)
{
    for (size_t i = topic + 1; i < TOPICS; i++) {
        *ret_other = writers->topics[i].name;
        if (writers->topics[i].forever && lists(&writers->names[i], name))
            return true;
    }
    return false;
}

/* Each service alone writes its events, for whoever else can is believed by every reader. */
static void look_at_writer(struct doctor *doctor, const struct writers *writers, size_t topic,
                           struct text who)
{
    static const char FIX[] = "take the rule back: kafka-acls.sh --remove --topic ... --operation "
                              "Write; `bourse access` lists those that there have to be";
    const struct log_topic *to = &writers->topics[topic];
    struct text principal = principal_of(who);
    char name[NAME_SIZE];
    const char *other;
    snprintf(name, sizeof name, "%.*s", (int)who.size, who.data);
    if (strcmp(name, "User:*") == 0)
        doctor_finding(doctor, FIX, "rules: anybody may write to %s", to->name);
    else if (access_knows(principal) && !access_may_write(principal, to->name))
        doctor_finding(doctor, FIX, "rules: %s may write to %s", name, to->name);
    else if (!access_knows(principal) && to->forever &&
             writes_events_besides(writers, topic, name, &other))
        doctor_finding(doctor, FIX, "rules: %s may write to %s and to %s", name, to->name, other);
}

static void look_for_missing(struct doctor *doctor, const struct writers *writers)
{
    struct log_rule rules[ACCESS_RULES_MAX];
    size_t count = access_rules(rules);
    for (size_t i = 0; i < count; i++) {
        for (size_t topic = 0; topic < TOPICS; topic++) {
            if (rules[i].right == LOG_MAY_WRITE &&
                strcmp(rules[i].name, writers->topics[topic].name) == 0 &&
                !lists_principal(&writers->names[topic], rules[i].principal))
                doctor_finding(doctor,
                               "bourse init makes the rules that are missing, or see "
                               "`bourse access`",
                               "rules: %s may not write to %s, and has to", rules[i].principal,
                               rules[i].name);
        }
    }
}

static void look_at_writers(struct doctor *doctor, const struct writers *writers)
{
    int before = doctor->findings;
    for (size_t i = 0; i < TOPICS; i++) {
        struct text rest = buffer_as_text(&writers->names[i]), name;
        while (next_name(&rest, &name))
            look_at_writer(doctor, writers, i, name);
    }
    if (writers->known)
        look_for_missing(doctor, writers);
    if (doctor->findings == before)
        doctor_good(writers->known ? "rules: each topic is written by whom it is to be written by"
                                   : "rules: no two may write the events of one another");
}

void doctor_look_at_rules(struct doctor *doctor)
{
    struct writers writers = {.known = false};
    size_t size = 0;
    enum err err = ask_writers(doctor, &writers);
    for (size_t i = 0; i < TOPICS; i++)
        size += writers.names[i].size;
    if (err != OK)
        doctor_finding(doctor, "let the doctor describe the cluster, or see the broker's log",
                       "rules: %s", err_text(err));
    else if (size == 0)
        doctor_note("rules: the broker has none: whoever it lets in may write to any topic");
    else
        look_at_writers(doctor, &writers);
    for (size_t i = 0; i < TOPICS; i++)
        buffer_free(&writers.names[i]);
}

/* --- certificates --- */

void doctor_look_at_certificate(struct doctor *doctor)
{
    struct config config;
    int64_t end_us = 0;
    if (!cli_config(PROCESS_DOCTOR, &config)) {
        doctor_finding(doctor, "mend the setting", "certificate: it cannot be read");
        return;
    }
    if (config.tls_cert == NULL) {
        doctor_note("certificate: not looked at, for BOURSE_TLS_CERT_FILE is not set");
    } else if (certificate_end(text_of(config.tls_cert), &end_us) != OK) {
        doctor_finding(doctor, "name a PEM file", "certificate: BOURSE_TLS_CERT_FILE has none");
    } else {
        char end[TIME_TEXT_SIZE];
        int64_t days = (end_us - cli_now_us()) / DAY_US;
        time_print(end_us, end);
        if (days < CERTIFICATE_DAYS_MIN)
            doctor_finding(doctor,
                           "put a new one with its key where the files are: gateways read them "
                           "again by themselves",
                           "certificate: it ends on %.10s, %s", end,
                           end_us < cli_now_us() ? "which has passed" : "which is soon");
        else
            doctor_good("certificate: it is good until %.10s", end);
    }
    config_free(&config);
}
