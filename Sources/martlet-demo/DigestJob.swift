import Martlet

/// Computes what is in one file.
struct DigestJob: JobDefinition {
    static let kind = "digest-file"
    static let queue = "files"

    typealias Output = FileDigest

    var path: String
}

/// What is in one file, or why it could not be read: a file that vanished is a result too.
struct FileDigest: Codable, Equatable, Sendable {
    var sha256: String?
    var size: Int?
    /// Newline characters.
    var lines: Int?
    var trouble: String?

    init(sha256: String, size: Int, lines: Int) {
        self.sha256 = sha256
        self.size = size
        self.lines = lines
    }

    init(trouble: String) {
        self.trouble = trouble
    }
}
