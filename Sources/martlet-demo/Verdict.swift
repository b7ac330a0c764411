import FoundationEssentials
import Martlet
import MartletHarness

/// What came of the demo.
struct Verdict {
    let jobs: Int
    let kills: (servers: Int, workers: Int)
    let lost: Int
    var wrong = 0
    var changed = 0
    /// Jobs that needed more than one attempt.
    let ranAgain: Int
    /// Results that came too late and were refused.
    let fenced: Int
    let duplicates: Int
    var unreadable = 0
    let time: Duration
    let p99: Double?

    var isClean: Bool { lost == 0 && wrong == 0 && duplicates == 0 }

    init(tally: Tally.Sums, jobs: Int, fleet: Fleet, start: Date, time: Duration) throws {
        self.jobs = jobs
        self.time = time
        kills = fleet.kills
        lost = jobs - tally.ended.values.count { $0.state == .succeeded }
        ranAgain = tally.ended.values.count { $0.attempt > 1 }
        duplicates = tally.duplicates
        p99 = tally.latency(quantile: 0.99)
        fenced = Int(try fleet.metrics().first(of: "martlet_reports_stale_total"))
        for (id, job) in tally.ended where job.state == .succeeded {
            let found = try JSONDecoder().decode(FileDigest.self, from: Data(job.result))
            if found.trouble != nil { unreadable += 1 }
            // A job that was never submitted is as wrong as a false result.
            guard let path = tally.paths[id] else {
                complain("\(id) was never submitted")
                continue
            }
            switch Oracle.judge(found, of: path, since: start) {
            case .right: break
            case .changed: changed += 1
            case .wrong(let reason): complain("\(path), job \(id): \(reason)")
            }
        }
    }

    private mutating func complain(_ reason: String) {
        wrong += 1
        if wrong <= 20 { say("wrong: \(reason)") }
    }

    var table: String {
        let seconds = time / .seconds(1)
        return """
            jobs        \(jobs)
            kills       \(kills.servers + kills.workers) (server \(kills.servers), worker \(kills.workers))
            lost        \(lost)
            wrong       \(wrong)
            ran again   \(ranAgain) jobs whose first attempt was lost or given back
            fenced      \(fenced) late results refused
            unreadable  \(unreadable) files, which is a result too; \(changed) changed meanwhile and not judged
            time        \(rounded(seconds)) s, kills and waits included
            jobs/s      \(Int(Double(jobs) / seconds)); p99 submit to done \(rounded(p99 ?? 0)) ms
            """
    }
}
