// The bridge between `Codable` types and JSON values, by way of FoundationEssentials' coders. A body is read and written
// by our own scanner and writer; only a typed message pays for the detour.

import FoundationEssentials

extension JSONValue {
    /// What a `Codable` value looks like in JSON.
    public init(encoding value: some Encodable) throws(BusError) {
        do {
            self = try JSONValue(text: Array(JSONEncoder().encode(value)))
        } catch {
            throw .malformedAnswer("\(type(of: value)) cannot be written as JSON: \(error)")
        }
    }

    /// Reads this value as a `Codable` type.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(BusError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text))
        } catch {
            throw .malformedAnswer("no \(type): \(error)")
        }
    }
}

extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// JSON text of `Codable` values, without a `JSONValue` between: for files and pipes, where there may be much of it.
public enum JSONText {
    /// The text of a value on one line, members sorted by name.
    public static func encode(_ value: some Encodable) throws(BusError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(value))
        } catch {
            throw .malformedAnswer("\(type(of: value)) cannot be written as JSON: \(error)")
        }
    }

    /// Reads a value.
    public static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from text: some Sequence<UInt8>
    ) throws(BusError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text))
        } catch {
            throw .malformedAnswer("no \(type): \(error)")
        }
    }
}
