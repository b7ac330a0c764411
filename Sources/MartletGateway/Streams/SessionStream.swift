internal import GRPCCore
internal import MartletCore
internal import MartletNode
internal import MartletWire
internal import SwiftProtobuf
internal import Synchronization

/// One worker's `Session`: reports go up to the node, attempts come down, both in batches.
///
/// However the stream ends, the node is told once, and the session's grace begins. What the worker sends that makes no
/// sense (no `Open` first, a second one, an outcome without a job) ends the stream with the field at fault.
struct SessionStream: Sendable {
    let node: Node
    let configuration: GatewayConfiguration.GRPC

    /// What may wait for a worker that reads slowly, beside the attempts of its own concurrency.
    private static let lettersBesideAttempts = 4096

    /// Returns when the worker has closed its side; `departure` returns when the server goes down.
    func run(
        messages: RPCAsyncSequence<WorkerLetter, any Error>,
        responses: RPCWriter<ServerLetter>, until departure: @escaping @Sendable () async -> Void
    ) async throws {
        let capacity = node.configuration.concurrency + Self.lettersBesideAttempts
        let stage = Stage(letters: Mailbox(capacity: capacity))
        // Whoever says true says that the session is over.
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                defer { stage.letters.close() }
                try await read(messages, on: stage, openedWith: responses)
                return false
            }
            group.addTask {
                await stage.opened.wait()
                while let letters = try await stage.letters.take() {
                    try await write(ServerMessages.merge(letters), to: responses)
                }
                return true
            }
            group.addTask {
                try await Task.sleep(for: configuration.openTimeout)
                guard stage.connection.withLock({ $0 }) == nil else { return false }
                throw Problem(.timeout, "open: must come within \(configuration.openTimeout)", field: "open")
            }
            group.addTask {
                await departure()
                try await sayGoodbye(on: stage)
                return true
            }
            while let isOver = try await group.next() {
                guard isOver else { continue }
                group.cancelAll()
                // What is cut ends with an error or without: neither is news.
                while await group.nextResult() != nil {}
            }
        }
    }

    /// One by one: what is written together waits as one piece until its end is taken, be it ever so much. Only what was
    /// settled, which is little, goes with the attempts behind it, as it mostly does.
    private func write(_ letters: [ServerLetter], to responses: RPCWriter<ServerLetter>) async throws {
        if letters.count == 2, case .general = letters[0] { return try await responses.write(contentsOf: letters) }
        for letter in letters { try await responses.write(letter) }
    }

    private func read(
        _ messages: RPCAsyncSequence<WorkerLetter, any Error>, on stage: Stage,
        openedWith responses: RPCWriter<ServerLetter>
    ) async throws {
        var iterator = messages.makeAsyncIterator()
        defer { stage.opened.happen() }
        guard let first = try await iterator.next() else { return }
        guard case .general(let message) = first, case .open(let open) = message.message else {
            throw Problem.invalid("open", "must be the first message of a session")
        }
        let opening = try SessionOpening(wire: open)
        let connection = try await asking { () async throws(NodeError) in
            do throws(NodeError) {
                return try await node.open(opening) { letter in
                    // Its worker opens the next stream, which it would not while this one stays open.
                    if case .ended = letter { stage.letters.close() } else { stage.letters.send(letter) }
                }
            } catch .invalid(let field, let message) {
                throw .invalid(field: "open.\(field)", message: message)
            }
        }
        stage.connection.withLock { $0 = connection }
        do {
            try await responses.write(.general(Martlet_V1_ServerMessage(opened: connection, by: node.configuration)))
            stage.opened.happen()
            while let letter = try await iterator.next() { try await handle(letter, from: connection) }
        } catch {
            await node.disconnect(connection)
            throw error
        }
        await node.disconnect(connection)
    }

    private func handle(_ letter: WorkerLetter, from connection: SessionConnection) async throws {
        switch letter {
        case .completed(let number, let outcomes): await node.report(number, outcomes, from: connection)
        case .general(let message): try await handle(message, from: connection)
        }
    }

    private func handle(_ message: Martlet_V1_WorkerMessage, from connection: SessionConnection) async throws {
        switch message.message {
        case .report(let report):
            var outcomes: [AttemptOutcome] = []
            outcomes.reserveCapacity(report.outcomes.count)
            for (index, outcome) in report.outcomes.enumerated() {
                outcomes.append(try AttemptOutcome(wire: outcome, place: "report.outcomes[\(index)]."))
            }
            await node.report(report.number, outcomes, from: connection)
        case .drain:
            await node.drain(connection)
        case .open:
            throw Problem.invalid("open", "must be the first message of a session, and only that")
        case .heartbeat, nil:
            // Nil is a message of a later version: it still says that the worker lives.
            await node.heartbeat(connection)
        }
    }

    /// The server is going: the worker may report what it has, for a while.
    private func sayGoodbye(on stage: Stage) async throws {
        guard let connection = stage.connection.withLock({ $0 }), !Task.isCancelled else { return }
        await node.drain(connection)
        stage.letters.send(.goodbye)
        try await Task.sleep(for: configuration.goodbyeGrace)
    }
}

extension SessionStream {
    /// What the tasks of one session share.
    private final class Stage: Sendable {
        let letters: Mailbox<SessionMessage>
        /// The worker has been told that it is open, or never will be.
        let opened = Departure()
        let connection = Mutex<SessionConnection?>(nil)

        init(letters: Mailbox<SessionMessage>) { self.letters = letters }
    }
}

extension Martlet_V1_ServerMessage {
    fileprivate init(opened connection: SessionConnection, by configuration: NodeConfiguration) {
        self.init()
        opened.sessionID = connection.session.description
        opened.heartbeatInterval = Google_Protobuf_Duration(wire: configuration.heartbeatInterval)
        opened.grace = Google_Protobuf_Duration(wire: configuration.sessionGrace)
    }
}
