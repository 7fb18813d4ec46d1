// The drawing of modules in docs/ARCHITECTURE.md is that of Package.swift.

import Foundation
import Testing

@Suite struct ModuleGraphTests {
    private static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: ModuleGraphTests.checkout.appendingPathComponent(path), encoding: .utf8)
    }

    /// Module to its dependencies, by the lines between `<!-- modules -->` and the end of the code block.
    private func drawnModules() throws -> [String: Set<String>] {
        let page = try text("docs/ARCHITECTURE.md")
        let block = try #require(page.components(separatedBy: "<!-- modules -->\n```\n").dropFirst().first)
        let lines = try #require(block.components(separatedBy: "\n```").first).split(separator: "\n")
        return Dictionary(
            uniqueKeysWithValues: lines.map { line in
                let sides = line.components(separatedBy: "→")
                let name = String(sides[0].prefix { $0 != " " })
                return (name, Set(sides.dropFirst().joined().split(separator: " ").map(String.init)))
            })
    }

    /// The targets below `Sources`, each with its dependencies among these.
    private func declaredModules() throws -> [String: Set<String>] {
        let manifest = try text("Package.swift")
        var modules: [String: Set<String>] = [:]
        for kind in [".target(", ".executableTarget(", ".systemLibrary("] {
            for declaration in manifest.components(separatedBy: "\n        \(kind)").dropFirst() {
                // A declaration ends where the next line at its own depth begins.
                let whole = declaration.components(separatedBy: "\n        .")[0]
                guard !whole.contains("path: ") else { continue }
                let words = whole.components(separatedBy: "\"")
                let name = words[1]
                let list = whole.components(separatedBy: "dependencies: [").dropFirst().first?
                    .components(separatedBy: "]")[0]
                let quoted = (list ?? "").components(separatedBy: "\"").enumerated().filter { $0.offset % 2 == 1 }
                modules[name] = Set(quoted.map(\.element))
            }
        }
        return modules
    }

    @Test func theDrawingIsThePackage() throws {
        let (drawn, declared) = (try drawnModules(), try declaredModules())
        #expect(declared.count > 10)
        #expect(Set(drawn.keys) == Set(declared.keys))
        for (module, dependencies) in declared { #expect(drawn[module] == dependencies, "\(module)") }
    }

    @Test func filesThatTheArchitectureNamesAreThere() throws {
        let sources = ModuleGraphTests.checkout.appendingPathComponent("Sources")
        let files = Set(
            FileManager.default.enumerator(atPath: sources.path)?.compactMap {
                ($0 as? String)?.split(separator: "/").last
            }
            .map(String.init) ?? [])
        for word in try text("docs/ARCHITECTURE.md").split(whereSeparator: { !$0.isLetter && !"./".contains($0) })
        where word.hasSuffix(".swift") || word.hasSuffix(".c") {
            let name = String(word.split(separator: "/").last ?? word)
            #expect(files.contains(name) || name == "Package.swift", "\(word)")
        }
    }
}
