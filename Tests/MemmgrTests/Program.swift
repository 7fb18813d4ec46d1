// The real programs, run as a person would: arguments in; exit code, standard output and standard error out.

import FoundationEssentials
import Glibc
import Platform
import TestSupport
import Testing

/// The programs under test, beside the test binary.
enum Program {
    /// What a program that has ended leaves.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    static func path(_ name: String) throws -> String {
        if name.hasPrefix("/") { return name }
        if let folder = Environment[Variable.binaries] { return "\(folder)/\(name)" }
        // The test runner is .build/…/debug/<package>PackageTests.xctest, or runs it.
        let candidates = [SiblingBinary.own()] + CommandLine.arguments
        for candidate in candidates {
            let folder = candidate.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            let path = (folder + [Substring(name)]).joined(separator: "/")
            if unsafe access(path, X_OK) == 0 { return path }
        }
        throw TestFailure("no program \(name) beside \(candidates)")
    }

    /// Runs `memmgr` to its end.
    static func memmgr(_ arguments: String..., in folder: TemporaryFolder) async throws -> Result {
        try await run("memmgr", arguments, in: folder)
    }

    /// Runs a program to its end. The shell is there for its redirections.
    ///
    /// It waits without blocking its thread, of which the tests that run at once have few.
    static func run(_ name: String, _ arguments: [String], in folder: TemporaryFolder) async throws -> Result {
        let id = "\(UInt64.random(in: 0 ... .max))"
        let shell = try ChildProcess(
            ChildCommand(
                "/bin/sh",
                ["-c", #"cd "$1"; o="$2.out"; e="$2.err"; shift 2; exec "$@" >"$o" 2>"$e""#, "sh", folder.path, id]
                    + [try path(name)] + arguments))
        let end = try await end(of: shell)
        let errors = String(decoding: try folder.read("\(id).err"), as: UTF8.self)
        guard case .exited(let status) = end else { throw TestFailure("\(name) \(arguments) \(end): \(errors)") }
        return Result(
            status: status, output: String(decoding: try folder.read("\(id).out"), as: UTF8.self), errors: errors)
    }

    /// Waits until a process of ours ends.
    static func end(of process: ChildProcess) async throws -> ProcessEnd {
        var end: ProcessEnd?
        do {
            try await eventually("process \(process.id) ends") {
                end = try process.end()
                return end != nil
            }
        } catch {
            process.send(.kill)
            throw error
        }
        guard let end else { throw TestFailure("process \(process.id) has no end") }
        return end
    }
}

/// The zones that come with the project, and the root zone.
enum Zones {
    /// The package's folder, seen from this file.
    static let packageFolder = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    static var examples: [String] {
        let folder = "\(packageFolder)/zones"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".zone") }.sorted().map { "\(folder)/\($0)" }
    }

    /// `ZONECAST_ROOT_ZONE`, else the file beside the package; nil where there is none.
    static var root: String? {
        let path = Environment["ZONECAST_ROOT_ZONE"] ?? "\(packageFolder)/../shared/data/root.zone"
        return unsafe access(path, R_OK) == 0 ? path : nil
    }
}
