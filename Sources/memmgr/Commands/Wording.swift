// Names, numbers, sizes and times as people read them.

import JSON

/// The words for names and quantities.
enum Wording {
    /// `1 error`, `2 errors`.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// What a consumer is called: by its own name, else by its address on the bus.
    static func name(_ consumer: JSONValue) -> String {
        consumer["name"]?.string ?? consumer["lname"]?.string ?? "?"
    }

    /// The order of names that end with numbers: `authd.2` before `authd.10`.
    static func precedes(_ one: String, _ other: String) -> Bool {
        (one.utf8.count, one) < (other.utf8.count, other)
    }

    /// `22,105`.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text = "," + text }
            text = String(digit) + text
        }
        return number < 0 ? "-" + text : text
    }

    /// `1.4 MiB`.
    static func size(_ bytes: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard bytes >= 1024 else { return count(bytes, "byte") }
        var value = Double(bytes) / 1024
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(decimal(value)) \(units[unit])"
    }

    /// `4.2 ms`, `1.3 s`.
    static func time(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        return milliseconds < 1000 ? "\(decimal(milliseconds)) ms" : "\(decimal(milliseconds / 1000)) s"
    }

    /// A time that somebody has set, as they would write it: `30 s`, `0.5 s`.
    static func seconds(_ duration: Duration) -> String {
        let thousandths = Int(duration.milliseconds.rounded())
        if thousandths % 1000 == 0 { return "\(grouped(thousandths / 1000)) s" }
        return "\(Double(thousandths) / 1000) s"
    }

    /// One digit after the point below 100, none above.
    static func decimal(_ value: Double) -> String {
        if value >= 99.95 { return grouped(Int(value.rounded())) }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Duration {
    /// The whole of it in milliseconds.
    var milliseconds: Double {
        Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
    }
}
