// swift-tools-version: 6.2
import PackageDescription

// Libraries first, daemons thin: every dependency points downwards.

/// For targets with little unsafe code: each unsafe expression is marked.
let strict: [SwiftSetting] = [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")

let package = Package(
    name: "zonecast",
    products: [
        .executable(name: "zonecast", targets: ["zonecast"]),
        .executable(name: "memmgr", targets: ["memmgr"]),
        .executable(name: "authd", targets: ["authd"]),
        .executable(name: "msgq", targets: ["msgq"]),
        .executable(name: "zonesim", targets: ["zonesim"]),
        .executable(name: "zonebench", targets: ["zonebench"]),
        .library(name: "DNSCore", targets: ["DNSCore"]),
        .library(name: "Platform", targets: ["Platform"]),
        .library(name: "ZoneFile", targets: ["ZoneFile"]),
        .library(name: "ZoneImage", targets: ["ZoneImage"]),
        .library(name: "Responder", targets: ["Responder"]),
        .library(name: "Generations", targets: ["Generations"]),
        .library(name: "JSON", targets: ["JSON"]),
        .library(name: "Bus", targets: ["Bus"]),
        .library(name: "BusClient", targets: ["BusClient"]),
        .library(name: "Simulator", targets: ["Simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // What Linux and ldns offer.
        .target(name: "CLinux"),
        .target(name: "CThreadFiles"),
        .systemLibrary(name: "CLDNS", pkgConfig: "ldns", providers: [.apt(["libldns-dev"])]),

        // Libraries.
        .target(name: "DNSCore", swiftSettings: strict),
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Platform", dependencies: ["CLinux", logging], swiftSettings: strict),
        .target(
            name: "CommandOptions", dependencies: ["DNSCore", "JSON", "Platform", argumentParser], swiftSettings: strict
        ),
        .target(
            name: "ZoneFile", dependencies: ["CLinux", "DNSCore", "Platform", crypto], swiftSettings: strict),
        .target(name: "ZoneImage", dependencies: ["CLinux", "DNSCore", "Platform", crypto]),
        .target(name: "ZoneAudit", dependencies: ["CLDNS", "DNSCore", "ZoneImage", crypto], swiftSettings: strict),
        .target(name: "Responder", dependencies: ["CLinux", "DNSCore", "ZoneImage"]),
        .target(name: "Generations", swiftSettings: strict),
        .target(name: "Bus", dependencies: ["JSON"], swiftSettings: strict),
        .target(name: "BusClient", dependencies: ["Bus", "JSON", "Platform", nio, nioPosix], swiftSettings: strict),
        .target(name: "Simulator", dependencies: ["Bus", "Generations", "JSON"], swiftSettings: strict),

        // Programs.
        .executableTarget(
            name: "msgq",
            dependencies: ["Bus", "CLinux", "CommandOptions", "Platform", argumentParser, logging, nio, nioPosix],
            swiftSettings: strict),
        .executableTarget(
            name: "memmgr",
            dependencies: [
                "Bus", "BusClient", "CLinux", "CThreadFiles", "CommandOptions", "DNSCore", "Generations", "JSON",
                "Platform", "Responder", "ZoneAudit", "ZoneFile", "ZoneImage", argumentParser, crypto, logging, nio,
                nioPosix,
            ], swiftSettings: strict),
        .executableTarget(
            name: "authd",
            dependencies: [
                "Bus", "BusClient", "CLinux", "CThreadFiles", "CommandOptions", "DNSCore", "Generations", "JSON",
                "Platform", "Responder", "ZoneImage", argumentParser, logging, nio, nioPosix,
            ]),
        .executableTarget(
            name: "zonecast",
            dependencies: [
                "Bus", "BusClient", "CLinux", "CommandOptions", "JSON", "Platform", argumentParser, logging,
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "zonesim", dependencies: ["Platform", "Simulator", argumentParser], swiftSettings: strict),

        // The benchmark, beside its results.
        .target(name: "CTraffic", dependencies: ["CLinux"], path: "bench/CTraffic"),
        .executableTarget(
            name: "zonebench", dependencies: ["CLinux", "CTraffic", "DNSCore", "Platform", argumentParser, histogram],
            path: "bench/zonebench"),

        // Tests.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .target(
            name: "ResponderModel",
            dependencies: ["TestSupport", "DNSCore", "Responder", "ZoneFile", "ZoneImage"],
            path: "Tests/ResponderModel"),
        .target(name: "CAllocations", path: "Tests/CAllocations"),
        .target(name: "CSandboxTrial", dependencies: ["CLinux", "CThreadFiles"], path: "Tests/CSandboxTrial"),
        .executableTarget(
            name: "zoneproof",
            dependencies: [
                "CAllocations", "DNSCore", "Platform", "Responder", "ResponderModel", "ZoneImage", argumentParser,
            ], path: "Tests/zoneproof"),
        .testTarget(name: "HouseTests"),
        .testTarget(name: "DNSCoreTests", dependencies: ["DNSCore"], swiftSettings: strict),
        .testTarget(
            name: "PlatformTests",
            dependencies: ["TestSupport", "CLinux", "CSandboxTrial", "CThreadFiles", "Platform", logging]),
        .testTarget(
            name: "ZoneFileTests", dependencies: ["TestSupport", "CLDNS", "DNSCore", "ZoneFile"], swiftSettings: strict),
        .testTarget(
            name: "ZoneImageTests",
            dependencies: ["TestSupport", "CLinux", "DNSCore", "Platform", "ZoneFile", "ZoneImage", crypto]),
        .testTarget(
            name: "ResponderTests",
            dependencies: [
                "TestSupport", "CLinux", "DNSCore", "Platform", "Responder", "ResponderModel", "ZoneFile", "ZoneImage",
            ]),
        .testTarget(name: "GenerationsTests", dependencies: ["Generations"], swiftSettings: strict),
        .testTarget(name: "BusTests", dependencies: ["TestSupport", "Bus", "JSON"], swiftSettings: strict),
        .testTarget(
            name: "BusClientTests", dependencies: ["TestSupport", "Bus", "BusClient", "JSON", "Platform", "msgq"],
            exclude: ["BIND10"],
            swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["TestSupport", "JSON"], swiftSettings: strict),
        .testTarget(
            name: "MemmgrTests",
            dependencies: [
                "TestSupport", "Bus", "BusClient", "DNSCore", "Generations", "JSON", "Platform", "ZoneFile",
                "ZoneImage",
                "memmgr", "msgq",
            ], swiftSettings: strict),
        .testTarget(
            name: "ZonecastTests",
            dependencies: ["TestSupport", "Bus", "BusClient", "JSON", "Platform", "msgq", "zonecast", logging]),
        .testTarget(
            name: "SimulatorTests", dependencies: ["Bus", "Generations", "Simulator"], swiftSettings: strict),
        .testTarget(
            name: "ZonebenchTests", dependencies: ["TestSupport", "CLinux", "DNSCore", "Platform", "zonebench"]),
        .testTarget(name: "EndToEndTests", dependencies: ["TestSupport", "authd", "memmgr", "msgq", "zonecast"]),
    ]
)
