/// Where a server's settings come from: flags over the environment over a file over what is built in.
struct SettingSources {
    /// A value and where it stands, for whoever has to correct it.
    struct Found: Equatable {
        var text: String
        var origin: Origin
    }

    enum Origin: Equatable {
        case flag(String)
        case environment(String)
        case file(name: String, path: String, line: Int)

        var description: String {
            switch self {
            case .flag(let name): "--\(name)"
            case .environment(let name): "\(name) in the environment"
            case .file(let name, let path, let line): "\(name) in line \(line) of \(path)"
            }
        }

        /// A wrong flag is wrong usage; anything else is wrong configuration.
        var status: ExitStatus {
            if case .flag = self { .usage } else { .configuration }
        }
    }

    /// By name, without the leading dashes.
    var flags: [String: String]
    var environment: [String: String]
    var file: ConfigurationFile

    func find(_ name: String) -> Found? {
        if let text = flags[name] { return Found(text: text, origin: .flag(name)) }
        let variable = Self.variable(name)
        // An empty variable is as good as none.
        if let text = environment[variable], !text.isEmpty {
            return Found(text: text, origin: .environment(variable))
        }
        if let (text, line) = file.values[name] {
            return Found(text: text, origin: .file(name: name, path: file.path, line: line))
        }
        return nil
    }

    /// The value of a setting, read by `parse`; `hint` says what it must be.
    func value<Value>(
        _ name: String, default standard: Value, _ hint: String, _ parse: (String) -> Value?
    ) throws(CommandError) -> Value {
        guard let found = find(name) else { return standard }
        guard let value = parse(found.text) else {
            throw CommandError("\(found.origin.description): '\(found.text)' must be \(hint)", found.origin.status)
        }
        return value
    }

    /// `payload-limit` is `MARTLET_PAYLOAD_LIMIT` in the environment.
    static func variable(_ name: String) -> String {
        "MARTLET_" + name.uppercased().replacing("-", with: "_")
    }
}
