/* bourse doctor: what is wrong with a venue's ground, and what to do about it. It changes nothing.
 */
#include "cli/doctor.h"
#include "db/db.h"
#include "eventlog/follower.h"
#include "projection/position.h"
#include "projection/tables.h"
#include "service/clock.h"
#include "service/topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENT_TIMEOUT_MS = 10000, READ_MS = 10000, LAG_MAX = 10000, SIGNED_WITHIN_MIN = 5 };

/* --- topics and logs --- */

/* False: nothing more can be said of the log. */
static bool look_at_topics(struct doctor *doctor)
{
    struct log_topic topics[TOPICS];
    const char *problem = NULL;
    int32_t partitions = 0;
    enum err err =
        log_partition_count(doctor->log, follower_events_topic(SERVICE_ACCOUNTS), &partitions);
    if (err != OK) {
        doctor_finding(
            doctor,
            err == ERR_NOT_FOUND ? "bourse init makes the topics"
                                 : "start the broker, or set BOURSE_KAFKA to where it is",
            "topics: %s", err == ERR_NOT_FOUND ? "there are none" : "the broker does not answer");
        return false;
    }
    topics_all(partitions, topics);
    for (int i = 0; i < SERVICES; i++)
        doctor->found.place.partition_counts[i] = i == SERVICE_AUDIT ? 1 : partitions;
    err = log_check_topics(doctor->log, topics, TOPICS, &problem);
    if (err == OK)
        doctor_good("topics: %d, of %d partitions, with the settings that they need", TOPICS,
                    partitions);
    else
        doctor_finding(
            doctor,
            err == ERR_NOT_FOUND
                ? "bourse init makes the topics that are missing"
                : "set it with kafka-configs.sh --alter --add-config; no service starts before",
            "topics: %s", problem == NULL ? err_text(err) : problem);
    return err == OK;
}

static void look_at_logs(struct doctor *doctor)
{
    int missing = 0;
    if (init_find_log(doctor->log, &doctor->found) != CLI_OK) {
        doctor_finding(doctor,
                       "restore the event topics from a backup: nothing else has what is lost",
                       "logs: they do not begin as one log of Bourse does, as was just said");
        return;
    }
    for (int service = 0; service < SERVICES; service++) {
        for (int32_t p = 0; p < doctor->found.place.partition_counts[service]; p++)
            missing += !doctor->found.created[service][p];
    }
    if (missing == 0)
        doctor_good("logs: every partition begins with LogCreated of the same log");
    else
        doctor_finding(doctor, "bourse init begins them", "logs: %d partitions are empty", missing);
}

/* --- one record --- */

/* Reads the record at an offset. */
static enum err read_record(struct doctor *doctor, enum service_id service, int32_t partition,
                            int64_t offset, struct log_reader *reader,
                            struct log_record *ret_record)
{
    const char *problem = NULL;
    enum err err =
        log_reader_assign(reader, follower_events_topic(service), partition, offset, &problem);
    (void)doctor;
    return err == OK ? log_reader_poll(reader, READ_MS, ret_record, &problem) : err;
}

/* Whether this version knows what the log's newest records are. */
static void look_at_newest(struct doctor *doctor, enum service_id service, int32_t partition)
{
    int64_t start = 0, end = 0;
    struct log_record record;
    struct log_reader *reader = log_reader_open(doctor->log, LOG_PROMPT);
    enum err err = log_ends(doctor->log, follower_events_topic(service), partition, &start, &end);
    if (err == OK && end > start)
        err = read_record(doctor, service, partition, end - 1, reader, &record);
    if (err == OK && end > start && record.value.size >= WIRE_FRAME_SIZE) {
        const uint8_t *frame = record.value.data;
        uint32_t id = (uint32_t)frame[1] << 24 | (uint32_t)frame[2] << 16 |
                      (uint32_t)frame[3] << 8 | frame[4];
        if (frame[0] != 0 || wire_version_of_id((int32_t)id) == NULL)
            doctor_finding(
                doctor, "run the version that wrote it, or a newer one",
                "schemas: the last record of %s/%d has the schema id %u, which is not known here",
                service_name(service), partition, id);
    } else if (err != OK) {
        doctor_finding(doctor, "see the broker's log", "%s/%d: the last record cannot be read: %s",
                       service_name(service), partition, err_text(err));
    }
    log_reader_close(reader);
}

/* --- projections --- */

