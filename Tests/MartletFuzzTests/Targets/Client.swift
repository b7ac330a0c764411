import Foundation
import GRPCCore
import MartletWire
import NIOCore
import SwiftProtobuf

@testable import Martlet
@testable import martlet_cli

extension FuzzTarget {
    /// A server's answers, as the SDK reads them and the command line shows them. The first byte says which.
    static let answers = FuzzTarget("answers") {
        Samples.answers
    } check: { input in
        var supply = Supply(input)
        let show = shows[supply.below(shows.count)]
        do {
            try show([UInt8](supply.rest()))
        } catch is BinaryDecodingError {
            return
        } catch is MartletError {
            return
        }
    }

    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private static let shows: [@Sendable ([UInt8]) throws -> Void] = [
        { bytes in
            let job = try JobSnapshot(Martlet_V1_Job(serializedBytes: bytes))
            try show([job], in: Listings.jobs)
            for line in JobSheet.lines(job, now: now) { try hold(!line.contains("\n"), "a line within a line") }
            // Seconds of any size are no finite number of JSON.
            _ = try? JSONDecoder().decode(JobSnapshot.self, from: JSONEncoder().encode(job))
        },
        {
            try show(
                Martlet_V1_ListJobEventsResponse(serializedBytes: $0).events.map { try JobEvent($0) },
                in: Listings.events)
        },
        {
            try show(
                Martlet_V1_ListQueuesResponse(serializedBytes: $0).queues.map { QueueSnapshot($0) }, in: Listings.queues
            )
        },
        {
            try show(
                Martlet_V1_ListWorkersResponse(serializedBytes: $0).workers.map { WorkerSnapshot($0) },
                in: Listings.workers)
        },
        { bytes in
            let error = MartletError(try Martlet_V1_Refusal(serializedBytes: bytes))
            _ = CommandError(error, server: .standard).message
            if let wait = error.retryAfter { try hold(DurationText.format(wait).isEmpty, is: false, "a wait's text") }
        },
        { bytes in
            let words = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            var metadata: Metadata = [:]
            for (name, word) in zip(["martlet-reason", "retry-after-ms", "martlet-field"], words) {
                metadata.addString(word, forKey: name)
            }
            let error = MartletError(RPCError(code: .unknown, message: words.last ?? "", metadata: metadata))
            _ = CommandError(error, server: .standard).message
        },
    ]

    private static func show<Element>(_ elements: [Element], in listing: Listing<Element>) throws {
        var table = Table(listing.fields.map { Table.Column(title: $0.title, isNumber: $0.isNumber) })
        for element in elements {
            table.add(listing.fields.map { $0.human(element, now) })
            table.add(listing.fields.map { $0.plain(element) })
            let text = listing.json(element).text
            _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
            try hold(!text.contains("\n"), "JSON of several lines")
        }
        let fields = listing.fields.count
        for line in table.plainLines {
            try hold(line.split(separator: "\t", omittingEmptySubsequences: false).count, is: fields, "a row's cells")
        }
        for line in table.lines(width: 80) { try hold(line.count <= 80, "a line is too long") }
    }

    /// A worker's session: messages of a server that may say anything, in between what the worker does.
    static let session = FuzzTarget("session", longest: 1024) {
        Samples.serverMessages
    } check: { input in
        var supply = Supply(input)
        var state = SessionState<Int>()
        _ = state.open(name: "w", queues: ["default"], concurrency: 10)
        var (now, silence, run) = (NIODeadline.uptimeNanoseconds(1 << 40), 0, 0)
        var seen: Set<SessionState<Int>.Key> = []
        while !supply.isEmpty {
            now = now + .seconds(Int64(supply.byte()))
            switch supply.below(8) {
            case 0, 1, 2:
                let bytes = supply.some(255)
                guard let message = try? Martlet_V1_ServerMessage(serializedBytes: bytes) else { return }
                let keys = message.attempts.attempts.map { SessionState<Int>.Key($0) }
                receive(message, &state, now)
                // A server that hands an attempt out again after its end has it run again.
                guard seen.isDisjoint(with: keys) else { return }
                seen.formUnion(keys)
            case 3:
                run += 1
                if let key = state.running.keys.first {
                    state.started(key, run)
                    if supply.flag() { state.ended(.completed(key, result: Data([1]))) }
                }
            case 4: _ = state.expire(at: now)
            case 5: _ = state.tick(&silence)
            case 6: _ = state.open(name: "w", queues: ["default"], concurrency: 10)
            default:
                switch supply.below(4) {
                case 0: state.drain()
                case 1: state.releaseRunning()
                case 2: state.close()
                default: state.leave()
                }
            }
            if case .send(let message) = state.next() { let _: [UInt8] = try message.serializedBytes() }
            let held = Set(state.running.keys), owed = state.pending.map { SessionState<Int>.Key($0) }
            try hold(held.isDisjoint(with: owed) || state.phase != .working, "an attempt runs and is reported")
        }
    }

    private static func receive(
        _ message: Martlet_V1_ServerMessage, _ state: inout SessionState<Int>, _ now: NIODeadline
    ) {
        switch message.message {
        case .opened(let opened):
            _ = state.opened(opened.sessionID)
            _ = opened.beat
        case .attempts(let attempts): _ = state.received(attempts.attempts, at: now)
        case .settled(let settled):
            for (_, refusal) in state.settled(settled) { _ = MartletError(refusal) }
        case .revoked(let revoked): _ = state.revoked(revoked.attempts)
        case .goodbye: state.leave()
        case nil: break
        }
    }

    /// A typed payload, as a handler's SDK reads it.
    static let payload = FuzzTarget("payload", longest: 512) {
        Samples.payloads.map { [UInt8]($0.utf8) }
    } check: { input in
        guard let value = try? JSON.decode(Payload.self, from: Data(input)) else { return }
        let again = try JSON.decode(Payload.self, from: try JSON.encode(value))
        // Instants are written in milliseconds.
        let apart = zip(again.times, value.times).map { abs($0.timeIntervalSince($1)) }
        try hold(apart.allSatisfy { $0 < 0.002 }, "instants written and read are apart by \(apart)")
        try hold(again.words, is: value.words, "words written and read")
        try hold(again.number, is: value.number, "a number written and read")
    }

    private struct Payload: Codable {
        var times: [Date] = []
        var words: [String: String?] = [:]
        var number: Double?
    }
}
