// The three kinds of body that clients exchange. The daemon passes bodies on unread, save those addressed to itself.

import JSON

/// What a message says.
public enum Body: Hashable, Sendable {
    /// `{"command":["name",params]}`, or `["name"]` without parameters.
    case command(String, JSONValue)
    /// `{"result":[0,value]}`, or `[0]` without a value.
    case result(JSONValue)
    /// `{"result":[code,"text"]}`: positive codes come from clients, negative ones from the daemon.
    case failure(code: Int, text: String)
    /// `{"notification":["name",params]}`.
    case notification(String, JSONValue)

    /// The code of the daemon's answer where nobody received the question.
    static let noSuchRecipientCode = -1
    /// The code of the daemon's answer where the sender's role may not send such a question.
    static let notAllowedCode = -2

    /// Reads a body; nil if it is JSON but none of these.
    public init?(text: ArraySlice<UInt8>) throws(WireError) {
        guard case .object(let members) = try JSONValue(body: text) else { return nil }
        if let command = members["command"], let name = command[0]?.string {
            self = .command(name, command[1] ?? .null)
        } else if let notification = members["notification"], let name = notification[0]?.string {
            self = .notification(name, notification[1] ?? .null)
        } else if let result = members["result"], let code = result[0]?.integer {
            guard code != 0 else {
                self = .result(result[1] ?? .null)
                return
            }
            self = .failure(code: Int(code), text: result[1]?.string ?? result[1]?.description ?? "error \(code)")
        } else {
            return nil
        }
    }

    /// The body as JSON text; parameters and values that are null are left out.
    public var text: [UInt8] { json.text }

    private var json: JSONValue {
        switch self {
        case .command(let name, let params): ["command": Body.pair(.string(name), params)]
        case .notification(let name, let params): ["notification": Body.pair(.string(name), params)]
        case .result(let value): ["result": Body.pair(0, value)]
        case .failure(let code, let text): ["result": [.integer(Int64(code)), .string(text)]]
        }
    }

    private static func pair(_ first: JSONValue, _ second: JSONValue) -> JSONValue {
        .array(second.isNull ? [first] : [first, second])
    }
}
