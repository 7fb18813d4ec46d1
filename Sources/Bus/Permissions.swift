// Which role may do what: the one table of it. The daemon applies what concerns groups and its own commands, the receiver
// of a command what concerns that command.
//
//     group                          joined by            sent to by
//     Msgq                           nobody               all
//     MemMgr                         memmgr               zonecast, authd, operator
//     Zonecast                       zonecast             memmgr, authd, operator
//     ShmemConsumers                 authd, operator      memmgr, operator
//     Notifications/ZoneChanges      all                  memmgr
//     Notifications/Subscriptions    all                  nobody
//     notifications/cc_members       all                  nobody
//     any other                      all but authd        all but authd
//
// An operator that joins `ShmemConsumers` has the role authd from then on. authd also sends nothing but answers to the
// address of another client.

/// Who may do what on the bus.
public enum Permissions {
    /// Who carries out commands.
    public enum Receiver: String, Hashable, Sendable, CaseIterable {
        case msgq, memmgr, zonecast, consumer
    }

    private struct GroupRule {
        let joined: Set<BusRole>
        let sent: Set<BusRole>
    }

    private static let everyone = Set(BusRole.allCases)
    private static let everyoneButAuthd = everyone.subtracting([.authd])

    private static let groups: [String: GroupRule] = [
        BusGroup.daemon: GroupRule(joined: [], sent: everyone),
        BusGroup.manager: GroupRule(joined: [.memmgr], sent: [.zonecast, .authd, .operator]),
        BusGroup.supervisor: GroupRule(joined: [.zonecast], sent: [.memmgr, .authd, .operator]),
        BusGroup.consumers: GroupRule(joined: [.authd, .operator], sent: [.memmgr, .operator]),
        BusGroup.zoneChanges: GroupRule(joined: everyone, sent: [.memmgr]),
        BusGroup.membership: GroupRule(joined: everyone, sent: []),
        BusGroup.legacyMembership: GroupRule(joined: everyone, sent: []),
    ]

    private static let otherGroups = GroupRule(joined: everyoneButAuthd, sent: everyoneButAuthd)

    /// What is not listed is for operators, who are also refused nothing but what would be said in the name of others.
    private static let commands: [Receiver: [String: Set<BusRole>]] = [
        .msgq: [
            "members": everyone,
            "client": everyone,
            "pid": [.memmgr, .zonecast],
            "disconnect": [.memmgr, .zonecast],
            "stop": [.zonecast, .operator],
        ],
        .memmgr: [
            "released": [.authd],
            "child_died": [.zonecast],
        ],
        .zonecast: [
            "hello": [.memmgr, .authd],
            "answering": [.authd],
            "kill": [.memmgr],
            "await_end": [.memmgr],
            "name": [.memmgr],
        ],
        .consumer: [
            "switch": [.memmgr],
            "holding": [.memmgr, .operator],
            "stats": [.memmgr, .operator],
        ],
    ]

    /// Who may be in a group.
    static func joiners(of group: String) -> Set<BusRole> { groups[group, default: otherGroups].joined }

    /// Who may send to a group.
    static func senders(to group: String) -> Set<BusRole> { groups[group, default: otherGroups].sent }

    /// Whether a role may send commands and notifications to another client's l-name; all may answer.
    static func maySpeakDirectly(_ role: BusRole) -> Bool { role != .authd }

    /// The role whose own group this is.
    static func office(of group: String) -> BusRole? {
        switch group {
        case BusGroup.manager: .memmgr
        case BusGroup.supervisor: .zonecast
        default: nil
        }
    }

    /// Whether a role may have this command carried out.
    public static func allows(_ role: BusRole, _ command: String, of receiver: Receiver) -> Bool {
        commands[receiver]?[command, default: [.operator]].contains(role) ?? false
    }
}
