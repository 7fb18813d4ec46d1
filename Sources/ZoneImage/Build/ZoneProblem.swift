// What the builder finds wrong with a zone's records. Problems name rows of the record table; the loader turns a row
// into file, line and column.

import DNSCore

/// Something that is wrong or questionable with the records of a zone.
public struct ZoneProblem: Hashable, Sendable {
    /// Whether the zone can be served all the same.
    public enum Severity: Sendable { case error, warning }

    public let severity: Severity
    /// The record's row in the table; nil for what concerns the zone as a whole.
    public let row: Int?
    /// What was found and what was expected, in a sentence without a full stop.
    public let message: String
    /// Whether validating resolvers will reject answers for it.
    public let breaksValidation: Bool

    static func error(_ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .error, row: row, message: message, breaksValidation: false)
    }

    static func warning(_ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .warning, row: row, message: message, breaksValidation: false)
    }

    /// A zone that can be served, to those who do not validate.
    static func unprovable(_ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .warning, row: row, message: message, breaksValidation: true)
    }
}

/// Which rules of the builder are relaxed.
public struct BuildOptions: Hashable, Sendable {
    /// Serve a zone without NS records at its apex.
    public var allowsMissingNS: Bool
    /// The most NSEC3 iterations of a zone that is served (RFC 9276, section 3.1): each denial takes as many hashes.
    public var iterationLimit: UInt16
    /// The time by which signatures are judged, in seconds since 1970; nil for not at all.
    public var now: UInt32?

    /// The limit that RFC 5155, section 10.3, sets for the longest keys.
    public static let defaultIterationLimit: UInt16 = 2500

    public init(
        allowsMissingNS: Bool = false, iterationLimit: UInt16 = BuildOptions.defaultIterationLimit, now: UInt32? = nil
    ) {
        self.allowsMissingNS = allowsMissingNS
        self.iterationLimit = iterationLimit
        self.now = now
    }
}

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

/// The bytes of a compiled zone, with any number of owners.
@safe
package final class ZoneBytes: Sendable {
    // Sendable: nobody changes it.
    private nonisolated(unsafe) let buffer: GrowingBuffer<UInt8>

    init(_ buffer: consuming GrowingBuffer<UInt8>) { self.buffer = buffer }

    package var count: Int { buffer.count }

    /// Calls `body` with the bytes.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(buffer.octets)
    }

    /// A copy of the bytes.
    package var array: [UInt8] { withUnsafeBytes { unsafe Array($0) } }
}

/// What came of a build.
public struct BuildResult: Sendable {
    /// The zone; nil if any problem is an error.
    public let zone: CompiledZone?
    /// All that was found, in the order of rows, those of the whole zone first.
    public let problems: [ZoneProblem]
}
