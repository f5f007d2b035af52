/* backup.h - all that is truth of a venue in a folder, and back into an empty one.
 *
 *     orders-2.log ...            every event, as eventlog/copy.h says; `bourse audit verify` reads
 * it orders.commands-2.log ...   what is left of the commands vault.rows                  sealing
 * keys, wrapped, and sealed documents (seal/vault_rows.h) backup.json                 what the
 * others are; written last, so without it there is none
 *
 * One moment  The venue goes on meanwhile. All ends are asked for first; then what is copied of a
 *             partition is as much as it had then and, beyond, whatever another record in the copy
 *             names of it: an event its causes, a checkpoint its heads. So nothing in the backup is
 *             the effect of something that is not. That ends: what a record names was there before
 *             it. What was answered before `began_at` is in the backup.
 * Keys last   So every key that a record in it was sealed under is there, but for those of persons
 *             erased meanwhile. The other way round, a person who registered in between would be
 *             lost for good.
 * Offsets     are what positions, causes and tickets name, so they are kept: what retention has
 *             deleted of the commands is filled up with empty records, and deleted again.
 * Not in it   What is made from the log again: projections, snapshots. And what secrets are for:
 * the seal key that the vault's keys are wrapped under, keys that sign tokens and checkpoints, TLS.
 *
 * Errors      backup->problem is a sentence; see backup_fail(). None of it resets or deletes what
 * is there: what has failed half-way is wiped by whoever started it.
 */
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H
#include "base/buffer.h"
#include "base/uuid.h"
#include "decision/decision.h"
#include "eventlog/copy.h"

enum { BACKUP_FORMAT = 1, BACKUP_PARTITIONS_MAX = 1024, BACKUP_PROBLEM_SIZE = 512 };

#define BACKUP_VAULT_FILE "vault.rows"

/* A file as it was written. */
struct backup_file {
    int64_t size;
    struct hash hash; /* BLAKE2b-256 of its bytes */
};

/* A partition: its records from `start` to before `end`, and of events the head behind them. */
struct backup_log {
    struct log_copy_place place;
    int64_t start, end;
    struct hash head;
    struct backup_file file;
};

struct backup {
    const char *folder; /* the caller's */
    struct uuid incarnation;
    int64_t began_at, ended_at;
    int32_t partitions;
    struct backup_log *logs; /* audit first, events before commands: backup_find() */
    size_t logs_count;       /* 0: the log is not in it */
    bool has_vault;
    struct backup_file vault;
    int64_t vault_rows;
    struct uuid *erased; /* persons who the log says are to be forgotten: backup_check() */
    size_t erased_count;
    char problem[BACKUP_PROBLEM_SIZE];
};

/* What of it is meant. */
struct backup_parts {
    bool log, vault;
};
/* Reads the arguments of `bourse backup` and `restore`. Other than CLI_OK: said what is wrong. */
int backup_options(int argc, char **argv, struct backup_parts *ret_parts, const char **ret_folder);

/* A backup of nothing yet in `folder`, to be freed with backup_free(). */
void backup_init(struct backup *backup, const char *folder);
void backup_free(struct backup *backup);
/* Says what is wrong, and returns `err`. */
enum err backup_fail(struct backup *backup, enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Makes the places of all topics of so many partitions. */
void backup_places(struct backup *backup, int32_t partitions);
/* The partition of that place, or NULL. */
struct backup_log *backup_find(const struct backup *backup, const struct log_copy_place *place);
/* The path of a file in the folder. ERR_INPUT: it is too long. */
enum err backup_path(struct backup *backup, const char *name, size_t size,
                     char *ret_path) MUST_CHECK;
/* Reads a file to its end, and has it stored for good. */
enum err backup_measure(struct backup *backup, const char *name,
                        struct backup_file *ret_file) MUST_CHECK;

/* What backup.json says, and back. ERR_POISON: it is something else, or of a newer version. */
void backup_print(const struct backup *backup, struct buffer *text);
enum err backup_parse(struct backup *backup, struct text text) MUST_CHECK;
/* The same with the file. */
enum err backup_write(struct backup *backup) MUST_CHECK;
enum err backup_read(struct backup *backup) MUST_CHECK;

/* Copies every topic of the log into the folder. ERR_LOG: it is none to make a backup of, or the
 * broker passes over a record of it. */
enum err backup_copy_log(struct backup *backup, struct log *log) MUST_CHECK;

/* Holds the files against backup.json, sees that no record is missing in the middle of one, and
 * holds each chain of events against its head, before anything is written anywhere; and collects
 * who is erased. ERR_POISON: a file is not what it was, or of a damaged log. */
enum err backup_check(struct backup *backup) MUST_CHECK;
/* ERR_DENIED: a topic has, or had, records. Topics that do not exist are empty. */
enum err restore_is_empty(struct backup *backup, struct log *log) MUST_CHECK;
/* Appends everything to topics that are there and empty, each record at its offset: before the
 * first of a copy there are empty ones in place of what was deleted. ERR_POISON: a copy has a gap.
 */
enum err restore_write(struct backup *backup, struct log *log) MUST_CHECK;
/* Reads everything back, and compares it with the files, byte by byte. ERR_LOG: it differs. */
enum err restore_compare(struct backup *backup, struct log *log) MUST_CHECK;

#endif
