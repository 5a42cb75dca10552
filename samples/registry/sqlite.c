// SPDX-License-Identifier: MIT
/* Entries in SQLite's registries, which dlpin knows: an extension for all connections, and a file
 * system. */
#include "plugin.h"

#include <sqlite3.h>
#include <stddef.h>

static int extend(sqlite3 *database, char **error, const void *functions)
{
    (void)database;
    (void)error;
    (void)functions;
    return SQLITE_OK;
}

static int extend_more(sqlite3 *database, char **error, const void *functions)
{
    return extend(database, error, functions);
}

static sqlite3_vfs file_system;

ENTRY(extend_all)
{
    return sqlite3_auto_extension((void (*)(void))extend) == SQLITE_OK ? 0 : -1;
}

/* SQLite keeps what it removed behind the last entry. */
ENTRY(cancel)
{
    return sqlite3_cancel_auto_extension((void (*)(void))extend) == 1 ? 0 : -1;
}

ENTRY(extend_twice_cancel_once)
{
    int error = extend_all();

    error |= sqlite3_auto_extension((void (*)(void))extend_more) == SQLITE_OK ? 0 : -1;
    return error | cancel();
}

ENTRY(add_file_system)
{
    file_system = *sqlite3_vfs_find(NULL);
    file_system.zName = "plug-in";
    return sqlite3_vfs_register(&file_system, 0) == SQLITE_OK ? 0 : -1;
}

ENTRY(remove_file_system)
{
    return sqlite3_vfs_unregister(&file_system) == SQLITE_OK ? 0 : -1;
}
