// swift-tools-version:6.2
import PackageDescription

/// MARTLET_FUZZ=1 makes another package of the same rooms: instrumented for libFuzzer, and nothing but what is fuzzed.
let isFuzzed = Context.environment["MARTLET_FUZZ"] == "1"
let instrumentation = ["-sanitize=fuzzer,address"]

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzed ? [.unsafeFlags(instrumentation + ["-enable-testing"])] : [])

extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncAlgorithms: Self = .product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let dequeModule: Self = .product(name: "DequeModule", package: "swift-collections")
    static let grpcCore: Self = .product(name: "GRPCCore", package: "grpc-swift-2")
    static let grpcInProcess: Self = .product(name: "GRPCInProcessTransport", package: "grpc-swift-2")
    static let grpcNIO: Self = .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
    static let grpcProtobuf: Self = .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
    static let httpTypes: Self = .product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioHPACK: Self = .product(name: "NIOHPACK", package: "swift-nio-http2")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTP2: Self = .product(name: "NIOHTTP2", package: "swift-nio-http2")
    static let nioHTTPTypes: Self = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioEmbedded: Self = .product(name: "NIOEmbedded", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess: Self = .product(name: "Subprocess", package: "swift-subprocess")
    static let swiftProtobuf: Self = .product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
}

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A value of its own, since it is fuzzed as a library.
let command: Target = .executableTarget(
    name: "martlet-cli",
    dependencies: [
        "CMartletSystem", "Martlet", "MartletCore", "MartletGateway", "MartletLog", "MartletLogSQLite",
        "MartletNode",
        "MartletSQLite", "MartletView", "MartletWire", .argumentParser, .logging, .nioCore, .nioPosix,
        .serviceLifecycle,
        .unixSignals,
    ],
    path: "Sources/martlet",
    exclude: ["CSystem"],
    swiftSettings: settings)

/// What is held against bytes of any kind: by libFuzzer, and file by file in `MartletFuzzTests`.
let fuzzed: [Target.Dependency] = [
    "Martlet", "MartletCore", "MartletGateway", "MartletLog", "MartletLogSQLite", "MartletNode", "MartletSQLite",
    "MartletView", "MartletWire", "martlet-cli", .argumentParser, .grpcCore, .httpTypes, .nioCore,
    .swiftProtobuf,
]

let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Martlet", targets: ["Martlet"]),
        .executable(name: "martlet", targets: ["martlet-cli"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf.git", from: "2.4.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CMartletSystem", path: "Sources/martlet/CSystem"),
        room("MartletCore"),
        .target(name: "CMartletPages", dependencies: ["CSQLite"]),
        room("MartletSQLite", ["CMartletPages", "CSQLite"]),
        room("MartletLog", [.crypto]),
        room("MartletLogTesting", ["MartletLog"]),
        room("MartletLogSQLite", ["MartletLog", "MartletSQLite"]),
        room("MartletView", ["MartletCore", "MartletSQLite"]),
        room("MartletWire", [.grpcCore, .grpcProtobuf, .nioCore, .swiftProtobuf]),
        room("MartletNode", ["MartletCore", "MartletLog", "MartletView", "MartletWire", .logging, .nioCore]),
        room(
            "MartletGateway",
            [
                "MartletCore", "MartletNode", "MartletView", "MartletWire", .grpcCore, .grpcNIO, .grpcProtobuf,
                .httpTypes,
                .hummingbird, .hummingbirdCore, .logging, .nioCore, .nioHPACK, .nioHTTP1, .nioHTTP2,
                .nioHTTPTypes, .nioPosix, .serviceLifecycle, .swiftProtobuf,
            ]),
        room(
            "Martlet",
            [
                "MartletWire", .grpcCore, .grpcNIO, .grpcProtobuf, .logging, .nioCore, .nioPosix, .serviceLifecycle,
                .swiftProtobuf,
            ]),
        command,
        room("MartletHarness"),
        .executableTarget(
            name: "martlet-demo",
            dependencies: [
                "Martlet", "MartletHarness", .argumentParser, .crypto, .logging, .serviceLifecycle, .unixSignals,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "martlet-bench",
            dependencies: [
                "Martlet", "MartletHarness", "MartletLog", "MartletLogSQLite", .argumentParser, .logging,
                .serviceLifecycle, .unixSignals,
            ],
            swiftSettings: settings),
        room(
            "MartletSim",
            [
                "MartletCore", "MartletLog", "MartletNode", "MartletView", "MartletWire", .logging, .nioCore,
                .nioEmbedded,
            ]),
        .executableTarget(
            name: "martlet-sim", dependencies: ["MartletSim", .argumentParser], swiftSettings: settings),
        tests("MartletCoreTests", ["MartletCore"]),
        tests("MartletSimTests", ["MartletSim", "MartletSQLite"]),
        tests(
            "MartletTests",
            [
                "Martlet", "MartletWire", .grpcCore, .grpcInProcess, .grpcNIO, .grpcProtobuf, .logging, .nioCore,
                .nioPosix,
                .serviceLifecycle, .swiftProtobuf,
            ]),
        tests(
            "MartletCommandTests",
            [
                "CMartletSystem", "Martlet", "MartletLog", "MartletLogSQLite", "MartletNode", "MartletSQLite",
                "martlet-cli",
                .logging,
            ]),
        tests(
            "MartletGatewayTests",
            [
                "MartletCore", "MartletGateway", "MartletLog", "MartletNode", "MartletView", "MartletWire", .grpcCore,
                .grpcNIO, .grpcProtobuf, .logging, .nioCore, .nioEmbedded, .nioHTTP2, .nioHTTPTypes, .nioPosix,
                .serviceLifecycle, .swiftProtobuf,
            ]),
        tests("HouseTests", []),
        tests("MartletWireTests", ["MartletWire", .swiftProtobuf]),
        tests("MartletLogTests", ["MartletLog", "MartletLogTesting"]),
        tests("MartletLogSQLiteTests", ["MartletLog", "MartletLogSQLite", "MartletLogTesting", "MartletSQLite"]),
        tests("MartletViewTests", ["MartletCore", "MartletSQLite", "MartletView"]),
        tests(
            "MartletNodeTests",
            [
                "MartletCore", "MartletLog", "MartletLogSQLite", "MartletNode", "MartletSQLite", "MartletView",
                "MartletWire", .logging, .nioCore, .nioEmbedded, .nioPosix, .swiftProtobuf,
            ]),
        tests("MartletFuzzTests", fuzzed),
    ]
)

if isFuzzed {
    package.products = []
    package.targets.removeAll {
        $0.type == .test || ["MartletHarness", "MartletLogTesting", "MartletSim"].contains($0.name)
            || ["martlet-bench", "martlet-cli", "martlet-demo", "martlet-sim"].contains($0.name)
    }
    package.targets += [
        // The command as a library: an executable can be imported by tests only.
        .target(
            name: "martlet-cli", dependencies: command.dependencies, path: command.path,
            exclude: command.exclude + ["Entry.swift"], swiftSettings: settings),
        .systemLibrary(name: "CFuzzer", path: "Tests/fuzz/CFuzzer"),
        .target(
            name: "MartletFuzz", dependencies: fuzzed, path: "Tests/MartletFuzzTests/Targets", swiftSettings: settings),
        .executableTarget(
            name: "martlet-fuzz", dependencies: ["CFuzzer", "MartletFuzz"], path: "Tests/fuzz/Driver",
            swiftSettings: settings, linkerSettings: [.unsafeFlags(instrumentation + ["-use-ld=lld"])]),
    ]
}
