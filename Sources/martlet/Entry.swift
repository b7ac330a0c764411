internal import ArgumentParser
internal import Glibc

/// Where the process begins: parses, runs, and turns every ending into words and an exit status.
@main
enum Entry {
    static func main() async {
        // A reader that goes away, such as `head`, shows up as an error of the write.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try MartletCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as CommandError {
            Console.complain("martlet: \(error.message)")
            exit(error.status.number)
        } catch {
            MartletCommand.exit(withError: error)
        }
        exit(0)
    }
}
