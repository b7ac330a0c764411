extension Checkpoint {
    /// SHA-256 over the partition, the position, the hash and the body: stored beside a checkpoint, it tells
    /// whether what is read is what was kept. Nothing in the chain of entries covers a checkpoint's body.
    public func seal(in partition: UInt32) -> EntryHash {
        let header = EntryHeader(
            partition: partition, position: position, epoch: 0, nonce: 0, previous: hash, time: 0)
        return Entry(header: header, body: body).hash
    }
}
