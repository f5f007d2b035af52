/* init.h - the steps of `bourse init`. Each says on stderr what is wrong and returns CLI_FAILED, or
 * CLI_OK. Each changes nothing that exists and may be run again.
 */
#ifndef CLI_INIT_H
#define CLI_INIT_H
#include "cli/cli.h"
#include "db/db.h"
#include "decision/decision.h"

enum { INIT_WAIT_US = 60000000, INIT_RETRY_US = 500000, INIT_PARTITIONS_MAX = 1024 };

/* What the first records of the event partitions say. */
struct init_log {
    bool exists; /* some partition has one */
    struct uuid incarnation;
    int64_t created_at;
    bool created[SERVICES][INIT_PARTITIONS_MAX];
    struct place place; /* partition counts */
};

/* Two at once would each make a log of its own: connects `db`, the projections', and waits until
 * no other makes one. */
int init_lock_out_others(struct db *db);
/* Creates the topics that are missing, once the broker answers, and checks all (R8). */
int init_topics(struct log *log, const struct config *config, struct init_log *ret_found);
/* Makes the broker's rules of who may do what (service/access.h), where it is told apart by
 * certificates who is who. */
int init_access(struct log *log, const struct config *config);
/* Reads the first record of every event partition that has any. Other than LogCreated of one and
 * the same log: refused. */
int init_find_log(struct log *log, struct init_log *found);
/* Makes the tables of all projections, with nothing in them, and the rights of services in both
 * databases (rights/rights.h): their roles make none. */
int init_tables(const struct config *config, const struct init_log *found);
/* Appends LogCreated to each event partition that is empty. */
int init_create_log(struct log *log, struct init_log *found);
/* Brings the vault's schema up, and makes the key of the keyed hashes if the log is new: one that
 * an existing log was written with cannot be made again. */
int init_vault(struct vault *vault, bool log_exists, struct seal_key *ret_hash_key);
/* Sends the registration of the first admin, unless the log has it or it is under way. */
int init_admin(struct log *log, struct vault *vault, const struct config *config,
               const struct seal_key *hash_key, const struct init_log *found);

#endif
