/* rights.h - who may do what with the two databases: the one table, which `bourse init`, whatever
 * makes tables, the doctor and whoever makes roles elsewhere (`bourse access database`) go by.
 *
 * Roles     each process has one, of its own name: "orders-projector". A projector writes rows of
 *           its own service, a writer its own snapshots, the gateway reads, and what forgets people
 *           clears just those columns. What is not here is not allowed.
 * Owner     of both databases and of all tables is `bourse`, who makes them, anew and beside the
 *           live ones too, and is above this table: who runs `bourse` commands connects so.
 * Rows      of bourse.positions and bourse.snapshots are kept apart by service in the database
 *           itself (projection/tables.sql); the table tells only who may do something to some.
 */
#ifndef RIGHTS_H
#define RIGHTS_H
#include "db/db.h"

enum rights_database { RIGHTS_PROJECTIONS, RIGHTS_VAULT };

struct right {
    const char *role;
    enum rights_database database;
    const char *schema;     /* as it is called where it is live; holds beside that, too */
    const char *tables;     /* one, or "*": all */
    const char *but;        /* of all: not these, with commas between; NULL: none */
    const char *privileges; /* with commas between */
    const char *columns;    /* only these, with commas between; NULL: the whole table */
};

/* All rights, of one role after the other. */
const struct right *rights_table(size_t *ret_count);

/* What the database lets somebody do otherwise than the table says. */
struct rights_difference {
    struct text who, what, on;
    bool is_extra; /* else it is missing */
};

/* Looks through the whole database. ERR_CONFIG: `db` may not. Each difference goes to `take`, whose
 * texts are valid until it returns. Roles that do not exist lack their login. */
enum err rights_compare(struct db *db, enum rights_database database,
                        void (*take)(void *context, const struct rights_difference *difference),
                        void *context) MUST_CHECK;
/* Gives what is missing to the roles that exist, and takes from them and from everybody (PUBLIC)
 * what is not in the table; other people's roles are let be. `db` is the owner. In the transaction
 * under way, or in one of its own. */
enum err rights_mend(struct db *db, enum rights_database database) MUST_CHECK;

#endif
