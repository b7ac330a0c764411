import Crypto
import Glibc

/// The worker's way: the file goes by in chunks.
func digest(of path: String) -> FileDigest {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return FileDigest(trouble: "cannot be opened: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var sha = SHA256()
    var (size, lines) = (0, 0)
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = read(file, &chunk, chunk.count)
        guard count >= 0 else { return FileDigest(trouble: "cannot be read: \(String(cString: strerror(errno)))") }
        guard count > 0 else { break }
        chunk[..<count].withUnsafeBytes { sha.update(bufferPointer: $0) }
        size += count
        lines += chunk[..<count].count { $0 == UInt8(ascii: "\n") }
    }
    return FileDigest(sha256: hexadecimal(sha.finalize()), size: size, lines: lines)
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
