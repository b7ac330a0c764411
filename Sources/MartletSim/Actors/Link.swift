import MartletCore
import MartletNode

/// One connection between a worker and a node: in order both ways, until it is cut.
@Simulated
final class Link {
    let world: World
    private var node: Node?
    /// The node's, if it still serves when the connection stands.
    private(set) var epoch: UInt64?
    private var connection: SessionConnection?
    private(set) var isUp = false
    var receive: (SessionMessage) -> Void = { _ in }
    private var early: [SessionMessage] = []
    private var lastUp: Duration = .zero
    private var lastDown: Duration = .zero
    /// What the node has not taken yet: it reads one message after the other.
    private var arrived: [@Simulated @Sendable (Node, SessionConnection) async -> Void] = []
    private var isReading = false

    init(_ world: World) { self.world = world }

    func open(_ node: Node, _ connection: SessionConnection) {
        self.node = node
        epoch = world.epoch(of: node)
        self.connection = connection
        isUp = true
        for message in early { receive(message) }
        early = []
    }

    func toWorker(_ message: SessionMessage) {
        lastDown = max(lastDown, world.elapsed + world.chance.latency())
        after(lastDown - world.elapsed) { [self] in
            if isUp { receive(message) } else if node == nil { early.append(message) }
        }
    }

    func toNode(_ body: @escaping @Simulated @Sendable (Node, SessionConnection) async -> Void) {
        guard isUp else { return }
        lastUp = max(lastUp, world.elapsed + world.chance.latency())
        after(lastUp - world.elapsed) { [self] in
            guard isUp || world.chance.happens(0.5) else { return }
            arrived.append(body)
            if !isReading { spawn { await self.read() } }
        }
    }

    private func read() async {
        guard !isReading, let node, let connection else { return }
        isReading = true
        while !arrived.isEmpty {
            await world.waitUntilRunning(node)
            if isUp { world.hear(connection, node, at: world.elapsed) }
            await arrived.removeFirst()(node, connection)
        }
        isReading = false
    }

    /// The worker's side is gone at once; the node hears of it a little later, or only by the silence.
    func cut() {
        guard isUp, let node, let connection else { return }
        isUp = false
        guard world.chance.happens(0.7) else { return }
        after(world.chance.latency()) { spawn { await node.disconnect(connection) } }
    }
}
