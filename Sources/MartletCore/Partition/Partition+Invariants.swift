extension Partition {
    /// What is wrong with the partition, in words; empty when it is sound. Costs a walk through all of it:
    /// for tests and simulations.
    public func checkInvariants() -> [String] {
        var wrong = Wrongs()
        let laneCounts = checkLanes(&wrong)
        checkJobs(laneCounts, &wrong)
        checkDeadlines(&wrong)
        wrong.unless(keys.recentCount <= limits.hotKeys, "\(keys.recentCount) keys are in memory")
        wrong.unless(keys.isAccountedFor, "\(keys.count) keys are in memory, and some that nothing will take out")
        wrong.unless(clients.count <= max(1, limits.clients), "\(clients.count) clients are remembered")
        return wrong.found
    }

    private struct Wrongs {
        var found: [String] = []

        mutating func unless(_ holds: Bool, _ words: @autoclosure () -> String) {
            if !holds { found.append(words()) }
        }
    }

    /// Returns how many jobs of each queue are hot among the timers.
    private func checkLanes(_ wrong: inout Wrongs) -> [Int: Int] {
        var timed: [Int: Int] = [:]
        var (count, bytes) = (0, 0)
        var cold = 0
        for place in [QueueTable.timers] + queues.sortedPlaces {
            let (name, lane) = (queues[place].name, queues[place].lane)
            var previous: LaneKey?
            var (laneCount, laneBytes) = (0, 0)
            for entry in lane.hot {
                let job = slab[entry.slot].job
                wrong.unless(previous.map { $0 < entry.key } ?? true, "lane \(name) is out of order at \(entry.key)")
                wrong.unless(LaneKey(of: job) == entry.key, "job \(job.subject.id) stands at \(entry.key)")
                wrong.unless(self.lane(of: entry.slot) == place, "job \(job.subject.id) stands in lane \(name)")
                previous = entry.key
                laneCount += 1
                laneBytes += job.payload.count
                if place == QueueTable.timers { timed[slab[entry.slot].queue, default: 0] += 1 }
            }
            wrong.unless(laneCount == lane.hot.count, "lane \(name) counts \(lane.hot.count), has \(laneCount)")
            wrong.unless(laneBytes == lane.hotBytes, "lane \(name) counts \(lane.hotBytes) bytes, has \(laneBytes)")
            wrong.unless((lane.coldFrom == nil) == (lane.coldCount == 0), "lane \(name) has a wrong boundary")
            wrong.unless(lane.coldCount >= 0, "lane \(name) counts \(lane.coldCount) cold jobs")
            wrong.unless(
                lane.page != nil || lane.hot.count <= 2 || !lane.overflows(limits), "lane \(name) is overfull")
            count += laneCount
            bytes += laneBytes
            if place == QueueTable.timers { cold = lane.coldCount } else { checkCounts(place, laneCount, &wrong) }
        }
        let waits = queues.sortedPlaces.reduce(0) { $0 + queues[$1].counts.timed }
        let hot = queues[QueueTable.timers].lane.hot.count
        wrong.unless(waits == hot + cold, "\(waits) jobs are timed, \(hot) hot and \(cold) cold")
        wrong.unless(count == waitingCount, "\(waitingCount) jobs are counted as waiting, \(count) are")
        wrong.unless(bytes == waitingBytes, "\(waitingBytes) bytes are counted as waiting, \(bytes) are")
        return timed
    }

    private func checkCounts(_ place: Int, _ hot: Int, _ wrong: inout Wrongs) {
        let (name, counts, cold) = (queues[place].name, queues[place].counts, queues[place].lane.coldCount)
        wrong.unless(counts.queued == hot + cold, "queue \(name): \(counts.queued) are \(hot) hot and \(cold) cold")
        wrong.unless(!counts.isZero || queues[place].lane.page != nil, "queue \(name) is kept without jobs")
        let least = min(counts.scheduled, counts.running, counts.retrying)
        wrong.unless(least >= 0, "queue \(name) counts below zero: \(counts)")
    }

    private func checkJobs(_ timed: [Int: Int], _ wrong: inout Wrongs) {
        var running: [Int: Int] = [:]
        var (runs, runBytes, deadBytes, waits) = (0, 0, 0, 0)
        for slot in slab.occupied {
            let job = slab[slot].job
            wrong.unless((job.lease != nil) == (job.state == .running), "job \(job.subject.id): a wrong lease")
            switch job.state {
            case .running:
                runs += 1
                runBytes += job.payload.count
                running[slab[slot].queue, default: 0] += 1
                let held = job.lease.map { sessions.slots(of: $0.session, in: slab).contains(slot) } ?? false
                wrong.unless(held, "job \(job.subject.id) is not in its session")
            case .dead: deadBytes += job.payload.count
            case .scheduled, .queued, .retrying: waits += 1
            case .succeeded, .cancelled: wrong.unless(false, "job \(job.subject.id) ended and is in memory")
            }
        }
        wrong.unless(runs == runningCount, "\(runningCount) jobs are counted as running, \(runs) are")
        wrong.unless(runBytes == runningBytes, "\(runningBytes) bytes are counted as running, \(runBytes) are")
        wrong.unless(deadBytes == visitorBytes, "\(visitorBytes) bytes are counted as visiting, \(deadBytes) are")
        wrong.unless(waits == waitingCount, "\(waits) jobs wait, \(waitingCount) stand in lanes")
        for place in queues.sortedPlaces {
            let counts = queues[place].counts
            wrong.unless(counts.running == running[place] ?? 0, "queue \(queues[place].name): a wrong running count")
            wrong.unless(counts.timed >= timed[place] ?? 0, "queue \(queues[place].name): a wrong timed count")
        }
    }

    private func checkDeadlines(_ wrong: inout Wrongs) {
        let living = slab.occupied.compactMap { slab[$0].job.lease?.deadline }
        wrong.unless(living.count == deadlineCount, "\(deadlineCount) deadlines are counted, \(living.count) are")
        wrong.unless(living.min() == deadlines.next, "the next deadline is not the earliest")
        wrong.unless(deadlines.count <= 2 * living.count + 65, "\(deadlines.count) deadlines are kept")
    }
}
