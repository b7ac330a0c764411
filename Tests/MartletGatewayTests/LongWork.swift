import NIOCore

/// What a test does to keep a loop.
enum LongWork {
    /// Lasts longer than the turns of a loop may.
    static func last() {
        let end = NIODeadline.now() + .microseconds(400)
        while NIODeadline.now() < end {}
    }
}
