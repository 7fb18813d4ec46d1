// JSON text of `Codable` values.

public enum JSONText {
    /// The text of a value on one line, members sorted by name.
    public static func encode(_ value: some Encodable) throws(JSONError) -> [UInt8] {
        try JSONValue(encoding: value).text
    }

    /// Reads a value.
    public static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from text: some Sequence<UInt8>
    ) throws(JSONError) -> Value {
        try JSONValue(text: Array(text)).decode(type)
    }
}
