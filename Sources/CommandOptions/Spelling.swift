// What a misspelt word was probably meant to be.

/// A search for the word that is nearest to a misspelt one.
package enum Spelling {
    /// The word that takes the fewest changes, if these are few for its length; nil when none is near. A change is a letter
    /// that is added, left out or replaced, or two neighbours that have changed places.
    package static func nearest(to word: String, among words: some Sequence<String>) -> String? {
        let letters = Array(word.lowercased().utf8)
        // A word of a few letters is near to all others of that length.
        let limit = min(3, max(1, letters.count / 3))
        return words.map { (word: $0, changes: changes(from: letters, to: Array($0.lowercased().utf8))) }
            .filter { $0.changes <= limit }
            .min { $0.changes < $1.changes }?.word
    }

    /// The optimal string alignment distance, in time and space of the product of both lengths.
    private static func changes(from left: [UInt8], to right: [UInt8]) -> Int {
        // Words that are not ours may have any length.
        guard left.count <= 64, right.count <= 64 else { return .max }
        var rows = [[Int]](repeating: [Int](repeating: 0, count: right.count + 1), count: left.count + 1)
        rows[0] = Array(0...right.count)
        for row in rows.indices.dropFirst() {
            rows[row][0] = row
            for column in 0..<right.count {
                let isSame = left[row - 1] == right[column]
                var least = min(
                    rows[row - 1][column] + (isSame ? 0 : 1), rows[row - 1][column + 1] + 1, rows[row][column] + 1)
                if row > 1, column > 0, left[row - 1] == right[column - 1], left[row - 2] == right[column] {
                    least = min(least, rows[row - 2][column - 1] + 1)
                }
                rows[row][column + 1] = least
            }
        }
        return rows[left.count][right.count]
    }
}
