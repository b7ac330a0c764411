// What was written to the files, in order: see shim.h.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

// As Tests/faults/disk.py reads it.
struct header {
    uint32_t record, name_length;
    uint64_t offset, length;
};

static int trace = -1;

void begin_trace(const char *path) {
    trace = REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

void note(enum record record, const char *name, uint64_t offset, const void *data, uint64_t length) {
    if (trace < 0) return;
    int before = errno;
    struct header header = {record, (uint32_t)strlen(name), offset, length};
    struct iovec parts[] = {
        {&header, sizeof header}, {(void *)name, header.name_length}, {(void *)data, data ? length : 0}};
    if (writev(trace, parts, 3) < 0) abort();
    errno = before;
}
