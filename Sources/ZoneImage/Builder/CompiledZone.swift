// What the builder makes of a zone's records: bytes that can be written to an image, or looked up in where they are.

import DNSCore

/// A zone in the form in which it is served, relocatable, not yet in a file.
public struct CompiledZone: Sendable {
    /// The zone's apex in lower case.
    public let apex: Name
    public let rrClass: RRClass
    public let serial: Serial
    /// The records, duplicates counted once.
    public let recordCount: Int
    /// The zone as it stands in an image: see `ImageLayout.swift`.
    package let content: ZoneBytes

    /// The zone's size within an image, in bytes.
    public var size: Int { content.count }

    /// The digest of the zone's bytes: equal for equal content, wherever the zone stands.
    package var digest: ContentDigest { content.withUnsafeBytes { unsafe ContentDigest(of: $0) } }

    /// The zone with other bytes, whatever they are: for tests that a reader survives damage.
    public func replacingOctets(_ change: (inout [UInt8]) -> Void) -> CompiledZone {
        var octets = content.array
        change(&octets)
        var buffer = GrowingBuffer<UInt8>(capacity: octets.count)
        octets.withUnsafeBytes { unsafe buffer.append(copying: $0) }
        return CompiledZone(
            apex: apex, rrClass: rrClass, serial: serial, recordCount: recordCount, content: ZoneBytes(buffer))
    }

    /// Calls `body` with the zone as lookups see it. The view is good for that call only.
    package func withView<Result>(_ body: (ZoneView) throws -> Result) rethrows -> Result? {
        try content.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let view = unsafe ZoneView(
                    image: ImageBytes(base: base, count: bytes.count), offset: 0, length: bytes.count)
            else { return nil }
            return try body(view)
        }
    }
}

extension CompiledZone {
    /// A zone of an image, to be written to another one. Its bytes stay where they are.
    ///
    /// - Throws: `ImageError` when no zone is at `location`.
    package init(of image: ImageFile, at location: ZoneLocation) throws(ImageError) {
        let zone = try image.zone(at: location)
        self.init(
            apex: zone.apex, rrClass: zone.rrClass, serial: zone.serial, recordCount: zone.recordCount,
            content: ZoneBytes(of: zone, in: image))
    }
}

/// The bytes of a compiled zone, with any number of owners: in memory of their own, or in an image.
@safe
package final class ZoneBytes: Sendable {
    // Sendable: nobody changes it.
    private nonisolated(unsafe) let buffer: GrowingBuffer<UInt8>
    private let mapped: (zone: ZoneView, image: ImageFile)?

    init(_ buffer: consuming GrowingBuffer<UInt8>) {
        self.buffer = buffer
        mapped = nil
    }

    fileprivate init(of zone: ZoneView, in image: ImageFile) {
        buffer = GrowingBuffer(capacity: 0)
        mapped = (zone, image)
    }

    package var count: Int { mapped?.zone.bytes.count ?? buffer.count }

    /// Calls `body` with the bytes.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        defer { withExtendedLifetime(self) {} }
        // Safe: the image is mapped as long as this object lives.
        if let bytes = mapped?.zone.bytes { return try unsafe body(bytes.slice(at: 0, length: bytes.count)) }
        return try unsafe body(buffer.octets)
    }

    /// A copy of the bytes.
    package var array: [UInt8] { withUnsafeBytes { unsafe Array($0) } }
}
