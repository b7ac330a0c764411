// Tells Thread Sanitizer of the slow path of Swift's `Mutex`.
//
// On Linux `Synchronization.Mutex` is a futex with priority inheritance (SE-0433). Its fast path is compiled into whoever
// calls it, and Thread Sanitizer sees it. Its slow path is in libswiftSynchronization.so, which is not instrumented: the
// kernel hands the lock over, and what the last holder wrote looks like a race with the next one. This library stands
// before that one (LD_PRELOAD), does the same, and says what happened: nothing is suppressed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// The sanitizer's own, in the program.
void __tsan_acquire(void *address);
void __tsan_release(void *address);

// As `_MutexHandle._lockSlow(_:)` and `_MutexHandle._unlockSlow()` are called: `self` goes in Swift's own register.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*lock_function)(uint32_t thread, SELF void *mutex);
typedef SWIFT void (*unlock_function)(SELF void *mutex);

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    static lock_function next;
    if (!next) next = (lock_function)dlsym(RTLD_NEXT, LOCK);
    next(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF void *mutex) {
    static unlock_function next;
    if (!next) next = (unlock_function)dlsym(RTLD_NEXT, UNLOCK);
    __tsan_release(mutex);
    next(mutex);
}
