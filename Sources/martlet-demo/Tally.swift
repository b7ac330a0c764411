import Martlet
import Synchronization

/// What the client has seen so far.
final class Tally: Sendable {
    struct Sums: Sendable {
        /// Path by job, of every acknowledged submission.
        var paths: [String: String] = [:]
        var ended: [String: JobSnapshot] = [:]
        /// Milliseconds from submission to end, in the order of the ends.
        var latencies: [Double] = []
        var duplicates = 0

        var outstanding: Int { paths.count - ended.count }

        func latency(quantile: Double) -> Double? {
            guard !latencies.isEmpty else { return nil }
            let sorted = latencies.sorted()
            return sorted[min(Int(Double(sorted.count) * quantile), sorted.count - 1)]
        }
    }

    private struct State {
        var sums = Sums()
        var waiting: [(ended: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var sums: Sums { state.withLock { $0.sums } }
    var endedCount: Int { state.withLock { $0.sums.ended.count } }

    func submitted(_ handles: [JobHandle], _ paths: ArraySlice<String>) {
        state.withLock { state in
            for (handle, path) in zip(handles, paths) {
                if state.sums.paths.updateValue(path, forKey: handle.id) != nil { state.sums.duplicates += 1 }
            }
        }
    }

    func ended(_ job: JobSnapshot, milliseconds: Double) {
        let reached = state.withLock { state in
            if state.sums.ended.updateValue(job, forKey: job.id) != nil { state.sums.duplicates += 1 }
            state.sums.latencies.append(milliseconds)
            let count = state.sums.ended.count
            defer { state.waiting.removeAll { $0.ended <= count } }
            return state.waiting.filter { $0.ended <= count }
        }
        for waiter in reached { waiter.continuation.resume() }
    }

    /// Returns once so many jobs have ended. The drive's time limit is what ends a wait that is in vain.
    func reaches(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.sums.ended.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }

    /// Lets whoever waits go on: nothing more will end.
    func giveUp() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume() }
    }
}
