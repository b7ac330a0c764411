import MartletCore

// What durable facts add to the figures.
extension NodeMetrics {
    mutating func count(_ event: Event) {
        switch event {
        case .submitted: submitted += 1
        case .started: started += 1
        case .completed: completed += 1
        case .failed(let failed):
            self.failed += 1
            if failed.due == nil { dead += 1 }
        case .lost(let lost):
            self.lost += 1
            if lost.isQuarantined { dead += 1 }
        case .released: released += 1
        case .cancelled: cancelled += 1
        case .redriven: redriven += 1
        case .leaderStarted, .numbered, .queued, .extended: break
        }
    }
}
