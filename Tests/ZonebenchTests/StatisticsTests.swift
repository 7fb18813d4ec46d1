// Medians, intervals, tables and numbers.

import Testing

@testable import zonebench

struct StatisticsTests {
    @Test func theMedianIsTheMiddle() {
        #expect(Middle([3, 1, 2]).median == 2)
        #expect(Middle([4, 1, 2, 3]).median == 2.5)
    }

    @Test func noIntervalBelowSixMeasurements() {
        // 2 · 2^-5 is more than 5 %, 2 · 2^-6 is less.
        #expect(Middle.outside(5) == 0)
        #expect(Middle.outside(6) == 1)
    }

    @Test func theIntervalIsThatOfTheSignTest() {
        // The tables of the binomial distribution: for 21 measurements the 6th from either end.
        #expect(Middle.outside(21) == 6)
        let middle = Middle((1...21).map(Double.init).shuffled())
        #expect(middle == Middle((1...21).map(Double.init)))
        #expect(middle.low == 6 && middle.high == 16)
    }

    @Test func numbersAreRounded() {
        #expect(3.14159.text(2) == "3.14")
        #expect(0.05.text(1) == "0.1")
        #expect((-0.04).text(1) == "0.0")
        #expect((-1.5).text(1) == "-1.5")
        #expect(12.0.text(0) == "12")
        #expect(Double.nan.text(2) == "-")
    }

    @Test func tablesAreMarkdown() {
        let table = MarkdownTable(head: ["a", "long"], rows: [["x", "1"]])
        #expect(table.lines == ["| a | long |", "|---|------|", "| x | 1    |"])
    }
}
