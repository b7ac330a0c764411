internal import MartletNode
internal import MartletWire

/// Puts what waits for a worker into as few messages as makes sense.
enum ServerMessages {
    static let attemptsPerMessage = 1000
    static let bytesPerMessage = 1 << 20
    /// What an attempt takes on the wire beside its payload, roughly and generously.
    static let bytesPerAttempt = 512

    /// Attempts and settlements each become one message where they can, the settlements first: they free the worker's
    /// hands. Neither passes a revocation or a goodbye, in either direction.
    static func merge(_ letters: [SessionMessage]) -> [ServerLetter] {
        var batch = Batch()
        for letter in letters {
            switch letter {
            case .attempts(let deliveries):
                for delivery in deliveries { batch.add(delivery) }
            case .settled(let number, let refused):
                batch.settle(number, refused)
            case .revoked(let attempts):
                batch.flush()
                var message = Martlet_V1_ServerMessage()
                message.revoked.attempts = attempts.map { Martlet_V1_Held($0) }
                batch.messages.append(.general(message))
            case .goodbye:
                batch.flush()
                var message = Martlet_V1_ServerMessage()
                message.goodbye = Martlet_V1_Goodbye()
                batch.messages.append(.general(message))
            case .ended:
                // Said by the stream's end.
                break
            }
        }
        batch.flush()
        return batch.messages
    }

    private struct Batch {
        var messages: [ServerLetter] = []
        private var attempts: [Delivery] = []
        private var bytes = 0
        private var settled: Martlet_V1_Settled?
        private var full: [ServerLetter] = []

        mutating func add(_ delivery: Delivery) {
            let size = delivery.payload.count + ServerMessages.bytesPerAttempt
            let isFull =
                attempts.count >= ServerMessages.attemptsPerMessage
                || bytes + size > ServerMessages.bytesPerMessage
            if isFull, !attempts.isEmpty { closeAttempts() }
            attempts.append(delivery)
            bytes += size
        }

        mutating func settle(_ number: UInt64, _ refused: [RefusedOutcome]) {
            var settled = self.settled ?? Martlet_V1_Settled()
            settled.number = max(settled.number, number)
            settled.refused.append(contentsOf: refused.map { Martlet_V1_RefusedOutcome($0) })
            self.settled = settled
        }

        mutating func flush() {
            if let settled {
                var message = Martlet_V1_ServerMessage()
                message.settled = settled
                messages.append(.general(message))
            }
            settled = nil
            if !attempts.isEmpty { closeAttempts() }
            messages.append(contentsOf: full)
            full = []
        }

        private mutating func closeAttempts() {
            full.append(.attempts(attempts))
            attempts = []
            bytes = 0
        }
    }
}
