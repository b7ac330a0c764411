import Crypto
import FoundationEssentials

/// What must have come out, computed without Martlet and in another way than the worker's: the file as a whole.
enum Oracle {
    enum Finding {
        case right
        case wrong(String)
        /// The file was changed while the demo ran: nobody can say what was right.
        case changed
    }

    static func judge(_ found: FileDigest, of path: String, since start: Date) -> Finding {
        let expected: FileDigest
        do {
            let contents = try Data(contentsOf: URL(fileURLWithPath: path))
            let pieces = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            expected = FileDigest(
                sha256: hexadecimal(SHA256.hash(data: contents)), size: contents.count, lines: pieces.count - 1)
        } catch {
            // Unreadable for both, each in its own words.
            return found.trouble == nil ? verdict("its result is of a file that cannot be read", path, start) : .right
        }
        if found == expected { return .right }
        return verdict("found \(found), expected \(expected)", path, start)
    }

    private static func verdict(_ reason: String, _ path: String, _ start: Date) -> Finding {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            if let changed = attributes[.modificationDate] as? Date, changed >= start { return .changed }
        } catch {
            // It is no longer there.
            return .changed
        }
        return .wrong(reason)
    }
}
