internal import CMartletSystem
internal import Glibc

/// Tells a run that waits for its command to end it. Flipped once, it stays so.
final class StopSwitch: Sendable {
    /// Can be read once the switch is flipped.
    let descriptor: Int32

    init() throws(SystemError) {
        descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .last }
    }

    deinit { close(descriptor) }

    func flip() {
        var one: UInt64 = 1
        // Fails only when it was flipped 2^64 - 2 times.
        _ = write(descriptor, &one, 8)
    }
}
