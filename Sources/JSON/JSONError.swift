// Why a text is not JSON, or a value is not of the type that was expected.

public enum JSONError: Error, Hashable, Sendable {
    /// Text that is not JSON, at this byte.
    case malformed(JSONProblem, at: Int)
    /// A value that does not have the form of the type that is read; `path` leads to it from the outermost value.
    case mismatch(path: String, expected: String)
    /// A value that has no form in JSON.
    case unencodable(String)
}

/// What is wrong with a piece of JSON text.
public enum JSONProblem: String, Hashable, Sendable {
    case notUTF8 = "bytes that are not UTF-8"
    case unexpectedEnd = "the text ends early"
    case unexpectedByte = "a byte that cannot occur here"
    case badEscape = "an escape that does not exist"
    case controlCharacter = "a control character in a string"
    case badNumber = "a malformed number"
    case numberTooLarge = "a number too large"
    case tooDeep = "nested too deeply"
    case trailingText = "text after the value"
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let problem, let place): "\(problem.rawValue), at byte \(place)"
        case .mismatch(let path, let expected): "expected \(expected)" + (path.isEmpty ? "" : " at \(path)")
        case .unencodable(let reason): reason
        }
    }
}
