// Logs: `RFC3339-time level component: text key=value`, one line and one write an event, so that the lines of several
// processes mix in one stream without tearing.

import Glibc
import Logging

/// Sends the process's logs to standard error. Call it once, before the first logger is made.
///
/// The least level is `info`, or what `ZONECAST_LOG` says. Where that says what is no level, the process ends.
package func bootstrapLogging(component: String) {
    do throws(PlatformError) {
        let level = try LogLines.level(named: Environment[Variable.logLevel])
        let isJournal = Journal.reads(STDERR_FILENO)
        LoggingSystem.bootstrap { _ in LogLines(component: component, level: level, isJournal: isJournal) }
    } catch {
        var line = "\(component): \(error)\n"
        _ = line.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        error.exitStatus.exit()
    }
}

/// A handler that writes lines.
package struct LogLines: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level

    private let component: String
    private let descriptor: Int32
    private let isJournal: Bool

    package init(
        component: String, level: Logger.Level = .info, descriptor: Int32 = STDERR_FILENO, isJournal: Bool = false
    ) {
        self.isJournal = isJournal
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
        let text = event.message.description
        var line =
            isJournal
            ? Self.journalLine(level: event.level, component: component, text: text, metadata: all)
            : Self.line(time: TimeOfDay.now, level: event.level, component: component, text: text, metadata: all)
        // Not through the seam: there is nobody to tell of a failure.
        _ = line.withUTF8 { unsafe write(descriptor, $0.baseAddress, $0.count) }
    }

    /// The line of an event, with its line feed.
    static func line(
        time: timespec, level: Logger.Level, component: String, text: String, metadata: Logger.Metadata
    ) -> String {
        "\(TimeOfDay.text(time)) \(level.rawValue) " + body(component, text, metadata)
    }

    /// The same for systemd's journal, which has times and priorities of its own.
    static func journalLine(
        level: Logger.Level, component: String, text: String, metadata: Logger.Metadata
    ) -> String {
        "<\(Journal.priority(of: level))>" + body(component, text, metadata)
    }

    private static func body(_ component: String, _ text: String, _ metadata: Logger.Metadata) -> String {
        var line = "\(component): \(escaped(text))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(escaped(key))=\(quoted(value.description))"
        }
        return line + "\n"
    }

    /// The level of this name; `info` without one.
    static func level(named name: String?) throws(PlatformError) -> Logger.Level {
        guard let name, !name.isEmpty else { return .info }
        guard let level = Logger.Level(rawValue: name.lowercased()) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badSetting(variable: Variable.logLevel, value: name, expected: "one of \(known)")
        }
        return level
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
