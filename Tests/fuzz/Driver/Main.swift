internal import CFuzzer
internal import Glibc

@testable internal import MartletFuzz

/// `martlet-fuzz --target=NAME [what libFuzzer takes]`, `martlet-fuzz list`, `martlet-fuzz seed FOLDER`.
@main
enum Main {
    /// libFuzzer calls a plain function, which can hold nothing.
    nonisolated(unsafe) private static var target = FuzzTarget.all[0]
    private static let flag = "--target="

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().first) {
        case ("list", nil):
            for target in FuzzTarget.all { print(target.name, target.longest) }
        case ("seed", let folder?):
            for target in FuzzTarget.all { seed(target, in: folder) }
        case (let word?, _) where word.hasPrefix(flag):
            let name = word.dropFirst(flag.count)
            guard let found = FuzzTarget.all.first(where: { $0.name == name }) else { return fail("no target \(name)") }
            target = found
            exit(run())
        default:
            fail("usage: martlet-fuzz list | seed FOLDER | \(flag)NAME [OPTION ...] [CORPUS ...]")
        }
    }

    /// libFuzzer passes over what begins with two dashes, and hands it on when it starts the program again.
    private static func run() -> CInt {
        var argc = CommandLine.argc
        var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        return LLVMFuzzerRunDriver(&argc, &argv) { data, size in
            do {
                try Main.target.check(UnsafeRawBufferPointer(start: data, count: size))
                return 0
            } catch {
                fatalError("\(Main.target.name): \(error)")
            }
        }
    }

    private static func seed(_ target: FuzzTarget, in folder: String) {
        let own = "\(folder)/\(target.name)"
        mkdir(folder, 0o755)
        mkdir(own, 0o755)
        for (index, bytes) in target.seeds().enumerated() {
            guard let file = fopen("\(own)/seed-\(index)", "w") else { return fail("cannot write into \(own)") }
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
    }

    private static func fail(_ message: String) {
        let line = "martlet-fuzz: \(message)\n"
        write(STDERR_FILENO, line, line.utf8.count)
        exit(64)
    }
}
