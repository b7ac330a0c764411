#pragma once

// What the C library has and Swift's module of it leaves out: GNU's own functions, declared as their manual pages do.

#include <spawn.h>
#include <sys/stat.h>
#include <sys/types.h>

// pidfd_open(2): a descriptor that can be read once the process has ended.
int pidfd_open(pid_t pid, unsigned int flags);

// pipe2(2): both ends closed in every program that is started, without a moment in which they are not.
int pipe2(int ends[2], int flags);

// eventfd(2).
int eventfd(unsigned int count, int flags);

// posix_spawn_file_actions_addclosefrom_np(3): no descriptor from this one on reaches the child.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// Whether an open file is the one that the path names now.
static inline int martlet_is_same_file(int descriptor, const char *path) {
    struct stat mine, there;
    return fstat(descriptor, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
}

// When what a path names last changed, in microseconds since 1970; -1 if that cannot be told. (Swift's `stat` belongs to
// whichever module was imported first.)
static inline long long martlet_changed_at(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return -1;
    return (long long)status.st_mtim.tv_sec * 1000000 + status.st_mtim.tv_nsec / 1000;
}

#include <malloc.h>

// Swift's Glibc module leaves malloc.h out. Fewer arenas hold less that is free; during a burst it stays, since fetching
// it anew for each batch costs more than the batch.
static inline void martlet_tune_memory(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
}

// After a burst: what is free goes back to the system, also from between what is in use.
static inline void martlet_return_memory(void) { malloc_trim(0); }
