import Logging
import MartletLog
import MartletView
import MartletWire
import NIOCore

// What happens when the disk is full, to the log or to the view: submissions are refused, the reserve is given up for
// what ends jobs, and taken back once there is room.
extension Leader {
    /// The log has no room: gives up the reserve, so that jobs can still end, or waits for room.
    func makeRoom() async throws {
        noticeFullDisk()
        if let reserve, await reserve.releaseReserve() { return }
        // One that could not even take the lead serves nobody, and whoever starts it should hear so.
        if lastCommit == nil { throw LogError.full }
        try await pause()
    }

    private func noticeFullDisk() {
        guard !isDiskFull else { return }
        logger.error("the disk is full: submissions are refused, what ends jobs is still written")
        isDiskFull = true
        callHouseLater()
    }

    /// Before something is tried again.
    func pause() async throws {
        try await executor.loop.scheduleTask(in: .seconds(1)) {}.futureResult.get()
        try Task.checkCancellation()
    }

    /// Nothing is written that the view could not keep. What a full disk keeps from it waits here for room.
    func waitForView() async throws {
        while view.backlog >= configuration.viewBacklog {
            await view.waitForRoom(below: configuration.viewBacklog)
            guard view.backlog >= configuration.viewBacklog else { return }
            do {
                // Still behind: this tells why.
                try await view.flush()
            } catch let failure where Self.passes(failure) {
                await putOff(failure)
                try await pause()
            }
        }
    }

    /// Whether what failed may be tried again: nothing was lost by it.
    static func passes(_ error: any Error) -> Bool {
        switch error {
        case ViewError.full, ViewError.busy, LogError.full: true
        default: false
        }
    }

    /// What is not urgent waits for room, or for a reader.
    func putOff(_ error: any Error) async {
        logger.warning("put off, to be tried again", metadata: ["error": "\(error)"])
        if case ViewError.busy = error { return }
        noticeFullDisk()
        _ = await reserve?.releaseReserve()
    }

    /// Once there is room for it all is as it was before.
    func tryToRefillReserve() async throws {
        guard let reserve else {
            isDiskFull = false
            return
        }
        if await reserve.restoreReserve() {
            logger.notice("there is room on the disk again: submissions are accepted")
            isDiskFull = false
            return
        }
        callHouseLater()
    }
}
