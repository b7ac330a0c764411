import MartletCore
import MartletNode

extension World {
    /// How an attempt ends that nothing kept from its end.
    func outcome(of delivery: Delivery, by worker: String) -> AttemptOutcome {
        let ending: AttemptOutcome.Ending
        if delivery.kind == "poison" || chance.happens(0.1) {
            ending = .failed(
                Failure(code: "error", message: worker), isFinal: chance.happens(0.1),
                retryAfter: chance.happens(0.1) ? .seconds(1) : nil)
        } else if chance.happens(0.03) {
            ending = .released
        } else {
            ending = .completed(result: Ledger.bytes(delivery.attempt.token.value))
        }
        return AttemptOutcome(attempt: delivery.attempt, ending: ending)
    }

    /// What a node said of an attempt, heard now.
    func word(of attempt: AttemptID, by epoch: UInt64?) -> Ledger.Word {
        Ledger.Word(attempt: attempt, epoch: epoch, time: elapsed)
    }
}
