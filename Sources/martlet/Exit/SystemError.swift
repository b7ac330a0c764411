internal import Glibc

/// A system call that failed, in the system's own words.
struct SystemError: Error, CustomStringConvertible {
    let code: Int32

    /// Of the last call that failed on this thread.
    static var last: SystemError { SystemError(code: errno) }

    var description: String { String(cString: strerror(code)) }
}
