// A zone with damaged bytes, and a query for it: whatever the bytes are, the responder must not trap or read outside them.
// (In a file, digests would find the damage; this is about what happens when nobody has looked.)

import FuzzSupport
import Responder
import ZoneImage

nonisolated(unsafe) private var inputs = 0
nonisolated(unsafe) private var lookups = 0

/// The zone's number, how many bytes are changed, three octets for each of them, and a query.
private func test(_ octets: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var rest = Array(UnsafeBufferPointer(start: octets, count: count))[...]
    func next() -> UInt8 { rest.popFirst() ?? 0 }
    let zone = FuzzZones.all[Int(next()) % FuzzZones.all.count]
    let changes = next() % 8
    let damaged = zone.replacingOctets { bytes in
        for _ in 0..<changes {
            let place = Int(next()) << 8 | Int(next())
            bytes[place % bytes.count] ^= next()
        }
    }
    let input = QueryInput(rest)
    guard input.message.count <= 65_535, let responder = try? OfflineResponder([damaged]) else { return 0 }
    _ = responder.answer(input.message, over: input.isTCP ? .tcp : .udp)
    inputs += 1
    lookups += responder.lookups
    if inputs.isMultiple(of: 100_000) { print("\(inputs) inputs, \(lookups) of them about a zone") }
    return 0
}

@_cdecl("FuzzImages_main")
public func fuzzImages(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    Fuzzer.run(count, arguments) { test($0, $1) }
}
