import Logging
import MartletCore
import MartletLog
import MartletView
import NIOCore

extension Leader {
    func wakeWriter() {
        guard !isWriterAwake else { return }
        isWriterAwake = true
        callWriter.yield()
    }

    /// Writes batch after batch; rests when there is nothing to write.
    func writeEntries() async throws {
        for await _ in writerCalls {
            while prepareBatch() {
                try await writeBatch()
            }
            isWriterAwake = false
            armTimer()
        }
    }

    /// Lets what is due happen and hands out what is ready, so that both are part of this batch.
    ///
    /// - Returns: false when there is nothing to write.
    private func prepareBatch() -> Bool {
        // What was decided and not written is gone, though it is applied: nothing may follow from it.
        if case .stopped = phase { return false }
        tick()
        dispatch()
        return !batch.isEmpty
    }

    private func writeBatch() async throws {
        let sealed = batch
        batch = Batch()
        guard !sealed.events.isEmpty else { return act(on: sealed.effects, failure: nil) }

        let entry = seal(sealed)
        let began = clock.now
        do {
            try await waitForView()
            try await append(entry)
        } catch {
            // Whoever hears that it failed must find the leader stopped, and why, even if they cancel it at once.
            failure = error
            stop(because: "\(error)")
            act(on: sealed.effects, failure: .unavailable(reason: "\(error)"))
            throw error
        }
        head = LogHead(entry)
        lastCommit = clock.now
        metrics.entries += 1
        metrics.entryBytes += UInt64(entry.body.count)
        metrics.commitLatency.record(clock.now - began)
        noticeSlowness(clock.now - began, since: began)
        countForHouse(entry.body.count)
        view.project(sealed.events, at: ViewPosition(head))
        act(on: sealed.effects, failure: nil)
        follow(sealed.events)
    }

    private func seal(_ batch: Batch) -> Entry {
        let header = EntryHeader(
            partition: 0, position: head.position + 1, epoch: partition.epoch, nonce: random.next(),
            previous: head.hash,
            time: (batch.time ?? clock.now).microseconds)
        return Entry(header: header, body: EntryCodec.encode(batch.events, sizeHint: batch.bytes + 128))
    }

    /// Appends the entry, whatever it takes to know how that ended.
    private func append(_ entry: Entry) async throws {
        var outcome = await log.append(entry)
        while true {
            switch outcome {
            case .committed:
                return
            case .fenced(let winner):
                throw LeadershipLost.fenced(position: entry.header.position, by: winner.epoch)
            case .full:
                try await makeRoom()
                outcome = await log.append(entry)
            case .unknown(let cause):
                logger.warning("an append's outcome is unknown, reading it back", metadata: ["error": "\(cause)"])
                outcome = try await resolve(entry, cause)
            }
        }
    }

    /// Reads the position back: our nonce is there, another's is there, or nothing is and the same entry is sent again.
    private func resolve(_ entry: Entry, _ cause: LogError) async throws -> AppendOutcome {
        if case .stopped = cause { throw cause }
        let found = try await log.read(from: entry.header.position, bytes: 1).first
        guard let found else { return await log.append(entry) }
        guard found.header.nonce == entry.header.nonce, found.hash == entry.hash else {
            return .fenced(by: LogHead(found))
        }
        return .committed
    }

    /// Acts on a durable batch, or tells those who wait that it is not.
    private func act(on effects: [Effect], failure: NodeError?) {
        for effect in effects {
            switch effect {
            case .answer(let answer):
                answer(failure)
            case .deliver(let deliveries, let connection):
                guard failure == nil else { continue }
                sessions.sink(of: connection)?(.attempts(deliveries))
            case .settle(let number, let refused, let connection):
                guard failure == nil else { continue }
                sessions.sink(of: connection)?(.settled(through: number, refused: refused))
            case .revoke(let attempts, let connection):
                guard failure == nil else { continue }
                sessions.sink(of: connection)?(.revoked(attempts))
            }
        }
    }

    /// What durable facts mean for those who wait, and for the figures.
    private func follow(_ events: [Event]) {
        for event in events {
            metrics.count(event)
            if waiters.count > 0, let job = event.finishedJob {
                for wake in waiters.take(job) { wake(true) }
            }
        }
    }

    /// The end of this leadership: everyone who waits hears it.
    func stop(because reason: String) {
        if case .stopped = phase { return }
        phase = .stopped(reason: reason)
        let unwritten = batch.effects
        batch = Batch()
        act(on: unwritten, failure: .unavailable(reason: reason))
        for wake in waiters.takeAll() { wake(false) }
        for answer in leases.takeAll() { answer(.failure(.unavailable(reason: reason))) }
        for status in sessions.statuses { sessions[status.session]?.sink?(.goodbye) }
        // Lets go of the connections: they may hold the node.
        sessions = SessionTable()
        timer?.cancel()
        callWriter.finish()
        requestPage.finish()
        callHouse.finish()
    }
}

/// Why a leader leads no longer.
enum LeadershipLost: Error, CustomStringConvertible {
    case fenced(position: UInt64, by: UInt64)

    var description: String {
        switch self {
        case .fenced(let position, let epoch):
            "fenced: position \(position) holds another leader's entry, of epoch \(epoch)"
        }
    }
}

extension LogHead {
    init(_ entry: Entry) {
        self.init(
            position: entry.header.position, hash: entry.hash, epoch: entry.header.epoch, time: entry.header.time)
    }
}

extension ViewPosition {
    init(_ head: LogHead) {
        self.init(
            position: head.position, hash: head.hash.bytes, time: Timestamp(microseconds: head.time),
            epoch: head.epoch)
    }
}

extension Event {
    /// The job that this fact brings to a final state.
    var finishedJob: JobID? {
        switch self {
        case .completed(let completed): completed.job.id
        case .failed(let failed): failed.due == nil ? failed.job.id : nil
        case .lost(let lost): lost.isQuarantined ? lost.job.id : nil
        case .cancelled(let job, _): job.id
        default: nil
        }
    }
}
