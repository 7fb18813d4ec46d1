// Any octets as a query: the responder must not trap, read outside the image and the query, or answer out of proportion.

import DNSCore
import Responder
import ZoneFile
import ZoneImage

/// The zones of `Zones`, compiled: with NSEC, with NSEC3 and opt-out, and unsigned.
let zones: [CompiledZone] = ["plain", "nsec", "nsec3"].map { name in
    let folder = "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Zones"
    do {
        let records = try ZoneLoader(origin: Name("\(name).test.")).load(path: "\(folder)/\(name).zone").records
        guard let zone = ZoneBuilder.build(records).zone else { fatalError("\(name).zone is refused") }
        return zone
    } catch {
        fatalError("\(name).zone: \(error)")
    }
}

nonisolated(unsafe) private let responder: OfflineResponder = {
    do { return try OfflineResponder(zones) } catch { fatalError("\(error)") }
}()
nonisolated(unsafe) private var inputs = 0

private func test(_ octets: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = QueryInput(UnsafeBufferPointer(start: octets, count: count))
    guard input.message.count <= 65_535 else { return 0 }
    inputs += 1
    let answer = responder.answer(input.message, over: input.isTCP ? .tcp : .udp)
    if !answer.isEmpty {
        precondition(answer.count >= 12 && answer[0..<2] == input.message[0..<2] && answer[2] & 0x80 != 0)
        precondition(input.message[2] & 0x80 == 0, "a response was answered")
        precondition(input.isTCP || answer.count <= 1232)
    }
    if inputs.isMultiple(of: 100_000) { print("\(inputs) inputs, \(responder.lookups) of them about a zone") }
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("FuzzQueries_main")
public func fuzzQueries(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { test($0, $1) }
}
