// swift-tools-version: 6.2
import PackageDescription

// A package of its own: what is linked with libFuzzer can't be part of a package that is tested in other ways. It is built
// with `-Xswiftc -sanitize=fuzzer,address`, for all modules; `./run` does that.

func fuzzer(_ name: String, _ dependencies: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .product(name: $0, package: "zonecast") },
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "zonecast", path: "../..")],
    targets: [
        fuzzer("FuzzQueries", ["DNSCore", "Responder", "ZoneFile", "ZoneImage"]),
        fuzzer("FuzzMasterFiles", ["DNSCore", "Responder", "ZoneFile", "ZoneImage"]),
    ]
)
