// Numbers that look random and are the same on every machine and with every Swift: the standard library does not promise
// that its ranges and shuffles stay as they are, and test zones must.

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Randomness {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Randomness.mix(state)
    }

    /// A number from 0 up to and without `bound`. (The bias of not rejecting is below 2^-40 for our bounds.)
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True in so many of a hundred cases.
    mutating func isTrue(percent: Int) -> Bool { below(100) < percent }

    /// From 0 up to and without 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number that depends on these two and on nothing else.
    static func mix(_ index: Int, seed: UInt64) -> UInt64 {
        mix(UInt64(truncatingIfNeeded: index) &* 0x9e37_79b9_7f4a_7c15 &+ seed)
    }

    private static func mix(_ number: UInt64) -> UInt64 {
        var z = number
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Ranks in the proportions of Zipf's law with exponent 1: the second is asked half as often as the first.
///
/// Inverts the continuous law, whose ranks are the discrete ones' to within a per cent: no table at any size.
struct Zipf {
    let count: Int

    func rank(_ random: inout Randomness) -> Int {
        let exponent = random.fraction()
        return min(count - 1, Int(power(Double(count) + 1, exponent)) - 1)
    }

    /// `base` to the `exponent`, both positive, in plain arithmetic: libm's last bit differs between machines.
    private func power(_ base: Double, _ exponent: Double) -> Double {
        var result = 1.0
        var root = base
        var rest = exponent
        for _ in 0..<52 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
