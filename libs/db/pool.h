/* pool.h - a fixed number of connections that many threads take turns with.
 *
 * Thread   every function may run on any thread; a connection belongs to who took it.
 */
#ifndef DB_POOL_H
#define DB_POOL_H
#include "db/db.h"

struct db_pool;

enum { DB_POOL_SIZE_MAX = 256, DB_POOL_ERROR_SIZE = 512 };

/* `size` connections (1..DB_POOL_SIZE_MAX), each connected when it is first taken; the caller owns
 * the pool. The other arguments as in db_new(). */
struct db_pool *db_pool_new(const char *conninfo, int32_t statement_timeout_ms,
                            size_t size) MUST_CHECK;
/* Frees the pool. CHECKs that every connection has been given back. NULL does nothing. */
void db_pool_free(struct db_pool *pool);

/* A live connection, connected again where it was lost. `deadline_ns` is of CLOCK_MONOTONIC.
 * ERR_TIMEOUT: all were taken until then; otherwise an error of db_connect(). */
enum err db_pool_take(struct db_pool *pool, int64_t deadline_ns, struct db **ret_db) MUST_CHECK;
/* Gives a connection back; an open transaction is rolled back. NULL does nothing. */
void db_pool_give(struct db_pool *pool, struct db *db);
/* How many that were given back are late (db.h). Of a server that still answers others, these are
 * commits that wait. */
size_t db_pool_late(struct db_pool *pool);
/* What the last failed db_pool_take() failed with, zero-terminated: for the log only. */
void db_pool_error(struct db_pool *pool, char ret_text[DB_POOL_ERROR_SIZE]);

#endif
