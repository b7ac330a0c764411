internal import CMartletSystem
internal import Glibc

/// Holds the wall clock against the last sign of life in a folder.
///
/// Time that has passed runs delayed jobs, ends idempotency keys and retires what has finished, and none of it can be
/// taken back: a clock that says that nobody was here for months is asked about first. The sign is the folder's own time
/// of change. A lock that comes or goes sets it, and a server that runs touches it.
struct ClockCheck {
    /// Longer than a machine rests as a rule, and much shorter than a clock is wrong by that has lost its date.
    static let longestRest = Duration.seconds(90 * 86_400)
    private static let touchInterval = Duration.seconds(3600)

    let folder: ServerFolder

    /// - Parameter now: the wall clock, in microseconds since 1970.
    /// - Throws: what the clock says and what the folder says, if there is more time between them than a rest.
    func check(now: Int64) throws(CommandError) {
        // Where there is no log, no time can do harm.
        guard access(folder.log, F_OK) == 0, let last = lastSign,
            .microseconds(now) - .microseconds(last) > Self.longestRest
        else { return }
        throw CommandError(
            "the clock says \(InstantText.format(microseconds: now)), and the folder \(folder.path) was last used at "
                + "\(InstantText.format(microseconds: last)). If the clock is wrong, set it: served with it, delayed jobs "
                + "would run now and finished ones would be removed. If so much time has passed, give --accept-clock once",
            .failure)
    }

    /// Leaves a sign now and then, so that a server that had nothing to write for months can be started again.
    func keepTouching() async {
        while (try? await Task.sleep(for: Self.touchInterval, tolerance: .seconds(60))) != nil {
            // One that cannot be left costs a question at the next start.
            _ = utimensat(AT_FDCWD, folder.path, nil, 0)
        }
    }

    private var lastSign: Int64? {
        let time = martlet_changed_at(folder.path)
        return time < 0 ? nil : Int64(time)
    }
}
