/// The arithmetic of waiting between attempts.
enum Backoff {
    /// The wait after failed attempt number `failures`, drawn from `seed`: full jitter, see `RetryPolicy`.
    static func wait(after failures: Int, policy: RetryPolicy, seed: UInt64) -> Duration {
        let ceiling = ceiling(after: failures, policy: policy)
        let draw = SplitMix64.mix(seed).multipliedFullWidth(by: ceiling + 1).high
        return .microseconds(Int64(clamping: draw))
    }

    /// The longest wait after failed attempt number `failures`, in microseconds; at most `Int64.max`.
    static func ceiling(after failures: Int, policy: RetryPolicy) -> UInt64 {
        let initial = UInt64(clamping: policy.initialBackoff.inMicroseconds)
        let most = UInt64(clamping: policy.maxBackoff.inMicroseconds)
        let doublings = max(0, failures - 1)
        guard initial > 0, doublings < initial.leadingZeroBitCount else { return initial == 0 ? 0 : most }
        return min(most, initial << UInt64(doublings))
    }
}
