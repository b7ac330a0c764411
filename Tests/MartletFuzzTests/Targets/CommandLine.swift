import ArgumentParser
import Foundation
import MartletNode
import MartletWire
import SwiftProtobuf

@testable import Martlet
@testable import martlet_cli

extension FuzzTarget {
    /// A line of `submit --ndjson`.
    static let jobLine = FuzzTarget("job-line", longest: 1024) {
        Samples.lines.map { [UInt8]($0.utf8) }
    } check: { input in
        let line = [UInt8](input)
        let job: RawJob
        do throws(JobLine.Fault) {
            job = try JobLine.read(line)
        } catch {
            return try hold(!error.message.isEmpty, "refused without a word")
        }
        // Who reads strictly must not read what others refuse.
        do {
            _ = try JSONSerialization.jsonObject(with: Data(line))
        } catch {
            // A payload is kept as it is written; that no machine has a number so large is nobody's fault.
            try hold("\(error)".contains("is not representable"), "read, and refused by others: \(error)")
        }
        do {
            let spec = try Martlet_V1_JobSpec(kind: job.kind, payload: Data(job.payload), options: job.options)
            let bytes: [UInt8] = try spec.serializedBytes()
            try hold(bytes.count <= spec.boundOfBytes, "\(bytes.count) bytes are bounded by \(spec.boundOfBytes)")
            _ = try spec.jsonUTF8Data()
        } catch is MartletError {
            return
        }
    }

    /// A server's settings: a configuration file, then after an empty line the environment, line by line.
    static let settings = FuzzTarget("settings", longest: 512) {
        Samples.settings.map { [UInt8]($0.utf8) }
    } check: { input in
        let text = String(decoding: input, as: UTF8.self)
        let parts = text.split(separator: "\n---\n", maxSplits: 1, omittingEmptySubsequences: false)
        var environment = ["HOME": "/home/me"]
        for line in parts.dropFirst().first?.split(separator: "\n") ?? [] {
            let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            environment[pair[0]] = pair.dropFirst().first ?? ""
        }
        do {
            let file = try ConfigurationFile.parse(String(parts[0]), path: "f", known: ServeSettings.names)
            let settings = try ServeSettings(SettingSources(flags: [:], environment: environment, file: file))
            try hold(settings.node.sessionGrace >= settings.node.heartbeatInterval * 2, "the grace is too short")
            _ = settings.gateway
        } catch let error as CommandError {
            try hold(!error.message.isEmpty, "refused without a word")
        }
    }

    /// Durations, sizes, instants and addresses as people write them. The first byte says which.
    static let texts = FuzzTarget("texts", longest: 64) {
        Samples.texts.enumerated().flatMap { index, texts in texts.map { [UInt8(index)] + $0.utf8 } }
    } check: { input in
        var supply = Supply(input)
        let kind = supply.below(5)
        let text = String(decoding: supply.rest(), as: UTF8.self)
        switch kind {
        case 0:
            guard let duration = DurationText.parse(text) else { return }
            try hold(DurationText.parse(DurationText.format(duration)), is: duration, "a duration and its text")
        case 1:
            guard let count = ByteCount.parse(text) else { return }
            try hold(ByteCount.parse("\(count)"), is: count, "a size and its text")
        case 2:
            guard let instant = InstantText.microseconds(text) else { return }
            let written = InstantText.format(microseconds: instant)
            // An offset may lead out of the years that can be written.
            guard written.utf8.count <= 27, !written.hasPrefix("0000"), !written.hasPrefix("-") else { return }
            try hold(InstantText.microseconds(written), is: instant, "an instant and its text")
        case 3:
            guard let address = ListenAddress(text) else { return }
            _ = address.isLoopback
            try hold(ListenAddress(address.description), is: address, "an address and its text")
        default:
            guard let address = ServerAddress(text) else { return }
            try hold(ServerAddress(address.description), is: address, "an address and its text")
        }
    }

    /// The words of a command, one on each line.
    static let arguments = FuzzTarget("arguments", longest: 256) {
        Samples.commands.map { [UInt8]($0.utf8) }
    } check: { input in
        let words = String(decoding: input, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        do {
            _ = try MartletCommand.parseAsRoot(words.map(String.init))
        } catch {
            try hold(!MartletCommand.fullMessage(for: error).isEmpty, "refused without a word")
        }
    }
}
