internal import Glibc

/// What a new process has as its standard input.
enum SpawnInput {
    case nothing
    case descriptor(Int32)
}

/// Starts a program in a process group (0: one of its own) and returns its process id.
///
/// - Parameters:
///   - output: the file that standard output is appended to; nil leaves it the parent's.
///   - errors: the same for standard error.
func spawn(
    _ program: String, _ arguments: [String], input: SpawnInput, output: String?, errors: String?, group: pid_t
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    switch input {
    case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
    }
    for (descriptor, path) in [(Int32(1), output), (2, errors)] {
        guard let path else { continue }
        posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, group)

    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, program, &actions, &attributes, words, environ)
    guard failure == 0 else {
        throw HarnessError("cannot start \(program): \(String(cString: strerror(failure)))")
    }
    return pid
}
