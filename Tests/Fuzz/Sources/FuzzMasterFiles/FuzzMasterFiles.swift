// Any octets as a master file: loader, builder and responder must not trap, and what is accepted can be asked.

import DNSCore
import FuzzSupport
import Responder
import ZoneFile
import ZoneImage

nonisolated(unsafe) private let origin: Name = {
    guard let name = Name(wire: [4, 0x74, 0x65, 0x73, 0x74, 0]) else { fatalError("test. is a name") }
    return name
}()
/// Questions for test., one for each of some types.
private let queries: [[UInt8]] = [1, 2, 6, 16, 46, 255].map { type in
    [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 4, 0x74, 0x65, 0x73, 0x74, 0, 0, type, 0, 1]
        + [0, 0, 41, 4, 0xD0, 0, 0, 0x80, 0, 0, 0]
}
/// Before every other input, so that what follows need not be a whole zone.
private let head = Array("@ 1 SOA a b 1 2 3 4 5\n@ 1 NS a\n".utf8)
nonisolated(unsafe) private var inputs = 0
nonisolated(unsafe) private var zones = 0

private func test(_ octets: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: octets, count: count))
    inputs += 1
    if inputs.isMultiple(of: 10_000) { print("\(inputs) inputs, \(zones) of them zones") }
    guard let first = input.first else { return 0 }
    var text = first & 1 == 0 ? head + input.dropFirst() : Array(input.dropFirst())
    // Includes would read files of the machine.
    guard !String(decoding: text, as: UTF8.self).uppercased().contains("$INCLUDE") else { return 0 }
    for _ in 0..<3 {
        do {
            return ask(try ZoneLoader(origin: origin).load(text: text, name: "input").records)
        } catch {
            // The rest may be a zone.
            let spoiled = Set(error.diagnostics.filter { $0.severity == .error }.compactMap { $0.place?.line })
            guard !spoiled.isEmpty else { return 0 }
            let lines = text.split(separator: 10, omittingEmptySubsequences: false)
            text = Array(
                lines.enumerated().filter { !spoiled.contains($0.offset + 1) }.map(\.element).joined(separator: [10]))
        }
    }
    return 0
}

private func ask(_ records: RecordTable) -> CInt {
    guard let zone = ZoneBuilder.build(records).zone, let responder = try? OfflineResponder([zone]) else { return 0 }
    zones += 1
    for query in queries { precondition(!responder.answer(query, over: .tcp).isEmpty) }
    return 0
}

@_cdecl("FuzzMasterFiles_main")
public func fuzzMasterFiles(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    Fuzzer.run(count, arguments) { test($0, $1) }
}
