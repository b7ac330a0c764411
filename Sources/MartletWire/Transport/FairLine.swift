package import NIOCore
internal import Synchronization

/// How often a loop has been at its sockets; whoever makes the loop counts.
package final class TickCounter: Sendable {
    private let ticks = Atomic(0)

    package init() {}

    package var count: Int { ticks.load(ordering: .relaxed) }

    package func tick() { ticks.add(1, ordering: .relaxed) }
}

/// Work that waits until its loop has been at its sockets again.
///
/// A loop runs tasks until none is left, and a timer that is due counts as a task: where several put themselves off by a
/// moment each, one of them is always due, and no socket is ever looked at. So all stand here in line for one timer, which
/// does nothing before the loop has been at its sockets. What is then taken up ends after `slice`: one turn at least,
/// beside what comes each time (see `Turns`).
///
/// To be used on its loop alone.
package final class FairLine: Sendable {
    /// One connection, with all the calls on it.
    package final class Peer {
        /// Peers that have been answered come before those that only just came.
        package internal(set) var isKnown = false
        /// Whether it waits in the line of strangers.
        var isAmongStrangers = false
        var waiting = CircularBuffer<() -> Void>()

        package init() {}
    }

    private struct State {
        var turns = Turns()
        var isScheduled = false
        /// Ticks when the timer was set.
        var seen = 0
        var pause = FairLine.pause
        /// What was let in at once since the loop was last at its sockets.
        var round = 0
        var letIn = 0
    }

    /// Units of new work that are let in at once, each time the loop has been at its sockets: frames, messages.
    private static let unitsPerRound = (known: 64, stranger: 32)
    private static let slice = TimeAmount.microseconds(300)
    /// Mostly long enough that the loop finds it is not due yet; else it is doubled.
    private static let pause = TimeAmount.microseconds(5)
    private static let longestPause = TimeAmount.milliseconds(2)

    private let loop: any EventLoop
    private let ticks: TickCounter
    private let state: NIOLoopBoundBox<State>

    package init(_ loop: any EventLoop, ticks: TickCounter) {
        self.loop = loop
        self.ticks = ticks
        state = .makeBoxSendingValue(State(), eventLoop: loop)
    }

    /// Whether a peer's work may go on at once; else it should stand in line.
    package func isOpen(to peer: Peer) -> Bool {
        guard state.value.turns.isFree(for: peer) else { return false }
        let units = peer.isKnown ? Self.unitsPerRound.known : Self.unitsPerRound.stranger
        return state.value.round != ticks.count || state.value.letIn < units
    }

    /// Counts what has gone on at once.
    package func letIn(_ units: Int) {
        let now = ticks.count
        if state.value.round != now {
            state.value.round = now
            state.value.letIn = 0
        }
        state.value.letIn += units
    }

    /// It has been answered. If it waits, then from now on among the known.
    package func know(_ peer: Peer) {
        if !peer.isKnown { state.value.turns.know(peer) }
    }

    package func wait(_ peer: Peer, _ work: @escaping () -> Void) {
        state.value.turns.add(work, of: peer)
        schedule()
    }

    /// The rest of what is not one peer's.
    package func goOnLater(_ work: @escaping () -> Void) {
        state.value.turns.addBegun(work)
        schedule()
    }

    /// Does something in turn once a time is over: timers of thousands may be due at one moment.
    package func after(_ time: TimeAmount, _ work: @escaping () -> Void) -> Deadline {
        let deadline = Deadline()
        let bound = NIOLoopBound((work, deadline), eventLoop: loop)
        deadline.timer = loop.scheduleTask(in: time) {
            self.state.value.turns.addDue {
                let (work, deadline) = bound.value
                if deadline.timer != nil { work() }
            }
            self.schedule()
        }
        return deadline
    }

    /// Something that will be done unless it is cancelled, also while it stands in line.
    package final class Deadline {
        fileprivate var timer: Scheduled<Void>?

        package func cancel() {
            timer?.cancel()
            timer = nil
        }
    }

    private func schedule() {
        guard !state.value.isScheduled else { return }
        state.value.isScheduled = true
        setTimer()
    }

    private func setTimer() {
        state.value.seen = ticks.count
        loop.scheduleTask(in: state.value.pause) { self.takeUp() }
    }

    private func takeUp() {
        guard ticks.count != state.value.seen else {
            state.value.pause = min(state.value.pause + state.value.pause, Self.longestPause)
            return setTimer()
        }
        state.value.pause = Self.pause
        let end = NIODeadline.now() + Self.slice
        for work in state.value.turns.nextDue() { work() }
        while let work = state.value.turns.next() {
            work()
            guard NIODeadline.now() < end else { return setTimer() }
        }
        state.value.isScheduled = false
    }
}
