// What goes to the person at the terminal: results on standard output, notes and progress on standard error.

import Glibc

enum Terminal {
    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written < 0 && errno != EINTR { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[max(0, written)...])
            }
        }
    }

    /// A line of results.
    static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// A line for people only.
    static func note(_ line: String) { write((showsProgress ? "\r\u{1b}[K" : "") + line + "\n", to: STDERR_FILENO) }

    /// Replaces the line of progress, where someone looks.
    static func progress(_ text: String) {
        if showsProgress { write("\r\u{1b}[K" + text, to: STDERR_FILENO) }
    }

    static func endProgress() {
        if showsProgress { write("\r\u{1b}[K", to: STDERR_FILENO) }
    }

    private static let showsProgress = isatty(STDERR_FILENO) == 1
}

extension Double {
    /// The number with so many digits after the point.
    func text(_ digits: Int) -> String {
        guard isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = Int64((abs(self) * scale).rounded())
        let sign = self < 0 && whole != 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(whole % Int64(scale))
        return "\(sign)\(whole / Int64(scale))." + String(repeating: "0", count: digits - fraction.utf8.count)
            + fraction
    }
}
