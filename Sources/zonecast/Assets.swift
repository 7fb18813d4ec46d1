// What a supervisor has from its beginning to the system's end, also when it becomes another program meanwhile.

import CLinux
import Logging
import Platform

/// The lock, the sockets, and what all children share.
struct Assets: ~Copyable {
    /// Keeps a second supervisor out of the state folder.
    let lock: FileLock
    var sockets: ListeningSockets
    /// How many responders share the sockets.
    let processes: Int
    let lifeline: Lifeline
    /// The key of cookies.
    let secret: SealedMemory
    /// Descriptors from who has started the system, which may see in their end that of the process.
    private let foreign: [Int32]

    /// Those of a new system.
    init(
        lock: consuming FileLock, sockets: ListeningSockets, processes: Int, lifeline: Lifeline, secret: SealedMemory,
        foreign: [Int32]
    ) {
        self.foreign = foreign
        self.lifeline = lifeline
        self.secret = secret
        self.lock = lock
        self.sockets = sockets
        self.processes = processes
    }

    /// Those that the program before has left.
    init(_ estate: Estate, in folder: StateFolder, logger: Logger) throws(PlatformError) {
        let fingerprints = estate.fingerprintVersion == SocketCondition.version ? estate.fingerprints : nil
        sockets = try ListeningSockets(inherited: estate.sockets, fingerprints: fingerprints ?? [], logger: logger)
        lock = FileLock(inherited: estate.lock, path: folder.lock)
        processes = estate.processes
        lifeline = Lifeline(inherited: (estate.lifelineReading, estate.lifelineWriting))
        secret = SealedMemory(inherited: estate.secret)
        foreign = estate.foreign
    }

    /// The estate with these children.
    func estate(
        children: [Estate.Child], serviceManager: ServiceManager, isReady: Bool, upgrades: Int, busControl: [Int32]
    ) -> Estate {
        Estate(
            processes: processes, lock: lock.number, lifelineReading: lifeline.ends.reading,
            lifelineWriting: lifeline.ends.writing, secret: secret.descriptor, sockets: sockets.descriptors,
            fingerprints: sockets.fingerprints, fingerprintVersion: SocketCondition.version, foreign: foreign,
            serviceManager: serviceManager.socket, children: children, isReady: isReady,
            upgrades: upgrades, busControl: busControl)
    }

    /// What must stay open for that.
    var descriptors: [Int32] {
        [lock.number, lifeline.ends.reading, lifeline.ends.writing, secret.descriptor] + sockets.descriptors
            + foreign
    }
}
