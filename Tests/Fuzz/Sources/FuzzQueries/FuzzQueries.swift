// Any octets as a query: the responder must not trap, read outside the image and the query, or answer out of proportion.

import FuzzSupport
import Responder

nonisolated(unsafe) private let responder: OfflineResponder = {
    do { return try OfflineResponder(FuzzZones.all) } catch { fatalError("\(error)") }
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

@_cdecl("FuzzQueries_main")
public func fuzzQueries(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    Fuzzer.run(count, arguments) { test($0, $1) }
}
