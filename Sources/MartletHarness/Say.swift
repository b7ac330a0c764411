internal import Glibc

/// A line for people, on standard error.
public func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // When standard error is gone there is nobody to tell, and the work goes on.
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
