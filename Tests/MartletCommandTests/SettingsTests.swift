import MartletNode
import Testing

@testable import martlet_cli

@Suite("Settings")
struct SettingsTests {
    private func settings(
        _ flags: [String: String] = [:], _ environment: [String: String] = [:], file: String = ""
    ) throws(CommandError) -> ServeSettings {
        var flags = flags
        flags["data"] = flags["data"] ?? "/data"
        return try ServeSettings(
            SettingSources(
                flags: flags, environment: environment,
                file: try .parse(file, path: "conf", known: ServeSettings.names)))
    }

    @Test("Flags over the environment over the file over what is built in")
    func order() throws {
        let file = "retention = 1d\nheartbeat=2s\n\n # comment\nhttp = \"127.0.0.1:1\"\n"
        let environment = ["MARTLET_RETENTION": "2d", "MARTLET_GRPC": "127.0.0.1:2", "MARTLET_HEARTBEAT": ""]
        let found = try settings(["retention": "3d"], environment, file: file)
        #expect(found.node.retention == .seconds(3 * 86_400))
        #expect(found.node.heartbeatInterval == .seconds(2))
        #expect(found.grpc.port == 2)
        #expect(found.http.port == 1)
        #expect(found.node.sessionGrace == .seconds(15))
    }

    @Test("The folder: XDG's, or the home's, or none")
    func folder() throws {
        func folder(_ environment: [String: String]) throws -> String {
            try ServeSettings(SettingSources(flags: [:], environment: environment, file: .none())).folder
        }
        #expect(try folder(["XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/x/martlet")
        #expect(try folder(["XDG_DATA_HOME": "relative", "HOME": "/h"]) == "/h/.local/share/martlet")
        #expect(throws: CommandError.self) { try folder([:]) }
    }

    @Test(
        "What is wrong is refused with its place",
        arguments: [
            ("retention = soon", "line 1 of conf"), ("nonsense = 1", "nonsense"), ("retention", "name = value"),
            ("retention = 1d\nretention = 2d", "twice"), ("http = everywhere", "http"),
            ("payload-limit = 9MiB", "8388608"),
            ("heartbeat = 10s", "session-grace"), ("log-level = loud", "debug"), ("grpc = 0.0.0.0:1", "insecure"),
            ("insecure-listen-anywhere = maybe", "true or false"),
        ])
    func faults(_ file: String, _ word: String) {
        #expect { try settings(file: file) } throws: { error in
            guard let error = error as? CommandError else { return false }
            return error.status == .configuration && error.message.contains(word)
        }
    }
}
