/// The bound on what a client holds unanswered; who comes when it is full waits in line. Whoever is alone
/// always fits.
struct Room {
    let jobs: Int
    let bytes: Int
    private var heldJobs = 0
    private var heldBytes = 0
    private var line: [(ticket: Int, jobs: Int)] = []

    init(jobs: Int, bytes: Int) {
        self.jobs = jobs
        self.bytes = bytes
    }

    /// True: come in. False: there is no room, or others wait already.
    mutating func enter(jobs count: Int) -> Bool {
        guard line.isEmpty, fits(count) else { return false }
        heldJobs += count
        return true
    }

    /// Waits at the end of the line until `leave` or `giveUp` names the ticket.
    mutating func queue(_ ticket: Int, jobs count: Int) {
        line.append((ticket, count))
    }

    /// The size of jobs that came in, once it is known.
    mutating func hold(bytes count: Int) {
        heldBytes += count
    }

    /// Tickets that come in now.
    mutating func leave(jobs count: Int, bytes size: Int) -> [Int] {
        heldJobs -= count
        heldBytes -= size
        return admit()
    }

    /// Leaves the line, if the ticket stands in it. Returns tickets that come in now.
    mutating func giveUp(_ ticket: Int) -> [Int] {
        line.removeAll { $0.ticket == ticket }
        return admit()
    }

    private mutating func admit() -> [Int] {
        var admitted: [Int] = []
        while let first = line.first, fits(first.jobs) {
            line.removeFirst()
            heldJobs += first.jobs
            admitted.append(first.ticket)
        }
        return admitted
    }

    private func fits(_ count: Int) -> Bool {
        heldJobs == 0 || (heldJobs + count <= jobs && heldBytes < bytes)
    }
}
