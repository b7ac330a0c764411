internal import Glibc
internal import Logging
internal import MartletGateway
internal import MartletNode
internal import MartletWire

// What a server does on its course.
extension Server {
    /// Leads until cancelled, or until it can lead no longer.
    func lead(_ node: Node) async {
        do {
            try await withTaskExecutorPreference(loop.executor) {
                try await node.run { happen.yield(.leading) }
            }
            happen.yield(.nodeEnded(nil))
        } catch {
            happen.yield(.nodeEnded(error))
        }
    }

    /// Tells whoever started it, and whoever is refused the folder, where it listens.
    func announce(_ ports: GatewayPorts) {
        let http = "http://" + ListenAddress(host: settings.http.host, port: ports.http).description
        let grpc = ListenAddress(host: settings.grpc.host, port: ports.grpc).description
        lock.listens(http: http, grpc: grpc)
        do {
            try Console.standard.print(
                "martlet \(Version.current) is serving: HTTP \(http), gRPC \(grpc), data \(folder.path)")
        } catch {
            // It serves all the same.
            logger.warning("\(error)")
        }
        logger.notice(
            "serving",
            metadata: ["version": "\(Version.current)", "http": "\(http)", "grpc": "\(grpc)", "data": "\(folder.path)"])
    }

    /// Whoever supervises the process starts it again, and the new one recovers from the log. The sooner this one is
    /// gone the better; there is nothing that it could still do.
    func lostTheLead(_ error: (any Error)?) -> Never {
        logger.critical(
            "the server can lead no longer and ends", metadata: ["reason": "\(error.map { "\($0)" } ?? "unknown")"])
        lock.release()
        exit(ExitStatus.software.number)
    }

    /// An orderly end takes no longer than this. What was acknowledged is in the log, whatever else is still open.
    func endAtLatest(after limit: Duration) {
        Task.detached { [logger, lock] in
            try await Task.sleep(for: limit)
            logger.warning("the orderly end took too long and is cut short", metadata: ["limit": "\(limit)"])
            lock.release()
            exit(ExitStatus.ok.number)
        }
    }
}
