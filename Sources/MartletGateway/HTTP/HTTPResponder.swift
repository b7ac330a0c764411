internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// From a request to its response: finds the route, turns every error into a problem, and logs.
struct HTTPResponder: Sendable {
    let routes: Routes
    /// The connection's end.
    let departure: Departure
    let logger: Logger

    func response(to request: Request) async -> (head: HTTPResponse, body: ResponseBody) {
        let requestID = RequestID.make(from: request.headers[.requestID])
        var answer = await self.answer(to: request, requestID: requestID)
        answer.fields[.requestID] = requestID
        // What is left of a body that was refused unread is not worth reading.
        if request.headers.askToClose || answer.status == .contentTooLarge || request.head.asksToSwitch {
            answer.fields[.connection] = "close"
        }
        logger.debug(
            "Answered",
            metadata: [
                "request.id": "\(requestID)", "method": "\(request.method)", "path": "\(request.uri.path)",
                "status": "\(answer.status.code)",
            ])
        let body = request.method == .head ? ByteBuffer() : ByteBuffer(bytes: answer.body)
        return (answer.head, ResponseBody(byteBuffer: body))
    }

    private func answer(to request: Request, requestID: String) async -> Answer {
        do {
            return try await routes.answer(to: request, named: requestID, departures: departures)
        } catch let problem as Problem {
            return Answer(problem, requestID: requestID)
        } catch is CancellationError {
            return Answer(
                Problem(.unavailable, "the server is going down", retryAfter: .seconds(1)), requestID: requestID)
        } catch {
            logger.error("A request failed", metadata: ["request.id": "\(requestID)", "error": "\(type(of: error))"])
            return Answer(Problem(.internalError, "see the server's log"), requestID: requestID)
        }
    }

    /// What ends a long call early.
    private var departures: [@Sendable () async -> Void] {
        [
            departure.wait,
            {
                // It throws only when this very wait is cancelled: then the call is over, and nobody looks.
                try? await gracefulShutdown()
            },
        ]
    }
}
