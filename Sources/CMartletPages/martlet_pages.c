#include "martlet_pages.h"

#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

// A file of the system's VFS, which follows in memory, and what is known of its pages.
typedef struct {
    sqlite3_file base;
    int has_checksums;
} Pages;

static sqlite3_file *below(sqlite3_file *file) { return (sqlite3_file *)((Pages *)file + 1); }

// Four lanes, as the processor can work on four at once. Each step can be undone, for its word as for its lane, so that
// a change within one word always shows; any other goes unseen once in 2^64.
static const uint64_t prime = 0x9E3779B97F4A7C15u;

static inline uint64_t mixed(uint64_t lane, const unsigned char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t product = (lane ^ word) * prime;
    return product << 29 | product >> 35;
}

static uint64_t checksum(const unsigned char *page, int size, sqlite3_int64 number) {
    uint64_t lanes[4] = {(uint64_t)number + 1, 2, 3, 4};
    int at = 0;
    for (; at + 32 <= size; at += 32)
        for (int lane = 0; lane < 4; lane++) lanes[lane] = mixed(lanes[lane], page + at + 8 * lane);
    for (int lane = 0; at < size; at += 8, lane++) lanes[lane] = mixed(lanes[lane], page + at);
    uint64_t sum = 0;
    for (int lane = 0; lane < 4; lane++) {
        sum = (sum ^ lanes[lane]) * prime;
        sum ^= sum >> 32;
    }
    return sum;
}

// Pages are read and written whole, and nothing else is that large.
static int is_page(int size, sqlite3_int64 offset) { return size >= 512 && !(size & (size - 1)) && offset % size == 0; }

// The header at the file's begin tells how much of each page is reserved.
static void look(Pages *pages, const unsigned char *bytes, int size, sqlite3_int64 offset) {
    if (offset || size < 100 || memcmp(bytes, "SQLite format 3", 16)) return;
    pages->has_checksums = bytes[20] == martlet_pages_reserve;
}

static int damaged(sqlite3_int64 page) {
    sqlite3_log(SQLITE_IOERR_DATA, "page %lld is not as it was written", page);
    return SQLITE_IOERR_DATA;
}

static int pages_read(sqlite3_file *file, void *into, int size, sqlite3_int64 offset) {
    Pages *pages = (Pages *)file;
    int code = below(file)->pMethods->xRead(below(file), into, size, offset);
    // What is missing of a page that was cut off SQLite takes for zeros. Pages that are new it never reads.
    if (code == SQLITE_IOERR_SHORT_READ && pages->has_checksums && is_page(size, offset))
        return damaged(offset / size + 1);
    if (code != SQLITE_OK) return code;
    look(pages, into, size, offset);
    if (!pages->has_checksums || !is_page(size, offset)) return SQLITE_OK;
    uint64_t found;
    int end = size - martlet_pages_reserve;
    memcpy(&found, (unsigned char *)into + end, sizeof found);
    return found == checksum(into, end, offset / size) ? SQLITE_OK : damaged(offset / size + 1);
}

static int pages_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 offset) {
    Pages *pages = (Pages *)file;
    look(pages, from, size, offset);
    if (pages->has_checksums && is_page(size, offset)) {
        // In place: what is reserved at a page's end is nobody else's.
        int end = size - martlet_pages_reserve;
        uint64_t sum = checksum(from, end, offset / size);
        memcpy((unsigned char *)from + end, &sum, sizeof sum);
    }
    return below(file)->pMethods->xWrite(below(file), from, size, offset);
}

// Everything else is the system's.
static int pages_close(sqlite3_file *file) {
    int code = below(file)->pMethods->xClose(below(file));
    file->pMethods = NULL;
    return code;
}
#define PASS(name, method, parameters, ...) \
    static int pages_##name parameters { return below(file)->pMethods->method(below(file), ##__VA_ARGS__); }
PASS(truncate, xTruncate, (sqlite3_file *file, sqlite3_int64 size), size)
PASS(sync, xSync, (sqlite3_file *file, int flags), flags)
PASS(size, xFileSize, (sqlite3_file *file, sqlite3_int64 *size), size)
PASS(lock, xLock, (sqlite3_file *file, int level), level)
PASS(unlock, xUnlock, (sqlite3_file *file, int level), level)
PASS(is_reserved, xCheckReservedLock, (sqlite3_file *file, int *answer), answer)
PASS(control, xFileControl, (sqlite3_file *file, int what, void *argument), what, argument)
PASS(sector, xSectorSize, (sqlite3_file *file))
PASS(device, xDeviceCharacteristics, (sqlite3_file *file))
PASS(shm_map, xShmMap, (sqlite3_file *file, int n, int size, int extend, void volatile **at), n, size, extend, at)
PASS(shm_lock, xShmLock, (sqlite3_file *file, int offset, int n, int flags), offset, n, flags)
PASS(shm_unmap, xShmUnmap, (sqlite3_file *file, int is_deleting), is_deleting)
static void pages_shm_barrier(sqlite3_file *file) { below(file)->pMethods->xShmBarrier(below(file)); }

// Version 2: a file that were mapped into memory would be read past its checksums.
static const sqlite3_io_methods methods = {
    2, pages_close, pages_read, pages_write, pages_truncate, pages_sync, pages_size, pages_lock, pages_unlock,
    pages_is_reserved, pages_control, pages_sector, pages_device, pages_shm_map, pages_shm_lock, pages_shm_barrier,
    pages_shm_unmap, NULL, NULL,
};

static int pages_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *opened) {
    sqlite3_vfs *system = vfs->pAppData;
    if (!(flags & SQLITE_OPEN_MAIN_DB)) return system->xOpen(system, path, file, flags, opened);
    memset(file, 0, sizeof(Pages));
    int code = system->xOpen(system, path, below(file), flags, opened);
    // SQLite closes what has methods, also after a failure.
    if (below(file)->pMethods) file->pMethods = &methods;
    return code;
}

const char *martlet_pages_vfs(void) {
    static sqlite3_vfs vfs;
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (!system) return NULL;
    // The system's own functions, called with the system's own VFS where they look at it: only opening does.
    vfs = *system;
    vfs.zName = "martlet-pages";
    vfs.szOsFile = (int)sizeof(Pages) + system->szOsFile;
    vfs.pAppData = system;
    vfs.xOpen = pages_open;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? vfs.zName : NULL;
}