/* Whether the record before a position is the one that was projected (R5). */
static bool is_same_record(struct doctor *doctor, enum service_id service,
                           const struct store_position *position)
{
    struct log_record record;
    struct log_reader *reader = log_reader_open(doctor->log, LOG_PROMPT);
    enum err err = read_record(doctor, service, position->partition, position->next_offset - 1,
                               reader, &record);
    bool same = err != OK; /* then that is what is wrong, and is said elsewhere */
    if (err == OK) {
        struct hash hash = fold_record_hash(record.key, record.value);
        same = memcmp(&hash, &position->record_hash, sizeof hash) == 0;
    }
    log_reader_close(reader);
    return same;
}

static void look_at_position(struct doctor *doctor, enum service_id service,
                             const struct store_position *position)
{
    const char *name = service_name(service);
    int64_t start = 0, end = 0;
    char rebuild[64];
    snprintf(rebuild, sizeof rebuild, "bourse projection rebuild %s", name);
    if (log_ends(doctor->log, follower_events_topic(service), position->partition, &start, &end) !=
        OK)
        return;
    if (position->next_offset > end)
        doctor_finding(
            doctor, "the topic was cut, made anew or restored: restore the log first, then rebuild",
            "projection %s/%d: it has read up to %" PRId64 ", and the log ends at %" PRId64, name,
            position->partition, position->next_offset, end);
    else if (position->next_offset > 0 && !is_same_record(doctor, service, position))
        doctor_finding(doctor, rebuild,
                       "projection %s/%d: another record stands before offset %" PRId64
                       " than it has read there",
                       name, position->partition, position->next_offset);
    else if (end - position->next_offset > LAG_MAX)
        doctor_finding(doctor, "see that its projector runs, and its log",
                       "projection %s/%d: it is %" PRId64 " records behind", name,
                       position->partition, end - position->next_offset);
}

static void look_at_projection(struct doctor *doctor, enum service_id service)
{
    struct store_position *positions = NULL;
    char schema_hash[STORE_HASH_SIZE], rebuild[64];
    size_t count = 0;
    int before = doctor->findings;
    const char *name = service_name(service);
    snprintf(rebuild, sizeof rebuild, "bourse projection rebuild %s", name);
    store_hash_schema(CLI_PROJECTIONS[service]->schema_sql, schema_hash);
    if (position_load(doctor->db, name, false, &positions, &count) != OK)
        doctor_finding(doctor, "see the database's log", "projection %s: %s", name,
                       db_error_text(doctor->db));
    else if (count != (size_t)doctor->found.place.partition_counts[service])
        doctor_finding(doctor, "bourse init makes the tables",
                       "projection %s: it has positions of %zu partitions, not of %d", name, count,
                       doctor->found.place.partition_counts[service]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(positions[i].schema_hash, schema_hash) != 0) {
            doctor_finding(doctor, rebuild, "projection %s: its tables are of another version",
                           name);
            break;
        }
    }
    for (size_t i = 0; i < count; i++)
        look_at_position(doctor, service, &positions[i]);
    free(positions);
    if (doctor->findings == before)
        doctor_good("projection %s: it stands where the log does", name);
}

/* --- the databases --- */

static void look_at_clock(struct doctor *doctor)
{
    AUTO_DB_RESULT found = {NULL};
    int64_t before_us = cli_now_us();
    if (db_query(doctor->db, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
                 DB_NO_PARAMS, &found) != OK)
        return;
    int64_t apart_us = clock_apart_us(before_us, db_get_int(&found, 0, 0), cli_now_us());
    if (clock_is_wrong(apart_us))
        doctor_finding(doctor, "set both by NTP: no service decides anything before",
                       "clock: this machine's and the database's are %" PRId64 " ms apart",
                       apart_us / 1000);
    else
        doctor_good("clock: as the database's");
}

/* Tickets that nobody has signed for minutes mean that nobody signs. */
static void look_at_signer(struct doctor *doctor)
{
    static const char LATE[] =
        "SELECT count(*) FROM audit.ticket_logs WHERE issued_at < now() - make_interval(mins => "
        "$1::int) AND seq >= coalesce((SELECT max(tree_size) FROM audit.checkpoints), 0)";
    AUTO_DB_RESULT found = {NULL};
    if (db_query(doctor->db, LATE, DB_PARAMS(db_int(SIGNED_WITHIN_MIN)), &found) != OK)
        doctor_finding(doctor, "bourse projection rebuild audit", "checkpoints: %s",
                       db_error_text(doctor->db));
    else if (db_get_int(&found, 0, 0) > 0)
        doctor_finding(doctor, "see that bourse-audit --deliver runs, and its log",
                       "checkpoints: %" PRId64 " tickets older than %d minutes are not signed",
                       db_get_int(&found, 0, 0), SIGNED_WITHIN_MIN);
    else
        doctor_good("checkpoints: every ticket older than %d minutes is signed", SIGNED_WITHIN_MIN);
}

