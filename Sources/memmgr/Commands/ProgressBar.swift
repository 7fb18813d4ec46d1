// A bar on the terminal for work that takes long. Nothing is shown where standard error is no terminal, nor before the
// work has taken a moment, so that scripts and quick commands stay quiet.

import Glibc
import Platform

/// One line on the terminal that is drawn over and over.
struct ProgressBar: ~Copyable {
    private static let width = 30
    private let clock = ContinuousClock()
    private let isShown = isatty(STDERR_FILENO) == 1
    private var nextDrawing: ContinuousClock.Instant
    private var isDrawn = false

    init() {
        nextDrawing = ContinuousClock.now + .milliseconds(200)
    }

    /// Draws the bar, now and then. A `fraction` of nil is work whose end can't be told.
    mutating func show(_ text: String, fraction: Double?) {
        guard isShown, clock.now >= nextDrawing else { return }
        nextDrawing = clock.now + .milliseconds(100)
        isDrawn = true
        var line = "\r"
        if let fraction {
            let filled = Int((min(max(fraction, 0), 1) * Double(Self.width)).rounded())
            line += "[" + String(repeating: "#", count: filled)
            line += String(repeating: "-", count: Self.width - filled) + "] "
        }
        // ESC [ K clears what an earlier, longer text has left.
        write(line + text + "\u{1B}[K")
    }

    /// Takes the bar away.
    mutating func clear() {
        guard isDrawn else { return }
        isDrawn = false
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
