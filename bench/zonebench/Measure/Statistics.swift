// Medians, and how far they can be trusted.

/// The middle of some measurements, with the interval in which the true middle lies with 95 % confidence.
struct Middle: Encodable, Equatable {
    let median: Double
    let low: Double
    let high: Double

    /// The interval is that of the sign test: between two order statistics, whatever the distribution. With fewer than
    /// six measurements there is none at 95 %, and it is the whole range.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else {
            (median, low, high) = (.nan, .nan, .nan)
            return
        }
        let count = sorted.count
        median = count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
        let outside = Middle.outside(count)
        low = outside > 0 ? sorted[outside - 1] : first
        high = outside > 0 ? sorted[count - outside] : last
    }

    /// Which order statistic bounds the interval, counted from either end from 1; 0 if there is none.
    static func outside(_ count: Int) -> Int {
        var tail = 0.0
        var term = 1.0
        for _ in 0..<count { term /= 2 }
        for place in 0..<count {
            tail += term
            if tail > 0.025 { return place }
            term *= Double(count - place) / Double(place + 1)
        }
        return 0
    }

    func text(_ digits: Int) -> String { "\(median.text(digits)) (\(low.text(digits))–\(high.text(digits)))" }
}
