import Testing

@testable import MartletSim

@Suite("What went wrong in a life")
struct SimulationReportTests {
    private func report(_ violations: String...) -> SimulationReport {
        SimulationReport(violations: violations, trace: "", story: [], simulated: .zero, entries: 0, jobs: 0)
    }

    @Test("It is the same in another life when one thing went wrong in the same words, whoever it happened to")
    func failsLike() {
        let late = report("node 2 stops", "job 01a0c450-75e5-7593-964f-4dd83701bf14 ends 0.5 s late")

        #expect(report("job 01a0c450-7e06-7593-964f-4dd83701bf14 ends 12 s late").failsLike(late))
        #expect(report("node 2 starts", "node 77 stops").failsLike(late))

        #expect(!report("job 01a0c450-75e5-7593-964f-4dd83701bf14 ends 0.5 s early").failsLike(late))
        #expect(!report().failsLike(late))
        #expect(!report().failsLike(report()))
    }
}
