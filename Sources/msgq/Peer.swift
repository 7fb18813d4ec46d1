// Who has connected, as the kernel recorded it at that moment.

import Bus
import CLinux

extension Credentials {
    /// The most supplementary groups that Linux gives a process.
    private static let groupLimit: UInt32 = 65536

    /// Asks the kernel about the other end of a UNIX socket.
    init?(peerOf descriptor: Int32) {
        var peer = zc_peer()
        guard unsafe zc_peer_credentials(descriptor, &peer) == 0 else { return nil }
        self.init(
            uid: peer.uid, gid: peer.gid, groups: Credentials.groups(ofPeer: descriptor), pid: peer.pid)
    }

    private static func groups(ofPeer descriptor: Int32) -> [UInt32] {
        for capacity in [64, groupLimit] {
            var groups = [UInt32](repeating: 0, count: Int(capacity))
            let count = unsafe zc_peer_groups(descriptor, &groups, capacity)
            if count >= 0 { return Array(groups.prefix(Int(count))) }
        }
        return []
    }
}
