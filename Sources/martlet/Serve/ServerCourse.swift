internal import Glibc
internal import Logging
internal import MartletCore
internal import MartletGateway
internal import MartletLogSQLite
internal import MartletNode
internal import MartletView
internal import MartletWire
internal import ServiceLifecycle

/// A server's course: opening, leading, serving, draining. What happens decides what comes next.
struct ServerCourse {
    private enum Stage {
        case opening
        case leading(Server.Parts)
        case serving(Server.Parts, ServiceGroup)
        case draining(Server.Parts, isNodeDone: Bool, isGatewayDone: Bool)
    }

    private let server: Server
    private var stage = Stage.opening

    init(_ server: Server) { self.server = server }

    /// Does what follows. Not nil: the server is at its end.
    mutating func follow(
        _ happening: Server.Happening, _ tasks: inout TaskGroup<Void>
    ) async -> Result<Void, CommandError>? {
        switch (happening, stage) {
        case (.openingFailed(let error), _):
            return .failure(StartFailure.describe(error, in: server.folder))
        case (.opened(let parts), _):
            stage = .leading(parts)
            let server = server
            tasks.addTask { await server.lead(parts.node) }
        case (.leading, .leading(let parts)):
            startGateway(parts, &tasks)
        case (.bound(let ports), .serving):
            server.announce(ports)
        case (.asked(let signal), .opening), (.asked(let signal), .leading):
            // Nothing was promised to anyone yet, and the files can be left at any moment.
            server.logger.notice("ending before serving", metadata: ["signal": "\(signal)"])
            server.lock.release()
            exit(ExitStatus.ok.number)
        case (.asked(let signal), .serving(let parts, let gateway)):
            server.logger.notice("ending", metadata: ["signal": "\(signal)"])
            await drain(parts, gateway, &tasks)
        case (.gatewayEnded(let error), .serving(let parts, _)):
            return await fail(StartFailure.cannotListen(error ?? CancellationError(), server.settings), parts)
        case (.nodeEnded(let error), .leading(let parts)):
            return await fail(
                StartFailure.describe(error ?? CancellationError(), in: server.folder), parts)
        case (.nodeEnded(let error), .serving):
            server.lostTheLead(error)
        case (.nodeDrained, .draining(let parts, _, let isGatewayDone)):
            stage = .draining(parts, isNodeDone: true, isGatewayDone: isGatewayDone)
        case (.gatewayEnded(let error), .draining(let parts, let isNodeDone, _)):
            if let error { server.logger.error("The gateway did not end well", metadata: ["error": "\(error)"]) }
            stage = .draining(parts, isNodeDone: isNodeDone, isGatewayDone: true)
        case (.leading, _), (.bound, _), (.asked, _), (.nodeDrained, _), (.gatewayEnded, _), (.nodeEnded, _):
            break
        }
        guard case .draining(let parts, isNodeDone: true, isGatewayDone: true) = stage else { return nil }
        await close(parts)
        server.logger.notice("ended")
        return .success(())
    }

    private mutating func startGateway(_ parts: Server.Parts, _ tasks: inout TaskGroup<Void>) {
        let server = server
        let gateway = Gateway(
            node: parts.node, configuration: server.settings.gateway, loop: server.loop,
            logger: Logger(label: "martlet.gateway"),
            now: { Timestamp(microseconds: WallClock.microseconds()) },
            onBound: { server.happen.yield(.bound($0)) },
            // It takes a while, and the loop has none.
            onChurn: { Task.detached { ProcessSetup.returnMemory() } })
        var quiet = server.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let services = ServiceGroup(services: [gateway], logger: quiet)
        stage = .serving(parts, services)
        tasks.addTask {
            do {
                try await services.run()
                server.happen.yield(.gatewayEnded(nil))
            } catch {
                server.happen.yield(.gatewayEnded(error))
            }
        }
    }

    /// The gateway takes nothing new, then the node, and both answer what is in flight.
    private mutating func drain(
        _ parts: Server.Parts, _ gateway: ServiceGroup, _ tasks: inout TaskGroup<Void>
    ) async {
        stage = .draining(parts, isNodeDone: false, isGatewayDone: false)
        let server = server
        server.endAtLatest(after: server.settings.drainTimeout)
        await gateway.triggerGracefulShutdown()
        tasks.addTask {
            do {
                try await parts.node.drain()
            } catch {
                server.logger.error("The node did not drain", metadata: ["error": "\(error)"])
            }
            server.happen.yield(.nodeDrained)
        }
    }

    private func fail(_ error: CommandError, _ parts: Server.Parts) async -> Result<Void, CommandError> {
        await close(parts)
        return .failure(error)
    }

    private func close(_ parts: Server.Parts) async {
        // The view first: it writes what it still has, and the log is where that can be read again.
        await parts.view.close()
        await parts.log.close()
    }
}
