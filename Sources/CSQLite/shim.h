#include <sqlite3.h>

// sqlite3_config is variadic, which Swift cannot call. Counting every allocation takes a process-wide lock; nobody
// reads the counts. Has no effect once SQLite is in use.
static inline int martlet_sqlite_without_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

// sqlite3_db_config takes variable arguments, which Swift cannot pass.
static inline int martlet_keep_wal_on_close(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}
