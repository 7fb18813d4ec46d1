// Logs: `RFC3339-time level component: text key=value`, one line and one write an event, so that the lines of several
// processes mix in one stream without tearing.

import Glibc
import Logging

/// Sends the process's logs to standard error. Call it once, before the first logger is made.
///
/// The least level is `info`, or what `ZONECAST_LOG` says.
package func bootstrapLogging(component: String) {
    let level = Environment[Variable.logLevel].flatMap { Logger.Level(rawValue: $0.lowercased()) } ?? .info
    LoggingSystem.bootstrap { _ in LogLines(component: component, level: level) }
}

/// A handler that writes lines.
package struct LogLines: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level

    private let component: String
    private let descriptor: Int32

    package init(component: String, level: Logger.Level = .info, descriptor: Int32 = STDERR_FILENO) {
        self.component = component
        self.logLevel = level
        self.descriptor = descriptor
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        var line = Self.line(
            time: TimeOfDay.now, level: event.level, component: component, text: event.message.description,
            metadata: all)
        // Not through the seam: there is nobody to tell of a failure.
        _ = line.withUTF8 { unsafe write(descriptor, $0.baseAddress, $0.count) }
    }

    /// The line of an event, with its line feed.
    static func line(
        time: timespec, level: Logger.Level, component: String, text: String, metadata: Logger.Metadata
    ) -> String {
        var line = "\(TimeOfDay.text(time)) \(level.rawValue) \(component): \(escaped(text))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(escaped(key))=\(quoted(value.description))"
        }
        return line + "\n"
    }

    /// Text from outside can neither end a line nor steer a terminal.
    private static func escaped(_ text: String) -> String {
        let text = text.shown
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.properties.generalCategory == .control {
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func quoted(_ value: String) -> String {
        let plain = !value.isEmpty && !value.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return plain
            ? escaped(value)
            : "\""
                + escaped(
                    value.split(separator: "\"", omittingEmptySubsequences: false)
                        .joined(separator: "\\\"")) + "\""
    }
}
