#pragma once

// The name of a SQLite VFS, registered by the first call, under which each page of a database file ends with a
// checksum. NULL when SQLite refuses it.
//
// SQLite itself notices a page that is not what it should be only when its structure does not hold: a flipped bit in a
// value is read as another value. Here a page that is not as it was written fails to be read, with SQLITE_IOERR_DATA.
//
// A file takes part when it was made with `martlet_pages_reserve` bytes reserved at each page's end; others are read
// and written as ever. The write-ahead log has checksums of SQLite's own.
const char *martlet_pages_vfs(void);

// The bytes that a checksum takes.
enum { martlet_pages_reserve = 8 };
