import MartletCore
import MartletView
import Testing

@Suite("Pages of waiting jobs are in the order of their lanes")
struct LaneTests {
    private let start = LaneKey(rank: 0, number: 0)

    @Test("A queue's page is by priority, then age; it starts at its key, itself included")
    func queueOrder() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        let priorities: [UInt8] = [5, 9, 5, 0, 9]
        view.project(priorities.enumerated().map { submitted(subject(UInt64($0.offset) + 1), priority: $0.element) })
        view.project([submitted(subject(6, queue: "other"))], [started(subject(3))], from: 2)

        func numbers(_ from: LaneKey, _ jobs: Int) async throws -> [UInt64] {
            let request = PageRequest(lane: .queue("emails"), from: from, jobs: jobs, bytes: .max)
            return try await view.page(request).jobs.map(\.subject.number)
        }
        #expect(try await numbers(start, 10) == [2, 5, 1, 4])
        #expect(try await numbers(LaneKey(rank: 0, number: 3), 10) == [5, 1, 4])
        #expect(try await numbers(LaneKey(rank: 4, number: 1), 1) == [1])
        #expect(try await numbers(LaneKey(rank: 4, number: 2), 10) == [4])
        #expect(try await numbers(LaneKey(rank: .max, number: .max), 10) == [])
        await view.close()
    }

    @Test("A page ends at its bytes, with at least one job, and knows whether it is the last")
    func pageBounds() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        view.project((1...3).map { submitted(subject($0), payload: [UInt8](repeating: 1, count: 1000)) })

        func page(_ jobs: Int, _ bytes: Int) async throws -> (Int, Bool) {
            let page = try await view.page(PageRequest(lane: .queue("emails"), from: start, jobs: jobs, bytes: bytes))
            return (page.jobs.count, page.isLast)
        }
        #expect(try await page(2, .max) == (2, false))
        #expect(try await page(3, .max) == (3, true))
        #expect(try await page(9, 2000) == (2, false))
        #expect(try await page(9, 3000) == (3, true))
        #expect(try await page(9, 10) == (1, false))
        let unknown = PageRequest(lane: .queue("none"), from: start, jobs: 1, bytes: 1)
        #expect(try await view.page(unknown).isLast)
        await view.close()
    }

    @Test("Timers are by due time, then number; instants before 1970 come first")
    func timers() async throws {
        let folder = try TemporaryFolder()
        let view = try View(path: folder.view, incarnation: "log")
        let dues = [second(30), second(10), Timestamp(microseconds: -5), second(10), Timestamp(microseconds: -9)]
        view.project(dues.enumerated().map { submitted(subject(UInt64($0.offset) + 1), due: $0.element) })
        view.project([submitted(subject(6)), started(subject(6)), failed(subject(6), due: second(20))], from: 2)

        func numbers(_ from: LaneKey) async throws -> [UInt64] {
            let request = PageRequest(lane: .timers, from: from, jobs: 10, bytes: .max)
            return try await view.page(request).jobs.map(\.subject.number)
        }
        #expect(try await numbers(start) == [3, 5, 2, 4, 6, 1])
        #expect(try await numbers(LaneKey(rank: UInt64(second(10).microseconds), number: 3)) == [4, 6, 1])
        #expect(try await numbers(LaneKey(rank: 0, number: 4)) == [5, 2, 4, 6, 1])
        await view.close()
    }
}