static void look_at_database(struct doctor *doctor)
{
    bool have = false;
    doctor->db = db_new(doctor->config.pg, STATEMENT_TIMEOUT_MS);
    enum err err = db_connect(doctor->db);
    if (err == OK)
        err = tables_have_schema(doctor->db, "bourse", &have);
    if (err != OK)
        doctor_finding(doctor, "start the database, or set BOURSE_PG to where it is",
                       "database of the projections: %s", db_error_text(doctor->db));
    else if (!have)
        doctor_finding(doctor, "bourse init makes the tables",
                       "database of the projections: there is nothing in it");
    if (err != OK || !have)
        return;
    look_at_clock(doctor);
    for (int i = 0; i < SERVICES; i++)
        look_at_projection(doctor, (enum service_id)i);
    doctor_look_at_rights(doctor, doctor->db, RIGHTS_PROJECTIONS);
    look_at_signer(doctor);
}

static void look_at_vault_rights(struct doctor *doctor)
{
    struct db *db = db_new(doctor->config.vault_pg, STATEMENT_TIMEOUT_MS);
    if (db_connect(db) == OK)
        doctor_look_at_rights(doctor, db, RIGHTS_VAULT);
    db_free(db);
}

static void look_at_vault(struct doctor *doctor)
{
    struct vault *vault = NULL;
    struct seal_key hash_key;
    if (doctor->config.vault_pg == NULL || doctor->config.seal_key == NULL) {
        doctor_good("vault: not looked at, for BOURSE_VAULT_PG or BOURSE_SEAL_KEY_FILE is not set");
        return;
    }
    if (!cli_open_vault(&doctor->config, &vault)) {
        doctor_finding(doctor, "name the file that the venue was begun with",
                       "vault: it has no seal key");
        return;
    }
    enum err err = vault_secret(vault, VAULT_HASH_SECRET, false, &hash_key);
    if (err == OK)
        doctor_good("vault: the seal key opens it");
    else if (err == ERR_BUSY || err == ERR_TIMEOUT)
        doctor_finding(doctor, "start it, or set BOURSE_VAULT_PG to where it is",
                       "vault: the database does not answer");
    else
        doctor_finding(
            doctor,
            err == ERR_NOT_FOUND
                ? "restore the vault from a backup: without its keys nobody's data can be read"
                : "set BOURSE_SEAL_KEY_FILE to the key that the vault was written with",
            "vault: %s", err == ERR_NOT_FOUND ? "there is nothing in it" : err_text(err));
    if (err == OK)
        look_at_vault_rights(doctor);
    seal_wipe(&hash_key, sizeof hash_key);
    vault_free(vault);
}

/* --- all --- */

static void look_at_log(struct doctor *doctor)
{
    doctor_look_at_copies(doctor);
    doctor_look_at_rules(doctor);
    look_at_logs(doctor);
    int before = doctor->findings;
    for (int service = 0; service < SERVICES; service++) {
        for (int32_t p = 0; p < doctor->found.place.partition_counts[service]; p++)
            look_at_newest(doctor, (enum service_id)service, p);
    }
    if (doctor->findings == before)
        doctor_good("schemas: the newest record of each partition is known here");
    look_at_database(doctor);
}

static void look_at_all(struct doctor *doctor)
{
    if (look_at_topics(doctor))
        look_at_log(doctor);
    look_at_vault(doctor);
    doctor_look_at_certificate(doctor);
}

int cli_doctor(int argc, char **argv)
{
    static struct doctor doctor;
    if (argc != 1)
        return cli_usage("doctor takes no argument, but got '%s'", argv[1]);
    if (!cli_config(PROCESS_CLI, &doctor.config))
        return CLI_FAILED; /* what is wrong with the settings has been said, with what to do */
    if (cli_open_log(&doctor.config, &doctor.log))
        look_at_all(&doctor);
    else
        doctor.findings++;
    db_free(doctor.db);
    log_close(doctor.log);
    config_free(&doctor.config);
    if (doctor.findings == 0)
        return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
    return cli_fail("%d finding%s", doctor.findings, doctor.findings == 1 ? "" : "s");
}
