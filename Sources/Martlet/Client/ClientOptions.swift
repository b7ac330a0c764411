/// How a client behaves.
public struct ClientOptions: Sendable {
    /// How long a submission goes on trying, and `result` and `wait` go on asking, while the server cannot be reached
    /// or is full. Other calls try once.
    public var patience: Duration

    public init(patience: Duration = .seconds(30)) {
        self.patience = patience
    }

    public static let standard = ClientOptions()
}
