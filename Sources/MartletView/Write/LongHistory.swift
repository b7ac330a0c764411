internal import MartletSQLite

/// Shortens a history that has grown long, which is rare: the usual update only appends.
final class LongHistory {
    private let database: Database

    init(_ database: Database) { self.database = database }

    func trim(_ number: UInt64) throws {
        let read = try database.prepare("SELECT history FROM jobs WHERE number = ?")
        read.bind(number, at: 1)
        guard try read.step() else {
            throw ViewError.damaged("the log names job number \(number), which the view does not hold")
        }
        let write = try database.prepare("UPDATE jobs SET history = ? WHERE number = ?")
        do {
            write.bind(try read.withBytes(at: 0, History.trimmed), at: 1)
        } catch {
            throw ViewError.damaged("history of job number \(number): \(error)")
        }
        read.reset()
        write.bind(number, at: 2)
        try write.run()
    }
}
