internal import MartletCore

/// What each event does to its job's record and history.
extension JobChange {
    mutating func submit(_ birth: Birth, due: Timestamp?, _ position: ViewPosition) {
        self.birth = birth
        // Room for the facts of a short life.
        history.reserveCapacity(80)
        stand(due == nil ? .queued : .scheduled, at: position.time, due: due)
        History.append(.submitted, state, at: position, due: due, to: &history)
    }

    mutating func requeue(_ position: ViewPosition) {
        stand(.queued, at: position.time)
        History.append(.queued, .queued, at: position, to: &history)
    }

    mutating func start(_ event: Event.Started, _ position: ViewPosition) {
        stand(.running, at: position.time)
        hold = PackedColumns.Hold(session: event.lease.session, timesOut: event.lease.timesOut)
        until = event.lease.until
        set(attempt: event.attempt, event.lease.token)
        columns.insert(.started)
        started = position.time
        History.append(
            .started, .running, at: position, attempt: event.attempt, session: event.lease.session, to: &history)
    }

    mutating func extend(until: Timestamp, _ position: ViewPosition) {
        columns.insert(.until)
        self.until = until
        History.append(.extended, .running, at: position, to: &history)
    }

    mutating func complete(_ event: Event.Completed, _ position: ViewPosition) {
        stand(.succeeded, at: position.time)
        set(attempt: event.attempt, event.token)
        set(nil)
        columns.insert(.result)
        result = event.result
        History.append(.completed, .succeeded, at: position, attempt: event.attempt, to: &history)
    }

    mutating func fail(_ event: Event.Failed, _ position: ViewPosition) {
        stand(event.due == nil ? .dead : .retrying, at: position.time, due: event.due)
        set(attempt: event.attempt, event.token)
        set(event.failure)
        columns.insert(.failures)
        failures = event.failures
        History.append(
            .failed, state, at: position, attempt: event.attempt, failure: event.failure, due: event.due, to: &history)
    }

    mutating func lose(_ event: Event.Lost, _ position: ViewPosition) {
        let failure =
            event.isQuarantined
            ? Failure(code: "quarantined", message: "\(event.losses) workers vanished while they ran this job")
            : Failure(code: "lost", message: "the worker of attempt \(event.attempt) vanished")
        stand(event.isQuarantined ? .dead : .queued, at: position.time)
        set(attempt: event.attempt, event.token)
        set(failure)
        columns.insert(.losses)
        losses = event.losses
        History.append(.lost, state, at: position, attempt: event.attempt, failure: failure, to: &history)
    }

    mutating func release(attempt: Int, _ token: FencingToken, _ position: ViewPosition) {
        stand(.queued, at: position.time)
        // A released attempt does not count: the next one has the same number.
        set(attempt: attempt - 1, token)
        History.append(.released, .queued, at: position, attempt: attempt, to: &history)
    }

    mutating func cancel(_ position: ViewPosition) {
        stand(.cancelled, at: position.time)
        History.append(.cancelled, .cancelled, at: position, to: &history)
    }

    mutating func redrive(_ position: ViewPosition) {
        stand(.queued, at: position.time)
        columns.formUnion([.failures, .losses])
        failures = 0
        losses = 0
        History.append(.redriven, .queued, at: position, to: &history)
    }
}
