/* What of a doctor's rounds is about brokers, rules and certificates; and how it says what it sees.
 */
#include "auth/certificate.h"
#include "base/time.h"
#include "cli/doctor.h"
#include "eventlog/follower.h"
#include "service/topics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { COPIES_WANTED = 3, NAMES_SIZE_MAX = 1 << 16, CERTIFICATE_DAYS_MIN = 21 };

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

/* The first of the names in one list that is in the other, too. */
static bool in_both(const struct buffer *names, const struct buffer *others, struct text *ret_name)
{
    struct text rest = buffer_as_text(names);
    while (text_take(&rest, ' ', ret_name)) {
        if (ret_name->size > 0 && others->size > 0 &&
            memmem(others->data, others->size, ret_name->data - 1, ret_name->size + 2) != NULL)
            return true;
    }
    return false;
}

/* Each service alone writes its events, for whoever else can is believed by every reader. */
static void compare_rules(struct doctor *doctor, const struct buffer names[SERVICES])
{
    static const char FIX[] = "take the rule back: kafka-acls.sh --remove --topic ... "
                              "--operation Write; each service writes its own events only";
    struct text name;
    for (int i = 0; i < SERVICES; i++) {
        const char *service = service_name((enum service_id)i);
        if (names[i].size > 0 && memmem(names[i].data, names[i].size, " User:* ", 8) != NULL)
            doctor_finding(doctor, FIX, "rules: anybody may write the events of %s", service);
        for (int other = i + 1; other < SERVICES; other++) {
            if (in_both(&names[i], &names[other], &name) && !text_is(name, "User:*"))
                doctor_finding(doctor, FIX, "rules: %.*s may write the events of %s and of %s",
                               (int)name.size, name.data, service,
                               service_name((enum service_id)other));
        }
    }
}

void doctor_look_at_rules(struct doctor *doctor)
{
    struct buffer names[SERVICES];
    enum err err = OK;
    size_t size = 0;
    int before = doctor->findings;
    for (int i = 0; i < SERVICES; i++) {
        buffer_init(&names[i], NAMES_SIZE_MAX);
        if (err == OK)
            err = log_writers_allowed(doctor->log, follower_events_topic((enum service_id)i),
                                      &names[i]);
        size += names[i].size;
    }
    if (err != OK)
        doctor_finding(doctor, "let the doctor describe the cluster, or see the broker's log",
                       "rules: %s", err_text(err));
    else if (size == 0)
        doctor_note("rules: the broker has none about events: whoever it lets in may write them");
    else
        compare_rules(doctor, names);
    if (size > 0 && doctor->findings == before)
        doctor_good("rules: no two may write the events of one another");
    for (int i = 0; i < SERVICES; i++)
        buffer_free(&names[i]);
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
