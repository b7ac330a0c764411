import Logging
import MartletCore
import MartletLog
import MartletView
import MartletWire
import NIOCore

extension Leader {
    /// How old the last append may be before health asks for another.
    private static let freshness = Duration.seconds(5)
    private static let patience = Duration.seconds(2)

    /// Whether the node can take work: a recent append succeeded. A probe on an idle node appends an empty entry.
    func health() async -> NodeHealth {
        do throws(NodeError) {
            try requireLeading()
        } catch .unavailable(let reason) {
            return NodeHealth(isReady: false, reason: reason)
        } catch {
            return NodeHealth(isReady: false, reason: "\(error)")
        }
        if isDiskFull { return NodeHealth(isReady: false, reason: "the disk is full: submissions are refused") }
        if let lastCommit, clock.now - lastCommit < Self.freshness {
            return NodeHealth(isReady: true, reason: "leading")
        }
        let before = head.position
        proveWithBarrier()
        let signal = Signal()
        let timeout = executor.loop.scheduleTask(in: TimeAmount(Self.patience)) { signal.send() }
        batch.effects.append(.answer { _ in signal.send() })
        wakeWriter()
        await signal.wait()
        timeout.cancel()
        guard head.position > before else {
            return NodeHealth(isReady: false, reason: "the log has not answered for \(Self.patience)")
        }
        return NodeHealth(isReady: true, reason: "leading")
    }

    /// An entry that changes nothing: its being durable is the proof.
    func proveWithBarrier() {
        guard batch.events.isEmpty else { return }
        do {
            _ = try decide(.lead(epoch: partition.epoch))
        } catch {
            logger.error("a barrier was refused", metadata: ["refusal": "\(error)"])
        }
    }

    var waiterCount: Int { waiters.count + leases.count }

    var currentMetrics: NodeMetrics {
        var now = metrics
        now.sessions = sessions.count
        now.hotJobs = partition.hotJobCount
        now.hotBytes = partition.hotByteCount
        now.viewBacklog = view.backlog
        now.position = head.position
        now.epoch = partition.epoch
        return now
    }

    /// Takes nothing new; returns once everything in flight has been answered and the view is written.
    func beginDrain() async throws {
        guard phase == .leading else { return }
        phase = .draining
        for status in sessions.statuses { sessions[status.session]?.sink?(.goodbye) }
        for answer in leases.takeAll() { answer(.failure(.unavailable(reason: "the node is going down"))) }
        for wake in waiters.takeAll() { wake(false) }
        try await committed()
        try await view.flush()
    }
}
