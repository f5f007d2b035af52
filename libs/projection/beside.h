/* beside.h - the inside of a rebuild, shared by rebuild.c, switch.c and compare.c. */
#ifndef PROJECTION_BESIDE_H
#define PROJECTION_BESIDE_H
#include "db/db.h"
#include "projection/internal.h"
#include "projection/rebuild.h"

struct rebuild {
    struct projector_world world;
    enum service_id service;
    const struct projection *projection;
    struct rebuild_watcher watcher;
    struct db *db; /* keeps others out, and switches */
    struct projector
        *projector;          /* of the tables beside, which nobody else writes; NULL: none yet */
    enum tables_place place; /* where those stand */
    int64_t told_us;
    char problem[STORE_PROBLEM_SIZE];
};

/* How far the tables beside are to come, for each partition. */
struct goals {
    int64_t *offsets; /* for the owner to free() */
    bool of_live;     /* they are the live positions: both can be compared there */
};

/* Keeps a sentence for rebuild_problem() and returns `err`. */
enum err rebuild_fail(struct rebuild *rebuild, enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The same, of what the database said to `db`. */
enum err rebuild_fail_db(struct rebuild *rebuild, enum err err, const struct db *db,
                         const char *doing);
/* The schema, and the name of the positions, of a place. */
void rebuild_schema(const struct rebuild *rebuild, enum tables_place place,
                    char ret_name[TABLES_NAME_SIZE]);
void rebuild_positions(const struct rebuild *rebuild, enum tables_place place,
                       char ret_name[TABLES_NAME_SIZE]);
/* Connects, and sees to it that no other one of the service is at work. */
enum err rebuild_connect(struct rebuild *rebuild) MUST_CHECK;
/* A projector of the tables of `place`, in place of the one there was. */
enum err rebuild_open(struct rebuild *rebuild, enum tables_place place) MUST_CHECK;
/* Where the live tables are, as `db` sees it, as far as the log still has it; without live tables
 * where the log ends. `lock` holds the live positions until the end of the transaction. */
enum err rebuild_goals(struct rebuild *rebuild, struct db *db, bool lock,
                       struct goals *ret_goals) MUST_CHECK;
/* Reads on until the tables beside have come there; `exactly`: and no further. */
enum err rebuild_reach(struct rebuild *rebuild, const struct goals *goals, bool exactly) MUST_CHECK;

/* Holds the rows of TABLES_NEXT against those that `db` sees
 * in the live tables. Both stand at the same position. */
enum err rebuild_compare(struct rebuild *rebuild, struct db *db,
                         struct rebuild_report *report) MUST_CHECK;

#endif
