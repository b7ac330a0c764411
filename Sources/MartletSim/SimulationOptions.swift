import MartletCore
package import MartletNode

/// What a run is made of.
package struct SimulationOptions: Sendable {
    package var seed: UInt64
    /// How long faults happen, in virtual time.
    package var storm: Duration
    /// How long a run may go on after its storm, in virtual time: one that goes on for longer does not end.
    package var patience: Duration
    /// Whether the story is kept, or only its digest.
    package var isTold: Bool
    /// How long a view waits for company before it writes.
    package var viewLag: Duration
    package var node: NodeConfiguration

    package init(seed: UInt64, storm: Duration = .seconds(120), isTold: Bool = false) {
        self.seed = seed
        self.storm = storm
        // All that is asked of it takes an hour at most, and to read back what came of a longer storm takes longer.
        patience = storm + .seconds(2 * 3600)
        self.isTold = isTold
        node = NodeConfiguration()
        // Each seed has limits of its own, most of them so small that jobs turn cold, keys are forgotten and windows
        // end.
        var chance = Chance(seed: ~seed)
        node.limits.hotJobsPerLane = chance.pick([4, 16, 64])
        node.limits.hotJobs = chance.pick([16, 64, 256])
        node.limits.hotKeys = chance.pick([4, 8, 64])
        node.limits.losses = chance.pick([1, 2, 5])
        node.limits.timerLead = chance.pick([.milliseconds(100), .seconds(2)])
        node.limits.idempotencyWindow = chance.pick([.seconds(10), .seconds(30), .seconds(600)])
        viewLag = chance.pick([.milliseconds(50), .milliseconds(500)])
        node.pendingBytes = chance.pick([4 << 10, 64 << 20])
        (node.heartbeatInterval, node.sessionGrace) = chance.pick([
            (.seconds(1), .seconds(4)), (.seconds(5), .seconds(15)),
        ])
        node.logBytes = chance.pick([8 << 10, 64 << 10, 64 << 20])
        node.retention = chance.happens(0.25) ? .seconds(20) : .seconds(7 * 24 * 3600)
    }
}

/// What a run showed.
package struct SimulationReport: Sendable {
    package var violations: [String]
    /// The same for the same seed, whatever the machine: of the story and of the whole log.
    package var trace: String
    package var story: [String]
    package var simulated: Duration
    package var entries: UInt64
    package var jobs: Int

    /// Whether something goes wrong in both, in the same words but for numbers and identifiers. A seed with another storm
    /// is another life, and what goes wrong there may be something else.
    package func failsLike(_ other: SimulationReport) -> Bool {
        !Set(violations.map(Self.plain)).isDisjoint(with: other.violations.map(Self.plain))
    }

    private static func plain(_ violation: String) -> String {
        violation.split(separator: " ").filter { !$0.contains(where: \.isNumber) }.joined(separator: " ")
    }
}
