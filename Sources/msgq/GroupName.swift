// The group of `--group`, looked up once, when the command line is read.

import ArgumentParser
import Glibc

/// A group of the system, given by name or by number.
struct GroupName: ExpressibleByArgument {
    let number: UInt32

    init?(argument: String) {
        if let number = UInt32(argument) {
            self.number = number
        } else if let entry = unsafe getgrnam(argument) {
            number = unsafe entry.pointee.gr_gid
        } else {
            return nil
        }
    }
}
