internal import MartletWire
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The descriptors of the public services, by file and by symbol, for reflection.
struct DescriptorIndex: Sendable {
    struct Broken: Error {}

    private var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
    private var fileOfSymbol: [String: String] = [:]
    /// Full names, sorted.
    private(set) var services: [String] = []

    /// From a serialized `FileDescriptorSet` in base64.
    init(base64: String) throws {
        guard let bytes = Data(base64Encoded: base64, options: .ignoreUnknownCharacters) else { throw Broken() }
        let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
        for file in set.file {
            files[file.name] = file
            let package = file.package.isEmpty ? "" : file.package + "."
            for message in file.messageType { index(message, under: package, in: file.name) }
            for enumeration in file.enumType { fileOfSymbol[package + enumeration.name] = file.name }
            for service in file.service {
                let name = package + service.name
                services.append(name)
                fileOfSymbol[name] = file.name
                for method in service.method { fileOfSymbol["\(name).\(method.name)"] = file.name }
            }
        }
        services.sort()
    }

    private mutating func index(_ message: Google_Protobuf_DescriptorProto, under prefix: String, in file: String) {
        let name = prefix + message.name
        fileOfSymbol[name] = file
        for field in message.field { fileOfSymbol["\(name).\(field.name)"] = file }
        for enumeration in message.enumType { fileOfSymbol["\(name).\(enumeration.name)"] = file }
        for nested in message.nestedType { index(nested, under: name + ".", in: file) }
    }

    func file(declaring symbol: String) -> String? { fileOfSymbol[symbol] }

    /// The file and all that it imports, each once, serialized; nil when there is no such file.
    func closure(of name: String) throws -> [Data]? {
        guard files[name] != nil else { return nil }
        var seen: Set<String> = [name]
        var pending = [name]
        var serialized: [Data] = []
        while let next = pending.popLast() {
            guard let file = files[next] else { continue }
            serialized.append(try file.serializedBytes())
            pending.append(contentsOf: file.dependency.filter { seen.insert($0).inserted })
        }
        return serialized
    }
}
