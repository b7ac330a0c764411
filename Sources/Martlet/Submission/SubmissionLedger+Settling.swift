// What comes of it.
extension SubmissionLedger {
    /// The server accepted the request of this sequence.
    mutating func accepted(_ sequence: UInt64, ids: [String]) -> [Settlement] {
        guard let request = remove(sequence) else { return [] }
        guard ids.count == request.jobs else {
            let error = MartletError(
                .internalError, "the server answered \(request.jobs) jobs with \(ids.count) ids")
            return settle(request.parcels, error)
        }
        var first = 0
        return request.parcels.map { parcel in
            defer { first += parcel.specs.count }
            withdrawn.remove(parcel.ticket)
            let own = Array(ids[first..<first + parcel.specs.count])
            return Settlement(ticket: parcel.ticket, outcome: .success(own))
        }
    }

    /// The server refused the request of this sequence.
    mutating func refused(_ sequence: UInt64, _ error: MartletError, at now: Instant) -> [Settlement] {
        guard let index = requests.firstIndex(where: { $0.sequence == sequence }) else { return [] }
        switch error.code {
        case .resourceExhausted, .unavailable:
            return postpone(index, error, at: now)
        case .outcomeUnknown:
            return forgotten(requests.remove(at: index), error)
        default:
            let request = requests.remove(at: index)
            guard request.parcels.count > 1 else { return settle(request.parcels, error) }
            alone += request.parcels
            return []
        }
    }

    private mutating func postpone(_ index: Int, _ error: MartletError, at now: Instant) -> [Settlement] {
        let parcels = requests[index].parcels
        if parcels.allSatisfy({ withdrawn.contains($0.ticket) }) {
            // Not accepted, and nobody waits for it any more.
            requests.remove(at: index)
            return settle(parcels, error)
        }
        requests[index].isWritten = false
        requests[index].refusal = error
        // A server whose log fails says `unavailable` of what may be durable nonetheless. One that is full did nothing.
        if error.code != .resourceExhausted { requests[index].isInDoubt = true }
        let resume = now + (error.retryAfter ?? Backoff.initial)
        pausedUntil = max(pausedUntil ?? resume, resume)
        return []
    }

    /// The server no longer knows this client. A request that is not in doubt was refused with that very answer, so it
    /// may go again under another name; any other may have been accepted before.
    private mutating func forgotten(_ request: Request, _ error: MartletError) -> [Settlement] {
        needsFreshID = true
        guard request.isInDoubt else {
            gathered.insert(contentsOf: request.parcels, at: 0)
            return []
        }
        return settle(request.parcels, error)
    }
}

extension SubmissionLedger {
    /// Gives up what waited for longer than its caller wanted. `last` is the last trouble of the connection.
    mutating func expire(at now: Instant, last: MartletError?) -> [Settlement] {
        var settled: [Settlement] = []
        let unsent = last ?? MartletError(.unavailable, "the jobs could not be sent in time")
        for parcel in gathered + alone where parcel.deadline <= now && !withdrawn.contains(parcel.ticket) {
            withdrawn.insert(parcel.ticket)
            settled.append(Settlement(ticket: parcel.ticket, outcome: .failure(unsent)))
        }
        if !withdrawn.isEmpty {
            gathered.removeAll { withdrawn.remove($0.ticket) != nil }
            alone.removeAll { withdrawn.remove($0.ticket) != nil }
        }
        for request in requests {
            let error = request.certainRefusal ?? Self.unanswered(cause: request.refusal ?? last)
            for parcel in request.parcels where parcel.deadline <= now && !withdrawn.contains(parcel.ticket) {
                withdrawn.insert(parcel.ticket)
                settled.append(Settlement(ticket: parcel.ticket, outcome: .failure(error)))
            }
        }
        return settled
    }

    /// Gives up everything, since nothing can be sent any more.
    mutating func abandon(_ error: MartletError) -> [Settlement] {
        var settled = settle(gathered + alone, error)
        for request in requests {
            let unknown = Self.unanswered(cause: request.refusal ?? error)
            settled += settle(request.parcels, request.certainRefusal ?? unknown)
        }
        (gathered, alone, requests) = ([], [], [])
        withdrawn = []
        needsFreshID = true
        return settled
    }

    private static func unanswered(cause: MartletError?) -> MartletError {
        MartletError(
            .outcomeUnknown, "the jobs were sent, and no answer said what became of them: they may have been accepted",
            cause: cause)
    }

    private mutating func remove(_ sequence: UInt64) -> Request? {
        requests.firstIndex { $0.sequence == sequence }.map { requests.remove(at: $0) }
    }

    private mutating func settle(_ parcels: [Parcel], _ error: MartletError) -> [Settlement] {
        parcels.map { parcel in
            withdrawn.remove(parcel.ticket)
            return Settlement(ticket: parcel.ticket, outcome: .failure(error))
        }
    }
}
