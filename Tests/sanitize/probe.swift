import Dispatch
import Synchronization

/// What a sanitizer must say nothing about, and with an argument what it must find: a race, or a use after the end.
@main
enum Probe {
    // The race is what is wanted.
    nonisolated(unsafe) static var bare = 0
    nonisolated(unsafe) static var guarded = 0
    static let lock = Mutex(())

    static func main() {
        let fault = CommandLine.arguments.dropFirst().first
        if fault == "memory" { return readFreed() }
        // Long enough for the lock to be waited for.
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<20_000 {
                lock.withLock { _ in guarded += 1 }
                if fault == "race" { bare += 1 }
            }
        }
        print(guarded)
    }

    private static func readFreed() {
        let place = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        place.initialize(to: 1)
        place.deallocate()
        print(place.pointee)
    }
}
