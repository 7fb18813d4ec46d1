// What a supervisor leaves to the program that it becomes: descriptors that stay open and processes that stay its children.
// The two may be of different versions, so this is a format, to which members are only ever added, and as optional ones.

import Bus
import JSON
import Platform

/// The estate, as the old program writes it and the new one reads it.
struct Estate: Codable, Hashable, Sendable {
    /// Another number means that nothing can be taken over.
    static let format = 1

    struct Child: Codable, Hashable, Sendable {
        /// As `Part` describes itself.
        let part: String
        let process: Int32
        let answers: Bool
    }

    var format = Estate.format
    /// How many responders share the sockets.
    let processes: Int
    /// The descriptors of the lock of the state folder, of both ends of the lifeline, and of the key of cookies.
    let lock: Int32
    let lifelineReading: Int32
    let lifelineWriting: Int32
    let secret: Int32
    /// The listening sockets, those of an address in their order.
    let sockets: [Int32]
    /// What they were like when they were opened, in the same order, and which things that was found from.
    var fingerprints: [Int64]?
    var fingerprintVersion: Int?
    /// Descriptors from who has started the system, which may see in their end that of the process.
    let foreign: [Int32]
    /// Where a service manager listens.
    let serviceManager: String?
    let children: [Child]
    /// Whether all that the command line asked for was loaded and the system said to be ready.
    let isReady: Bool
    /// How often an upgrade was asked for.
    let upgrades: Int
    /// The descriptors of both ends of the control connection to the bus daemon.
    let busControl: [Int32]?

    /// Reads what the program before has left; nil for a supervisor that begins anew.
    static func take() throws -> Estate? {
        guard let text = try SealedMemory.take(Variable.estate) else { return nil }
        let estate = try JSONText.decode(Estate.self, from: text)
        guard estate.format == format else {
            throw UnknownEstate(format: estate.format)
        }
        return estate
    }

    /// For the program that this one becomes.
    func sealed() throws -> SealedMemory { try SealedMemory(JSONText.encode(self), named: "estate") }
}

/// An estate of another format.
struct UnknownEstate: Error, CustomStringConvertible {
    let format: Int

    var description: String {
        "this zonecast can't take over from the one that runs (its estate has format \(format), "
            + "not \(Estate.format)): stop that one and start this one"
    }
}
