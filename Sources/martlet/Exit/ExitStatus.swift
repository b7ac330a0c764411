internal import ArgumentParser

/// How the process ends, in the words of `sysexits.h` where it has one. Scripts depend on these numbers.
struct ExitStatus: Equatable, Sendable {
    let number: Int32

    static let ok = ExitStatus(number: 0)
    /// The job ended dead or cancelled, or something that was checked is wrong.
    static let failure = ExitStatus(number: 1)
    /// The command line is wrong.
    static let usage = ExitStatus(number: 64)
    /// The input, or what was asked, was refused: repeating it will not help.
    static let refused = ExitStatus(number: 65)
    /// There is no such job, or no such file.
    static let unknown = ExitStatus(number: 66)
    /// The server cannot be reached or is not serving.
    static let unavailable = ExitStatus(number: 69)
    /// A fault of ours; of a server also that it can lead no longer.
    static let software = ExitStatus(number: 70)
    /// A limit was reached or the time was over: try again later.
    static let tryAgain = ExitStatus(number: 75)
    /// The configuration is wrong.
    static let configuration = ExitStatus(number: 78)

    /// A process that was asked to end by a signal, as shells count.
    static func signal(_ number: Int32) -> ExitStatus { ExitStatus(number: 128 + number) }

    var code: ExitCode { ExitCode(number) }
}

extension ExitStatus {
    /// The part of every help page that scripts need.
    static let help = """
        Exit status: 0 done; 1 the job ended dead or cancelled; 64 wrong usage; 65 refused, repeating will not help; \
        66 no such job; 69 the server cannot be reached; 70 internal error; 75 a limit was reached or the time is over, \
        try again.
        """
}
