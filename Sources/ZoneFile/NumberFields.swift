// Numbers, periods and times in rdata.

import DNSCore

extension Entry {
    /// Takes an unsigned decimal number.
    @inline(__always)
    mutating func takeNumber(upTo maximum: UInt64) throws(ParseFailure) -> UInt64 {
        let token = try takeWord("a number from 0 to \(maximum)")
        guard let number = octets(of: token).decimal, number <= maximum else {
            throw expected("a number from 0 to \(maximum)", token)
        }
        return number
    }

    /// The same; `field` is the part of the rdata that it is.
    mutating func takeNumber(upTo maximum: UInt64, field: String) throws(ParseFailure) -> UInt64 {
        do throws(ParseFailure) {
            return try takeNumber(upTo: maximum)
        } catch {
            throw error.about(field)
        }
    }
}

extension Octets {
    /// The number that these digits are; nil if they are none, or more than 64 bits hold.
    @inline(__always)
    var decimal: UInt64? {
        if isEmpty || count > 20 { return nil }
        var number: UInt64 = 0
        for index in 0..<count {
            let octet = self[index]
            guard ASCII.isDigit(octet) else { return nil }
            // Nineteen digits can't overflow; the twentieth can.
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(octet &- 0x30))
            if overflow || carry { return nil }
            number = sum
        }
        return number
    }
}

extension RDataBuffer {
    mutating func append(_ number: UInt64) {
        append(UInt32(truncatingIfNeeded: number >> 32))
        append(UInt32(truncatingIfNeeded: number))
    }
}

extension RDataParser {
    /// 32 bits of seconds, with or without units.
    mutating func parsePeriod(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("seconds, or units such as 1h30m")
        guard let seconds = TimeToLive.seconds(of: entry.octets(of: token)) else {
            throw entry.expected("seconds up to 4294967295, or units such as 1h30m", token)
        }
        buffer.append(seconds)
    }

    /// The time of a signature: fourteen digits are a date, anything shorter seconds since 1970 (RFC 4034, section 3.2).
    mutating func parseTime(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("a time as YYYYMMDDHHmmSS")
        let text = entry.octets(of: token)
        if text.count == 14, let digits = text.decimal, let seconds = CalendarTime(digits: digits)?.secondsSince1970 {
            buffer.append(UInt32(truncatingIfNeeded: seconds))
        } else if text.count <= 10, let seconds = text.decimal, let short = UInt32(exactly: seconds) {
            buffer.append(short)
        } else {
            throw entry.expected("a time as YYYYMMDDHHmmSS, in UTC", token)
        }
    }
}

/// A date and time of the Gregorian calendar, UTC.
struct CalendarTime {
    let year: Int, month: Int, day: Int
    let hour: Int, minute: Int, second: Int

    /// From the fourteen digits `YYYYMMDDHHmmSS`; nil if there is no such time.
    init?(digits: UInt64) {
        second = Int(digits % 100)
        minute = Int(digits / 100 % 100)
        hour = Int(digits / 10_000 % 100)
        day = Int(digits / 1_000_000 % 100)
        month = Int(digits / 100_000_000 % 100)
        year = Int(digits / 10_000_000_000 % 10_000)
        guard (1...12).contains(month), day >= 1, day <= CalendarTime.days(inMonth: month, of: year), hour < 24,
            minute < 60, second < 60, year >= 1970
        else { return nil }
    }

    /// From seconds since 1970, not negative.
    init(secondsSince1970 seconds: Int) {
        (second, minute, hour) = (seconds % 60, seconds / 60 % 60, seconds / 3600 % 24)
        var days = seconds / 86400
        var year = 1970
        while days >= CalendarTime.days(inYear: year) {
            days -= CalendarTime.days(inYear: year)
            year += 1
        }
        var month = 1
        while days >= CalendarTime.days(inMonth: month, of: year) {
            days -= CalendarTime.days(inMonth: month, of: year)
            month += 1
        }
        (self.year, self.month, day) = (year, month, days + 1)
    }

    var secondsSince1970: Int {
        // Years are shifted to begin in March, so that the leap day comes last (Hinnant, "chrono-compatible dates").
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86400 + hour * 3600 + minute * 60 + second
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func days(inYear year: Int) -> Int { isLeap(year) ? 366 : 365 }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
