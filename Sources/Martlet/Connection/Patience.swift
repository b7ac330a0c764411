/// For how long to ask again while a server does not answer, and how long to wait before each time.
///
/// The clock starts with the first failure: the server was there until then, however long that was.
struct Patience {
    private let limit: Duration
    private var deadline: ContinuousClock.Instant?
    private var backoff = Backoff()

    init(_ limit: Duration) {
        self.limit = limit
    }

    /// The server answered: the next trouble is a new one.
    mutating func renew() {
        deadline = nil
        backoff.reset()
    }

    /// How long to wait before asking again; nil if that is not to be. `lasting` is how long the server was there until
    /// the trouble came: a long time is an answer too.
    mutating func wait(
        after trouble: MartletError, lasting: Duration = .zero, at now: ContinuousClock.Instant
    ) -> Duration? {
        if lasting > Backoff.maximum { renew() }
        let end = deadline ?? now + limit
        deadline = end
        guard trouble.isWorthRepeating, now < end else { return nil }
        return trouble.retryAfter ?? backoff.next()
    }
}
