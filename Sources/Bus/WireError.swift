// Why bytes from the bus are not what the protocol says. The daemon ends the client that sent them, a client treats the
// bus as lost: after such an error nobody knows where the next frame begins or what was meant.

import JSON

/// A fault in a frame, its header or a body.
public enum WireError: Error, Hashable, Sendable {
    /// The length field announces more than the limit.
    case frameTooLong(length: Int, limit: Int)
    /// The length field leaves no room for a header.
    case frameTooShort(length: Int)
    /// The header's length is 0.
    case emptyHeader
    /// The header's length exceeds the frame's.
    case headerOverrun(header: Int, frame: Int)
    /// A header to be written has more than 65,535 bytes.
    case headerTooLong(length: Int)
    /// A header or body that is not JSON.
    case notJSON(JSONError)
    /// A header that is JSON, but no object.
    case headerNotObject
}

extension WireError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .frameTooLong(let length, let limit): "a frame of \(length) bytes, the limit is \(limit)"
        case .frameTooShort(let length): "a frame of \(length) bytes, too short for a header"
        case .emptyHeader: "a frame without a header"
        case .headerOverrun(let header, let frame): "a header of \(header) bytes in a frame of \(frame)"
        case .headerTooLong(let length): "a header of \(length) bytes, the limit is 65535"
        case .notJSON(let error): "\(error)"
        case .headerNotObject: "a header that is no JSON object"
        }
    }
}

extension JSONValue {
    /// Reads the JSON text of a body.
    init(body text: ArraySlice<UInt8>) throws(WireError) {
        do { self = try JSONValue(text: text) } catch { throw .notJSON(error) }
    }
}
