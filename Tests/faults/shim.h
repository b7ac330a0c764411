// Stands between the server and the C library. For the files of one folder it counts calls, fails the one that was
// chosen, slows syncs down (files.c), and writes down in order what was written (trace.c). It moves the wall's clock,
// and lets all clocks run too fast or too slow (clocks.c). The driver and all lives of the server share the control
// block.
//
// Why not libfaketime: it adds to the environment, and Swift looks for the program's arguments where that was before.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Of this library alone: the program may have such names, too.
#define OURS __attribute__((visibility("hidden")))

// The view's syncs are of a kind of their own: there are few of them among those of the log.
enum kind { READ, WRITE, SYNC, TRUNCATE, RENAME, OPEN, UNLINK, ALLOCATE, VIEW_SYNC, KINDS };

// As Tests/faults/shim.py packs it.
struct control {
    uint64_t calls[KINDS];
    uint64_t fail_at[KINDS];
    uint64_t error;
    uint64_t forever;
    uint64_t failed;
    uint64_t sync_delay_us;
    int64_t wall_shift_s;
    // What the clocks gain in a million seconds; they lose it when negative.
    int64_t drift_s;
};

extern OURS struct control *control;

// In the order of Tests/faults/disk.py.
enum record { CREATED = 1, WRITTEN, SYNCED, TRUNCATED, RENAMED, UNLINKED, SYNC_FAILED };

OURS void begin_trace(const char *path);
OURS void note(enum record record, const char *name, uint64_t offset, const void *data, uint64_t length);

#define REAL(name) ((__typeof__(&name))real(#name))
static inline void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}
