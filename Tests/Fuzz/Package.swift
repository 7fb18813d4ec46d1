// swift-tools-version: 6.2
import PackageDescription

// A package of its own: what is linked with libFuzzer can't be part of a package that is tested in other ways. It is built
// with `-Xswiftc -sanitize=fuzzer,address`, for all modules; `./run` does that.

let zonecast = ["DNSCore", "Responder", "ZoneFile", "ZoneImage"].map {
    Target.Dependency.product(name: $0, package: "zonecast")
}

func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["FuzzSupport"] + zonecast, swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "zonecast", path: "../..")],
    targets: [
        .target(name: "FuzzSupport", dependencies: zonecast),
        fuzzer("FuzzQueries"),
        fuzzer("FuzzMasterFiles"),
        fuzzer("FuzzImages"),
    ]
)
