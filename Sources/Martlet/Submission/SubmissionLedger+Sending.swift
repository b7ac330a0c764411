internal import MartletWire

// What goes out.
extension SubmissionLedger {
    /// What to write now, if anything. It counts as written.
    mutating func next(at now: Instant) -> Martlet_V1_SubmitRequest? {
        if let pausedUntil {
            guard now >= pausedUntil else { return nil }
            self.pausedUntil = nil
        }
        dropGivenUp()
        if let index = requests.firstIndex(where: { !$0.isWritten }) { return write(index) }
        guard requests.count < limits.unanswered else { return nil }
        if let oldest = requests.first, lastSequence + 1 >= oldest.sequence + limits.span { return nil }
        if needsFreshID {
            // Answers carry only the sequence, which starts again: the old ones come first.
            guard requests.isEmpty else { return nil }
            needsFreshID = false
            clientID = makeClientID()
            lastSequence = 0
        }
        let parcels = takeParcels()
        guard !parcels.isEmpty else { return nil }
        lastSequence += 1
        requests.append(Request(sequence: lastSequence, parcels: parcels))
        return write(requests.count - 1)
    }

    /// Certainly not accepted, and nobody waits any more: whoever gave them up was told that they were not submitted.
    /// What is left of a request keeps its sequence, which stands for nothing on the server yet.
    private mutating func dropGivenUp() {
        guard !withdrawn.isEmpty else { return }
        for index in requests.indices.reversed()
        where !requests[index].isWritten && requests[index].certainRefusal != nil {
            requests[index].parcels.removeAll { withdrawn.remove($0.ticket) != nil }
            if requests[index].parcels.isEmpty { requests.remove(at: index) }
        }
    }

    private mutating func write(_ index: Int) -> Martlet_V1_SubmitRequest {
        requests[index].isWritten = true
        requests[index].refusal = nil
        var request = Martlet_V1_SubmitRequest()
        request.clientID = clientID
        request.sequence = requests[index].sequence
        request.jobs.reserveCapacity(requests[index].jobs)
        for parcel in requests[index].parcels { request.jobs += parcel.specs }
        return request
    }

    private mutating func takeParcels() -> [Parcel] {
        while !alone.isEmpty {
            let parcel = alone.removeFirst()
            if withdrawn.remove(parcel.ticket) == nil { return [parcel] }
        }
        var taken: [Parcel] = []
        var (jobs, bytes, seen) = (0, 0, 0)
        for parcel in gathered {
            let isWanted = withdrawn.isEmpty || !withdrawn.contains(parcel.ticket)
            if isWanted {
                jobs += parcel.specs.count
                bytes += parcel.bytes
                if !taken.isEmpty, jobs > limits.jobs || bytes > limits.bytes { break }
                taken.append(parcel)
            } else {
                withdrawn.remove(parcel.ticket)
            }
            seen += 1
        }
        gathered.removeFirst(seen)
        return taken
    }
}
