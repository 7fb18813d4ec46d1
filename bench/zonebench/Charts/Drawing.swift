// A picture in SVG: shapes and words, written out one after the other.

/// A drawing of a fixed size, in pixels from the top left corner.
struct Drawing {
    let width: Double
    let height: Double
    private var elements: [String] = []

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// Where a text's place is in it.
    enum Anchor: String {
        case start, middle, end
    }

    /// What the shapes of one meaning look like.
    enum Style: String {
        case user, system, line, second, loss, band, grid, limit, interval
    }

    mutating func text(
        _ text: String, x: Double, y: Double, anchor: Anchor = .start, isTitle: Bool = false, isQuiet: Bool = false
    ) {
        let style = isTitle ? "title" : isQuiet ? "quiet" : "label"
        elements.append(
            "<text x=\"\(x.text(1))\" y=\"\(y.text(1))\" text-anchor=\"\(anchor.rawValue)\" class=\"\(style)\">"
                + "\(Drawing.escaped(text))</text>")
    }

    mutating func rectangle(x: Double, y: Double, width: Double, height: Double, _ style: Style) {
        elements.append(
            "<rect x=\"\(x.text(1))\" y=\"\(y.text(1))\" width=\"\(max(0, width).text(1))\" "
                + "height=\"\(max(0, height).text(1))\" class=\"\(style.rawValue)\"/>")
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: Style) {
        elements.append(
            "<line x1=\"\(x1.text(1))\" y1=\"\(y1.text(1))\" x2=\"\(x2.text(1))\" y2=\"\(y2.text(1))\" "
                + "class=\"\(style.rawValue)\"/>")
    }

    mutating func polyline(_ points: [(x: Double, y: Double)], _ style: Style) {
        let places = points.map { "\($0.x.text(1)),\($0.y.text(1))" }.joined(separator: " ")
        elements.append("<polyline points=\"\(places)\" class=\"\(style.rawValue)\"/>")
    }

    /// The whole document. It looks right on light and on dark pages.
    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.text(0)) \(height.text(0))" \
        width="\(width.text(0))" height="\(height.text(0))" font-family="system-ui, sans-serif">
        <style>
        .page { fill: #ffffff } .label, .title { fill: #1f2933 } .quiet { fill: #66707c }
        .label, .quiet { font-size: 12px } .title { font-size: 15px; font-weight: 600 }
        .user { fill: #1d6fa5 } .system { fill: #a9cde6 } .line { fill: none; stroke: #1d6fa5; stroke-width: 1.3 }
        .second { fill: none; stroke: #b3541e; stroke-width: 1.3 } .loss { fill: #c81e1e; stroke: #c81e1e }
        .band { fill: #f3d9a4; fill-opacity: 0.55 } .grid { stroke: #dfe3e8; stroke-width: 1 }
        .limit { stroke: #66707c; stroke-width: 1; stroke-dasharray: 4 3 } .interval { stroke: #1f2933; stroke-width: 1.2 }
        </style>
        <rect class="page" width="100%" height="100%"/>
        \(elements.joined(separator: "\n"))
        </svg>

        """
    }

    func write(to path: String) throws {
        var file = try TextFile(path: path)
        try file.line(svg)
        try file.finish()
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

/// Values on an axis, and where they stand.
struct Axis {
    let range: ClosedRange<Double>
    let pixels: ClosedRange<Double>
    /// Counted from the end of `pixels`, as heights are.
    var isUpwards = false

    func place(_ value: Double) -> Double {
        let share =
            (min(max(value, range.lowerBound), range.upperBound) - range.lowerBound)
            / max(range.upperBound - range.lowerBound, .leastNonzeroMagnitude)
        let length = pixels.upperBound - pixels.lowerBound
        return isUpwards ? pixels.upperBound - share * length : pixels.lowerBound + share * length
    }

    /// Round values, about so many.
    func ticks(_ count: Int) -> [Double] {
        let rough = (range.upperBound - range.lowerBound) / Double(max(1, count))
        guard rough > 0, rough.isFinite else { return [range.lowerBound] }
        var unit = 1.0
        while unit * 10 <= rough { unit *= 10 }
        while unit > rough { unit /= 10 }
        let step = [1, 2, 5, 10].map { $0 * unit }.first { $0 >= rough } ?? rough
        var ticks: [Double] = []
        var value = (range.lowerBound / step).rounded(.up) * step
        while value <= range.upperBound * 1.000_001 {
            ticks.append(value)
            value += step
        }
        return ticks
    }

    /// A tick in words.
    static func text(_ value: Double) -> String {
        if value >= 1_000_000 {
            return (value / 1_000_000).text(value.truncatingRemainder(dividingBy: 1_000_000) == 0 ? 0 : 1) + " M"
        }
        if value >= 10_000 { return (value / 1000).text(0) + " k" }
        return value.text(value == value.rounded() ? 0 : value >= 1 ? 1 : 2)
    }
}
