import MartletCore

extension Leader {
    /// Jobs that are ready beside a taker with room, though nobody is about to look: they would wait for ever, or for the
    /// next thing that happens to be asked. In words.
    func checkDispatch() -> [String] {
        guard phase == .leading, !isWriterAwake else { return [] }
        if dispatcher.hasWork { return ["there is something to dispatch, and the writer rests"] }
        return dispatcher.queues.compactMap { queue in
            guard partition.readyCount(in: queue) > 0, !dispatcher.isWaiting(queue), hasIdleTaker(queue) else {
                return nil
            }
            return "queue \(queue) has \(partition.readyCount(in: queue)) jobs ready beside an idle taker"
        }
    }

    private func hasIdleTaker(_ queue: String) -> Bool { dispatcher.takers(of: queue).contains { credit(of: $0) > 0 } }
}
