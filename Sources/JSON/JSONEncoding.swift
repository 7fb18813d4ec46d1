// From `Codable` types to JSON values, without text between: a typed message costs a walk over its members and no more.

extension JSONValue {
    /// What a `Codable` value looks like in JSON.
    /// - Throws: `JSONError.unencodable` for what its `encode(to:)` throws.
    public init(encoding value: some Encodable) throws(JSONError) {
        do {
            self = try ValueEncoder.encode(value)
        } catch let error as JSONError {
            throw error
        } catch {
            throw .unencodable("\(type(of: value)) cannot be written as JSON: \(error)")
        }
    }
}

/// What has been encoded so far for one value, and the values within it that have containers of their own.
private final class EncodedNode {
    enum Content {
        case single(JSONValue)
        case keyed([String: JSONValue], nested: [String: EncodedNode])
        case unkeyed([JSONValue], nested: [Int: EncodedNode])
    }

    var content = Content.single(.null)

    var value: JSONValue {
        switch content {
        case .single(let value): return value
        case .keyed(let members, let nested): return .object(members.merging(nested.mapValues(\.value)) { $1 })
        case .unkeyed(var elements, let nested):
            for (index, node) in nested { elements[index] = node.value }
            return .array(elements)
        }
    }

    func beginKeyed() {
        if case .keyed = content { return }
        content = .keyed([:], nested: [:])
    }

    func beginUnkeyed() {
        if case .unkeyed = content { return }
        content = .unkeyed([], nested: [:])
    }

    func set(_ value: JSONValue, for key: String) {
        guard case .keyed(var members, let nested) = content else { return }
        content = .single(.null)
        members[key] = value
        content = .keyed(members, nested: nested)
    }

    func append(_ value: JSONValue) {
        guard case .unkeyed(var elements, let nested) = content else { return }
        content = .single(.null)
        elements.append(value)
        content = .unkeyed(elements, nested: nested)
    }

    /// A value that is still to be encoded, as a member.
    func nest(for key: String) -> EncodedNode {
        let node = EncodedNode()
        guard case .keyed(let members, var nested) = content else { return node }
        nested[key] = node
        content = .keyed(members, nested: nested)
        return node
    }

    /// A value that is still to be encoded, as an element.
    func nest() -> EncodedNode {
        let node = EncodedNode()
        guard case .unkeyed(let elements, var nested) = content else { return node }
        nested[elements.count] = node
        content = .unkeyed(elements + [.null], nested: nested)
        return node
    }

    var count: Int {
        if case .unkeyed(let elements, _) = content { elements.count } else { 0 }
    }
}

private struct ValueEncoder: Encoder {
    let node: EncodedNode
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func encode(_ value: some Encodable) throws -> JSONValue {
        if let value = value as? JSONValue { return value }
        let encoder = ValueEncoder(node: EncodedNode())
        try value.encode(to: encoder)
        return encoder.node.value
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.beginKeyed()
        return KeyedEncodingContainer(KeyedValues(node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.beginUnkeyed()
        return UnkeyedValues(node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleValue(node: node) }
}

private func number(_ value: some FixedWidthInteger & SignedInteger) -> JSONValue { .integer(Int64(value)) }

/// A number of 63 bits at the most: what is larger would be read as another one, and is an error.
private func number(_ value: some FixedWidthInteger & UnsignedInteger) throws(JSONError) -> JSONValue {
    guard let number = Int64(exactly: value) else { throw .unencodable("\(value) is above 2^63-1") }
    return .integer(number)
}

private struct KeyedValues<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodedNode
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { node.set(.null, for: key.stringValue) }
    func encode(_ value: Bool, forKey key: Key) { node.set(.bool(value), for: key.stringValue) }
    func encode(_ value: String, forKey key: Key) { node.set(.string(value), for: key.stringValue) }
    func encode(_ value: Double, forKey key: Key) { node.set(.number(value), for: key.stringValue) }
    func encode(_ value: Float, forKey key: Key) { node.set(.number(Double(value)), for: key.stringValue) }
    func encode(_ value: Int, forKey key: Key) { node.set(number(value), for: key.stringValue) }
    func encode(_ value: Int8, forKey key: Key) { node.set(number(value), for: key.stringValue) }
    func encode(_ value: Int16, forKey key: Key) { node.set(number(value), for: key.stringValue) }
    func encode(_ value: Int32, forKey key: Key) { node.set(number(value), for: key.stringValue) }
    func encode(_ value: Int64, forKey key: Key) { node.set(number(value), for: key.stringValue) }
    func encode(_ value: UInt, forKey key: Key) throws { node.set(try number(value), for: key.stringValue) }
    func encode(_ value: UInt8, forKey key: Key) throws { node.set(try number(value), for: key.stringValue) }
    func encode(_ value: UInt16, forKey key: Key) throws { node.set(try number(value), for: key.stringValue) }
    func encode(_ value: UInt32, forKey key: Key) throws { node.set(try number(value), for: key.stringValue) }
    func encode(_ value: UInt64, forKey key: Key) throws { node.set(try number(value), for: key.stringValue) }
    func encode(_ value: some Encodable, forKey key: Key) throws {
        node.set(try ValueEncoder.encode(value), for: key.stringValue)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        ValueEncoder(node: node.nest(for: key.stringValue)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        ValueEncoder(node: node.nest(for: key.stringValue)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { ValueEncoder(node: node.nest(for: "super")) }
    func superEncoder(forKey key: Key) -> any Encoder { ValueEncoder(node: node.nest(for: key.stringValue)) }
}

private struct UnkeyedValues: UnkeyedEncodingContainer {
    let node: EncodedNode
    var codingPath: [any CodingKey] { [] }
    var count: Int { node.count }

    func encodeNil() { node.append(.null) }
    func encode(_ value: Bool) { node.append(.bool(value)) }
    func encode(_ value: String) { node.append(.string(value)) }
    func encode(_ value: some Encodable) throws { node.append(try ValueEncoder.encode(value)) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        ValueEncoder(node: node.nest()).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        ValueEncoder(node: node.nest()).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { ValueEncoder(node: node.nest()) }
}

private struct SingleValue: SingleValueEncodingContainer {
    let node: EncodedNode
    var codingPath: [any CodingKey] { [] }

    private func put(_ value: JSONValue) { node.content = .single(value) }

    func encodeNil() { put(.null) }
    func encode(_ value: Bool) { put(.bool(value)) }
    func encode(_ value: String) { put(.string(value)) }
    func encode(_ value: Double) { put(.number(value)) }
    func encode(_ value: Float) { put(.number(Double(value))) }
    func encode(_ value: Int) { put(number(value)) }
    func encode(_ value: Int8) { put(number(value)) }
    func encode(_ value: Int16) { put(number(value)) }
    func encode(_ value: Int32) { put(number(value)) }
    func encode(_ value: Int64) { put(number(value)) }
    func encode(_ value: UInt) throws { put(try number(value)) }
    func encode(_ value: UInt8) throws { put(try number(value)) }
    func encode(_ value: UInt16) throws { put(try number(value)) }
    func encode(_ value: UInt32) throws { put(try number(value)) }
    func encode(_ value: UInt64) throws { put(try number(value)) }
    func encode(_ value: some Encodable) throws { put(try ValueEncoder.encode(value)) }
}

extension JSONValue: Encodable {
    /// For other encoders; our own takes the value as it is.
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
