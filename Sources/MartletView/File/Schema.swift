/// The tables of the view. Any change raises `version` and says how an older file is brought up to date.
enum Schema {
    static let version = 3
    /// "Mart": tells a view from other SQLite files.
    static let applicationID = 0x4D61_7274

    static let creation = """
        CREATE TABLE view (
            id INTEGER PRIMARY KEY CHECK (id = 1), incarnation TEXT NOT NULL,
            position INTEGER NOT NULL, hash BLOB NOT NULL, time INTEGER NOT NULL, epoch INTEGER NOT NULL,
            next_number INTEGER NOT NULL, next_token INTEGER NOT NULL, keys INTEGER NOT NULL
        );
        CREATE TABLE queues (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            scheduled INTEGER NOT NULL, queued INTEGER NOT NULL, running INTEGER NOT NULL,
            retrying INTEGER NOT NULL, succeeded INTEGER NOT NULL, dead INTEGER NOT NULL, cancelled INTEGER NOT NULL
        );
        CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, jobs INTEGER NOT NULL);
        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, queue INTEGER NOT NULL, kind INTEGER NOT NULL,
            state INTEGER NOT NULL, rank INTEGER NOT NULL, due INTEGER, submitted INTEGER NOT NULL,
            attempt INTEGER NOT NULL, failures INTEGER NOT NULL, losses INTEGER NOT NULL, token INTEGER,
            started INTEGER, finished INTEGER, lease BLOB, leased_until INTEGER,
            policy BLOB, failure BLOB, payload BLOB, result BLOB, history BLOB NOT NULL
        );
        CREATE INDEX jobs_queued ON jobs (queue, rank) WHERE state = 2;
        \(partialIndexes)
        CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
        CREATE TABLE payloads (number INTEGER PRIMARY KEY, payload BLOB NOT NULL);
        CREATE TABLE keys (
            number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, fingerprint INTEGER NOT NULL, id BLOB NOT NULL,
            expires INTEGER NOT NULL
        );
        CREATE TABLE clients (
            client BLOB PRIMARY KEY, last_used INTEGER NOT NULL, submissions BLOB NOT NULL
        ) WITHOUT ROWID;
        """

    /// Scheduled and retrying jobs.
    static let isTimed = "(state = 1 OR state = 4)"
    /// Running, dead and cancelled jobs.
    static let isRare = "(state = 3 OR state = 6 OR state = 7)"

    /// Not with `IN`: for a list SQLite makes a table in memory each time that a row is written, which took more than
    /// a third of the time of writing. A query must repeat the condition as it stands here.
    private static let partialIndexes = """
        CREATE INDEX jobs_due ON jobs (max(due, 0)) WHERE \(isTimed);
        CREATE INDEX jobs_rare ON jobs (state) WHERE \(isRare);
        """

    /// What brings a file of an older version to the next one, but for the checksums of version 3.
    static let upgrades = [1: "DROP INDEX jobs_due; DROP INDEX jobs_rare; \(partialIndexes)"]
    /// The first version whose pages have checksums.
    static let versionWithChecksums = 3

    /// A longer payload stands in a table of its own: each update of a job rewrites its whole row.
    static let inlinePayload = 512
}
