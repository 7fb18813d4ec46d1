// Columns for people.

/// Rows of cells, printed with aligned columns.
struct Table {
    private let rows: [[String]]
    /// Columns whose cells are aligned at their right ends: numbers.
    private let numeric: Set<Int>

    init(_ rows: [[String]], numeric: Set<Int> = []) {
        self.rows = rows
        self.numeric = numeric
    }

    /// The lines, each with its line feed; no blanks at their ends.
    var text: [UInt8] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].unicodeScalars.count : 0 }.max() ?? 0
        }
        var text = ""
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
                line += (column == 0 ? "" : "  ") + (numeric.contains(column) ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return Array(text.shown.utf8)
    }
}
