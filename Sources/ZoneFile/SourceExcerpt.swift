// The line that a diagnostic is about, cut where the diagnostic arises: a master file may have lines of megabytes, and
// diagnostics go through the build's pipe, over the bus and to terminals.

/// A line of a master file, or the part of it around a place, in printable text.
public struct SourceExcerpt: Hashable, Sendable, Codable {
    /// The most columns of a line that are shown, `…` where it was cut included.
    public static let width = 160
    /// No more octets than this on either side of the place are looked at: UTF-8 has at most four for a column.
    private static let reach = 4 * width

    /// The line; what cannot be seen is escaped as `\DDD`, tabs are tabs.
    public let text: String
    /// How many Unicode scalars of `text` come before the place.
    public let caret: Int

    public init(text: String, caret: Int) {
        self.text = text
        self.caret = caret
    }

    /// The part of a line around a column, which counts octets from 1 and may be past the line's end.
    public init(line: [UInt8], column: Int) {
        self.init(column: column, ofLineWith: line.count) { line[$0] }
    }

    /// The same for a line of which `octets` has the octets.
    init(column: Int, ofLineWith count: Int, octets: (Range<Int>) -> ArraySlice<UInt8>) {
        let place = min(max(0, column - 1), count)
        let start = max(0, place - SourceExcerpt.reach)
        let end = min(count, place + SourceExcerpt.reach)
        var cells: [PrintableText.Cell] = []
        var caretCell = 0
        var rest = octets(start..<end)
        // A character that was cut in two at the start.
        if start > 0 { rest = rest.drop { $0 & 0xC0 == 0x80 } }
        var position = end - rest.count
        while let first = rest.first {
            let cell =
                first == UInt8(ascii: "\t")
                ? PrintableText.Cell(text: "\t", octets: 1, columns: 8) : PrintableText.cell(rest)
            rest = rest.dropFirst(cell.octets)
            position += cell.octets
            cells.append(cell)
            if position <= place { caretCell = cells.count }
        }
        self.init(cells, caretCell: caretCell, isCut: (start > 0, end < count))
    }

    private init(_ cells: [PrintableText.Cell], caretCell: Int, isCut: (before: Bool, after: Bool)) {
        var first = 0
        var last = cells.count
        let columns = cells.reduce(0) { $0 + $1.columns }
        if isCut.before || isCut.after || columns > SourceExcerpt.width {
            // Two columns are for the marks of what was left out.
            var room = SourceExcerpt.width - 2
            func take(_ cell: Int, leaving least: Int = 0) -> Bool {
                guard cells.indices.contains(cell), room - cells[cell].columns >= least else { return false }
                room -= cells[cell].columns
                return true
            }
            (first, last) = (caretCell, caretCell)
            while take(first - 1, leaving: SourceExcerpt.width / 2) { first -= 1 }
            while take(last) { last += 1 }
            while take(first - 1) { first -= 1 }
        }
        let lead = (first > 0 || isCut.before ? "…" : "") + cells[first..<caretCell].map(\.text).joined()
        let tail = cells[caretCell..<last].map(\.text).joined() + (last < cells.count || isCut.after ? "…" : "")
        self.init(text: lead + tail, caret: lead.unicodeScalars.count)
    }

    /// The line below `text` that has a caret at the place. A tab stays a tab, so that the caret is below its column however
    /// wide tabs are.
    var caretLine: String {
        var line = ""
        for scalar in text.unicodeScalars.prefix(caret) {
            if scalar == "\t" { line += "\t" } else if PrintableText.columns(of: scalar) > 0 { line += " " }
        }
        return line + "^"
    }
}
