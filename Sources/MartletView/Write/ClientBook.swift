internal import MartletCore

/// The clients that number their submissions, as of the last merged event.
///
/// At most `limits.clients` are reported; a tenth more may be kept before those idle for longest are deleted, so that
/// the sorting that this takes is rare.
struct ClientBook {
    private let capacity: Int
    private let window: Int
    private var clients: [ClientID: RememberedClient] = [:]
    /// In the order of their first change; may name a client twice.
    private var changed: [ClientID] = []
    private var deleted: [ClientID] = []

    init(_ limits: Limits) {
        capacity = max(1, limits.clients)
        window = max(1, limits.submissionsInFlight)
    }

    mutating func load(_ client: RememberedClient) { clients[client.client] = client }

    mutating func remember(_ numbered: Event.Numbered, at time: Timestamp) {
        let id = numbered.stamp.client
        let submission = RememberedSubmission(
            sequence: numbered.stamp.sequence, time: time, seed: numbered.seed, count: numbered.count)
        var client = clients[id] ?? RememberedClient(client: id, lastUsed: time, submissions: [])
        client.lastUsed = time
        let place = (client.submissions.lastIndex { $0.sequence < submission.sequence } ?? -1) + 1
        client.submissions.insert(submission, at: place)
        if client.submissions.count > window { client.submissions.removeFirst() }
        clients[id] = client
        if changed.last != id { changed.append(id) }
        if clients.count > capacity + max(1, capacity / 10) { forgetIdle() }
    }

    /// What has to be written: each client once, and those to delete.
    func changes() -> (written: [RememberedClient], deleted: [ClientID]) {
        var seen: Set<ClientID> = []
        let written = changed.filter { seen.insert($0).inserted }.compactMap { clients[$0] }
        return (written, deleted.filter { clients[$0] == nil })
    }

    mutating func settle() {
        changed = []
        deleted = []
    }

    private mutating func forgetIdle() {
        let ordered = clients.values.sorted(by: RememberedClient.isUsedBefore)
        for client in ordered.dropLast(capacity) {
            clients[client.client] = nil
            deleted.append(client.client)
        }
    }
}

extension RememberedClient {
    /// Oldest use first; of one time, by identifier, so that the order is the same on every node.
    static func isUsedBefore(_ left: RememberedClient, _ right: RememberedClient) -> Bool {
        (left.lastUsed, left.client.high, left.client.low) < (right.lastUsed, right.client.high, right.client.low)
    }
}
