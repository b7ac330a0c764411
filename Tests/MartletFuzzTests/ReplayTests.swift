import Foundation
import Testing

/// Each file in `Tests/fuzz` once more, and each seed, without libFuzzer.
@Suite("The corpora of the fuzzer")
struct ReplayTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fuzz")

    @Test("Whatever was found once is found no more", arguments: FuzzTarget.all)
    func findings(target: FuzzTarget) throws {
        try replay(target, Self.files("findings", of: target))
    }

    @Test("What is in the corpus is refused or read, and what must hold holds", arguments: FuzzTarget.all)
    func corpus(target: FuzzTarget) throws {
        let files = try Self.files("corpus", of: target)

        #expect(!files.isEmpty)
        try replay(target, files)
    }

    @Test("So are the seeds", arguments: FuzzTarget.all)
    func seeds(target: FuzzTarget) throws {
        try replay(target, target.seeds().enumerated().map { ("seed \($0.offset)", $0.element) })
    }

    @Test("Each folder is that of a target", arguments: ["corpus", "findings"])
    func folders(kind: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: kind).path())

        #expect(Set(names).subtracting([".gitkeep"]).isSubset(of: FuzzTarget.all.map(\.name)))
    }

    private func replay(_ target: FuzzTarget, _ inputs: [(name: String, bytes: [UInt8])]) throws {
        for (name, bytes) in inputs {
            do {
                try bytes.withUnsafeBytes { try target.check($0) }
            } catch {
                Issue.record("\(target), \(name): \(error)")
            }
        }
    }

    private static func files(_ kind: String, of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = folder.appending(path: "\(kind)/\(target.name)")
        guard FileManager.default.fileExists(atPath: folder.path()) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map {
            ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0))))
        }
    }
}
