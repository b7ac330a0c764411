// The files of one folder: see shim.h.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define DESCRIPTORS 4096
#define NAME 64
static struct control none;
struct control *control = &none;
static char folder[4096];
static size_t folder_length;
// By descriptor: the name in the folder, empty for every other file.
static char names[DESCRIPTORS][NAME];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS_CONTROL"), *where = getenv("FAULTS_FOLDER"), *to = getenv("FAULTS_TRACE");
    // For this process alone: what it runs is not of interest.
    unsetenv("LD_PRELOAD");
    if (!path || !where) return;
    int descriptor = REAL(open)(path, O_RDWR | O_CLOEXEC);
    void *block = mmap(0, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (descriptor < 0 || block == MAP_FAILED) abort();
    REAL(close)(descriptor);
    control = block;
    strncpy(folder, where, sizeof folder - 1);
    folder_length = strlen(folder);
    if (to) begin_trace(to);
}

// The name in the folder; "." for the folder itself, NULL for what is elsewhere.
static const char *named(const char *path) {
    if (!folder_length || strncmp(path, folder, folder_length)) return NULL;
    if (!path[folder_length] || !strcmp(path + folder_length, "/")) return ".";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *held(int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS || !names[descriptor][0]) return NULL;
    return names[descriptor];
}

// Counts a call; true when it is to fail.
static int fails(enum kind kind) {
    uint64_t number = __atomic_add_fetch(&control->calls[kind], 1, __ATOMIC_SEQ_CST);
    uint64_t at = control->fail_at[kind];
    if (!at || number < at || (number > at && !control->forever)) return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    errno = (int)control->error;
    return 1;
}

static int open_it(int (*call)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    const char *name = named(path);
    if (!name) return call(path, flags, mode);
    if (fails(OPEN)) return -1;
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && access(path, F_OK);
    int descriptor = call(path, flags, mode);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) strncpy(names[descriptor], name, NAME - 1);
    if (descriptor >= 0 && is_new) note(CREATED, name, 0, NULL, 0);
    if (descriptor >= 0 && !is_new && (flags & O_TRUNC)) note(TRUNCATED, name, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return descriptor;
}

#define OPENS(function)                                                     \
    int function(const char *path, int flags, ...) {                        \
        va_list more;                                                       \
        va_start(more, flags);                                              \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;           \
        va_end(more);                                                       \
        return open_it((int (*)(const char *, int, ...))real(#function), path, flags, mode); \
    }
OPENS(open)
OPENS(open64)

int close(int descriptor) {
    if (held(descriptor)) {
        pthread_mutex_lock(&lock);
        names[descriptor][0] = 0;
        pthread_mutex_unlock(&lock);
    }
    return REAL(close)(descriptor);
}

static ssize_t write_at(int descriptor, const void *data, size_t size, off_t offset) {
    const char *name = held(descriptor);
    if (!name) return REAL(pwrite)(descriptor, data, size, offset);
    int is_failing = fails(WRITE), error = errno;
    // A disk that fails has often written a part; a full one here has not.
    size_t taken = !is_failing ? size : error == EIO ? size / 2 : 0;
    pthread_mutex_lock(&lock);
    ssize_t written = taken || !is_failing ? REAL(pwrite)(descriptor, data, taken, offset) : 0;
    if (written > 0) note(WRITTEN, name, (uint64_t)offset, data, (uint64_t)written);
    pthread_mutex_unlock(&lock);
    if (!is_failing) return written;
    errno = error;
    return -1;
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    return write_at(descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off_t offset) {
    return write_at(descriptor, data, size, offset);
}

ssize_t write(int descriptor, const void *data, size_t size) {
    if (!held(descriptor)) return REAL(write)(descriptor, data, size);
    off_t offset = lseek(descriptor, 0, SEEK_CUR);
    ssize_t written = write_at(descriptor, data, size, offset);
    if (written > 0) lseek(descriptor, offset + written, SEEK_SET);
    return written;
}

ssize_t read(int descriptor, void *data, size_t size) {
    if (held(descriptor) && fails(READ)) return -1;
    return REAL(read)(descriptor, data, size);
}

ssize_t pread(int descriptor, void *data, size_t size, off_t offset) {
    if (held(descriptor) && fails(READ)) return -1;
    return REAL(pread)(descriptor, data, size, offset);
}

ssize_t pread64(int descriptor, void *data, size_t size, off_t offset) {
    if (held(descriptor) && fails(READ)) return -1;
    return REAL(pread)(descriptor, data, size, offset);
}

static int sync_it(int (*call)(int), int descriptor) {
    const char *name = held(descriptor);
    if (!name) return call(descriptor);
    // Before the lock: a slow sync holds up nobody but who asked for it.
    if (control->sync_delay_us) usleep((useconds_t)control->sync_delay_us);
    pthread_mutex_lock(&lock);
    int result = fails(strncmp(name, "view.", 5) ? SYNC : VIEW_SYNC) ? -1 : call(descriptor);
    note(result == 0 ? SYNCED : SYNC_FAILED, name, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int descriptor) { return sync_it(REAL(fsync), descriptor); }
int fdatasync(int descriptor) { return sync_it(REAL(fdatasync), descriptor); }

static int truncate_it(int descriptor, off_t size) {
    const char *name = held(descriptor);
    if (!name) return REAL(ftruncate)(descriptor, size);
    if (fails(TRUNCATE)) return -1;
    pthread_mutex_lock(&lock);
    int result = REAL(ftruncate)(descriptor, size);
    if (result == 0) note(TRUNCATED, name, (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int descriptor, off_t size) { return truncate_it(descriptor, size); }
int ftruncate64(int descriptor, off_t size) { return truncate_it(descriptor, size); }

int rename(const char *from, const char *to) {
    const char *name = named(from), *other = named(to);
    if (!name || !other) return REAL(rename)(from, to);
    if (fails(RENAME)) return -1;
    pthread_mutex_lock(&lock);
    int result = REAL(rename)(from, to);
    if (result == 0) note(RENAMED, name, 0, other, strlen(other));
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) {
    const char *name = named(path);
    if (!name) return REAL(unlink)(path);
    if (fails(UNLINK)) return -1;
    pthread_mutex_lock(&lock);
    int result = REAL(unlink)(path);
    if (result == 0) note(UNLINKED, name, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int posix_fallocate(int descriptor, off_t offset, off_t size) {
    if (held(descriptor) && fails(ALLOCATE)) return (int)control->error;
    return REAL(posix_fallocate)(descriptor, offset, size);
}
