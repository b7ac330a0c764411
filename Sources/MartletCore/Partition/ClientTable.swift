/// The latest submissions of each client that numbers them, so that a repeated one is recognised: Kafka's
/// idempotent producer.
///
/// A bounded number of clients, in a list from the one idle for longest to the one used last.
struct ClientTable: Sendable {
    private struct Node: Sendable {
        var client: RememberedClient
        var earlier: Int
        var later: Int
    }

    enum Recollection {
        case new
        case repeated(RememberedSubmission)
        case forgotten
    }

    private static let none = -1

    private let capacity: Int
    private let window: Int
    private var nodes: [Node] = []
    private var places: [ClientID: Int] = [:]
    private var oldest = none
    private var newest = none

    init(_ limits: Limits) {
        capacity = max(1, limits.clients)
        window = max(1, limits.submissionsInFlight)
    }

    var count: Int { places.count }

    func recall(_ stamp: SubmissionStamp) -> Recollection {
        guard let place = places[stamp.client] else {
            // Unknown or forgotten: only the first numbers of a client can be told to be new.
            return stamp.sequence <= UInt64(window) ? .new : .forgotten
        }
        let submissions = nodes[place].client.submissions
        if let found = submissions.last(where: { $0.sequence == stamp.sequence }) { return .repeated(found) }
        guard submissions.count >= window, let first = submissions.first else { return .new }
        return stamp.sequence < first.sequence ? .forgotten : .new
    }

    mutating func remember(_ submission: RememberedSubmission, of id: ClientID, at time: Timestamp) {
        let place = placeAsNewest(id)
        nodes[place].client.lastUsed = time
        let known = nodes[place].client.submissions
        let position = (known.lastIndex { $0.sequence < submission.sequence } ?? -1) + 1
        nodes[place].client.submissions.insert(submission, at: position)
        if known.count >= window { nodes[place].client.submissions.removeFirst() }
    }

    mutating func restore(_ clients: [RememberedClient]) {
        let ordered = clients.enumerated().sorted {
            ($0.element.lastUsed, $0.offset) < ($1.element.lastUsed, $1.offset)
        }
        for (_, client) in ordered {
            let place = placeAsNewest(client.client)
            nodes[place].client = client
            nodes[place].client.submissions = Array(client.submissions.suffix(window))
        }
    }

    /// Where the client is, which is the one used last from now on.
    private mutating func placeAsNewest(_ id: ClientID) -> Int {
        if let known = places[id] {
            guard known != newest else { return known }
            unlink(known)
            link(known)
            return known
        }
        let fresh = RememberedClient(client: id, lastUsed: Timestamp(microseconds: 0), submissions: [])
        let place: Int
        if places.count >= capacity {
            place = oldest
            places[nodes[place].client.client] = nil
            unlink(place)
            nodes[place].client = fresh
        } else {
            place = nodes.count
            nodes.append(Node(client: fresh, earlier: Self.none, later: Self.none))
        }
        places[id] = place
        link(place)
        return place
    }

    private mutating func unlink(_ place: Int) {
        let (earlier, later) = (nodes[place].earlier, nodes[place].later)
        if earlier == Self.none { oldest = later } else { nodes[earlier].later = later }
        if later == Self.none { newest = earlier } else { nodes[later].earlier = earlier }
    }

    private mutating func link(_ place: Int) {
        nodes[place].earlier = newest
        nodes[place].later = Self.none
        if newest == Self.none { oldest = place } else { nodes[newest].later = place }
        newest = place
    }
}
