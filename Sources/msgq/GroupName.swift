// The group of `--group`, looked up once at the start.

import ArgumentParser
import Glibc

enum GroupName {
    /// The number of a group that is given by name or by number.
    static func number(_ text: String) throws -> UInt32 {
        if let number = UInt32(text) { return number }
        guard let entry = unsafe getgrnam(text) else { throw ValidationError("There is no group '\(text)'.") }
        return unsafe entry.pointee.gr_gid
    }
}
