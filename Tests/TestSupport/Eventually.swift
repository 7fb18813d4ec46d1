// Waiting for what other processes do. For all test targets.

/// Something that a test relies on did not happen.
public struct TestFailure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// Waits until something is true.
///
/// It gives up after a minute and a thousand looks. Time alone says nothing: where many tests share few threads,
/// minutes may pass between two looks. No thread is blocked.
/// - Throws: `TestFailure` if it never is; what `condition` throws.
public func eventually(
    _ what: String, isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(60)
    var looks = 0
    while try await !condition() {
        looks += 1
        if looks > 1000, ContinuousClock.now > end { throw TestFailure("not within a minute: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
