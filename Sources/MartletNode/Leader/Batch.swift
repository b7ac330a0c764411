import MartletCore

/// What gathers while an entry is being written: events, already applied, and what follows once they are durable.
struct Batch {
    /// The time of all its events; set by the first command.
    var time: Timestamp?
    var events: [Event] = []
    var effects: [Effect] = []
    /// About how many bytes the entry will have.
    var bytes = 0

    /// About what the event of a submitted job has beside its payload.
    static let bytesBesidePayload = 200

    var isEmpty: Bool { events.isEmpty && effects.isEmpty }
}

/// What happens once a batch is durable, or known not to be.
enum Effect {
    /// An answer to a caller: nil for success.
    case answer(@Sendable (NodeError?) -> Void)
    case deliver([Delivery], to: SessionConnection)
    case settle(UInt64, refused: [RefusedOutcome], to: SessionConnection)
    case revoke([AttemptID], from: SessionConnection)
}
