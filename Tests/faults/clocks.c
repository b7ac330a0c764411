// The clocks: see shim.h.
#include "shim.h"
#include <sys/time.h>
#include <time.h>

// When this process began, by the wall's clock and by the monotonic one.
static struct timespec started[2];

__attribute__((constructor)) static void begin(void) {
    REAL(clock_gettime)(CLOCK_REALTIME, &started[0]);
    REAL(clock_gettime)(CLOCK_MONOTONIC, &started[1]);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = REAL(clock_gettime)(clock, now);
    int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    int is_monotonic = clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW;
    if (result || !(is_wall || is_monotonic)) return result;
    struct timespec *since = &started[is_monotonic];
    int64_t elapsed = (now->tv_sec - since->tv_sec) * 1000000000 + now->tv_nsec - since->tv_nsec;
    // To the nanosecond: in coarser steps a slow clock would fall back at each of them.
    int64_t nanoseconds = now->tv_nsec + (int64_t)((__int128)elapsed * control->drift_s / 1000000);
    now->tv_sec += (is_wall ? control->wall_shift_s : 0) + nanoseconds / 1000000000;
    now->tv_nsec = nanoseconds % 1000000000;
    if (now->tv_nsec < 0) now->tv_nsec += 1000000000, now->tv_sec--;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise)) return -1;
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *now) {
    struct timespec precise;
    if (clock_gettime(CLOCK_REALTIME, &precise)) return -1;
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}
