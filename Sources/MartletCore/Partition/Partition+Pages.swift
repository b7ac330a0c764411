/// How the cold rest of a lane comes into memory, page by page.
extension Partition {
    /// The page that the lane wants now. Nil: enough of it is hot, none is cold, or a page is under way.
    ///
    /// When all lanes together hold as much as they may, each gets an even share.
    public func pageRequest(for name: LaneName) -> PageRequest? {
        guard let place = queues.find(name) else { return nil }
        return pageRequest(for: name, at: place)
    }

    /// When the first cold timer is so close that `pageRequest(for: .timers)` is to be read. Nil when it
    /// wants none: each ended page, tick or submission may change that.
    public var timerPageWantedAt: Timestamp? {
        guard let request = pageRequest(for: .timers, at: QueueTable.timers) else { return nil }
        let due = Timestamp(microseconds: Int64(clamping: request.from.rank))
        return due + (.zero - limits.timerLead)
    }

    /// The page is being read, by a read that sees all events applied until now, if the request says that it must.
    public mutating func beginPage(_ request: PageRequest) {
        let place = expected(queues.find(request.lane), "a page of \(request.lane) is begun, which has no jobs")
        precondition(queues[place].lane.page == nil, "two pages of \(request.lane) are under way")
        queues[place].lane.beginPage(
            request, nextNumber: nextNumber, departures: Departures(most: limits.departuresPerPage))
    }

    /// The page was read: `jobs` in the lane's order, and whether there are none behind them.
    ///
    /// What is in memory already, what left the lane since the page was begun and what is new since then is passed
    /// over. A page during which more left than is remembered tells nothing: it is wanted again.
    public mutating func finishPage(_ request: PageRequest, jobs: [Job], isLast: Bool) {
        let (place, page) = underWay(request)
        let departures = page.departures
        guard !departures.isOverfull else { return abandonPage(request) }
        var boundary = request.from
        var admitted = 0
        for var job in jobs {
            job.lease = nil
            if job.state == .queued { job.due = nil }
            guard let key = LaneKey(of: job), !page.isNew(key) else { continue }
            boundary = max(boundary, key.next)
            let id = job.subject.id
            guard !slab.contains(id), !departures.outdate(job) else { continue }
            guard let queue = queues.find(job.subject.queue) else { continue }
            insert(slab.insert(JobSlab.Record(job: job, queue: queue)), into: place)
            admitted += 1
        }
        queues[place].lane.finishPage(admitted: admitted, boundary: boundary, isLast: isLast)
        settlePage(of: place)
    }

    /// The page could not be read.
    public mutating func abandonPage(_ request: PageRequest) {
        let (place, _) = underWay(request)
        queues[place].lane.abandonPage()
        settlePage(of: place)
    }

    private func pageRequest(for name: LaneName, at place: Int) -> PageRequest? {
        let hotCount = queues[place].lane.hot.count
        let hotBytes = queues[place].lane.hotBytes
        guard let from = queues[place].lane.coldFrom, queues[place].lane.page == nil else { return nil }
        let lanes = queues.count + 1
        let jobs = min(limits.hotJobsPerLane, max(limits.hotJobs / lanes, limits.hotJobs - (waitingCount - hotCount)))
        let bytes = min(
            limits.hotBytesPerLane, max(limits.hotBytes / lanes, limits.hotBytes - (waitingBytes - hotBytes)))
        let ready = queues[place].lane.readyCount
        // A few large payloads are as much as many small ones.
        let isLow = ready == 0 || ready < jobs / 4 * 3 && hotBytes < bytes / 4 * 3
        guard isLow else { return nil }
        return PageRequest(
            lane: name, from: from, jobs: max(1, jobs - hotCount), bytes: max(1, bytes - hotBytes),
            mustSeeAll: queues[place].lane.hasColdChanged)
    }

    private func underWay(_ request: PageRequest) -> (place: Int, page: PageRead) {
        let place = expected(queues.find(request.lane), "a page of \(request.lane) ends, which has no jobs")
        let page = expected(queues[place].lane.page, "a page of \(request.lane) ends that was not begun")
        precondition(page.request == request, "another page of \(request.lane) ends than was begun")
        return (place, page)
    }

    /// What arrived during the read and stands behind the boundary turns cold now, and what is far too much.
    ///
    /// Not what is too much only because other lanes are full: it would be wanted and read again at once, for ever.
    private mutating func settlePage(of place: Int) {
        chillBehindBoundary(of: place)
        spillOverflow(of: place)
        queues.dropIfEmpty(place)
    }
}
