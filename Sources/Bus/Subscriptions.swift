// Who is in which group. Members are kept sorted in the order in which they connected, so that messages go out in the same
// order in every run: the simulator depends on it.

/// A client as the router's surroundings know it; larger numbers connected later.
public struct ClientID: Hashable, Comparable, Sendable {
    public let number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }

    public static func < (one: ClientID, other: ClientID) -> Bool { one.number < other.number }
}

/// A set of clients in ascending order.
struct ClientSet: Sendable {
    private(set) var clients: [ClientID] = []

    /// The place of a client, or where it would have to stand.
    private func place(_ client: ClientID) -> Int {
        var (low, high) = (0, clients.count)
        while low < high {
            let middle = (low + high) / 2
            if clients[middle] < client { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func insert(_ client: ClientID) {
        let place = place(client)
        if place == clients.count || clients[place] != client { clients.insert(client, at: place) }
    }

    mutating func remove(_ client: ClientID) {
        let place = place(client)
        if place < clients.count, clients[place] == client { clients.remove(at: place) }
    }

    /// Those who are in either set, in order.
    func union(_ other: ClientSet) -> ClientSet {
        var union = ClientSet()
        union.clients.reserveCapacity(clients.count + other.clients.count)
        var (mine, theirs) = (clients[...], other.clients[...])
        while let one = mine.first, let two = theirs.first {
            union.clients.append(min(one, two))
            if one <= two { mine.removeFirst() }
            if two <= one { theirs.removeFirst() }
        }
        union.clients += mine
        union.clients += theirs
        return union
    }
}

/// All groups on the bus.
struct Subscriptions: Sendable {
    private struct Group: Sendable {
        var everyone = ClientSet()
        var instances: [String: ClientSet] = [:]
    }

    /// One client's place in a group.
    private struct Membership: Sendable {
        /// Numbers the joins, to leave groups in the order in which they were joined.
        let joined: UInt64
        var instances: Set<String>
    }

    private var groups: [String: Group] = [:]
    private var memberships: [ClientID: [String: Membership]] = [:]
    private var joins: UInt64 = 0

    /// Whether a client is in a group, under whatever instance.
    func contains(_ client: ClientID, in group: String) -> Bool { memberships[client]?[group] != nil }

    /// All members of a group.
    func members(of group: String) -> [ClientID] { groups[group]?.everyone.clients ?? [] }

    /// Who receives a message to this group and instance.
    func recipients(group: String, instance: String) -> [ClientID] {
        guard let group = groups[group] else { return [] }
        let every = group.instances[BusGroup.everyInstance] ?? ClientSet()
        guard instance != BusGroup.everyInstance, let some = group.instances[instance] else { return every.clients }
        return every.union(some).clients
    }

    enum Change {
        case none
        /// Another instance of a group that the client is in.
        case instance
        /// The client's first instance of the group came, or its last one went.
        case membership
    }

    mutating func add(_ client: ClientID, to group: String, _ instance: String) -> Change {
        let first = !contains(client, in: group)
        let new = Membership(joined: joins, instances: [])
        // In place: a client may have thousands of instances.
        guard memberships[client, default: [:]][group, default: new].instances.insert(instance).inserted else {
            return .none
        }
        if first { joins += 1 }
        groups[group, default: Group()].instances[instance, default: ClientSet()].insert(client)
        if first { groups[group]?.everyone.insert(client) }
        return first ? .membership : .instance
    }

    mutating func remove(_ client: ClientID, from group: String, _ instance: String) -> Change {
        guard memberships[client]?[group]?.instances.remove(instance) != nil else { return .none }
        groups[group]?.instances[instance]?.remove(client)
        if groups[group]?.instances[instance]?.clients.isEmpty == true { groups[group]?.instances[instance] = nil }
        guard memberships[client]?[group]?.instances.isEmpty == true else { return .instance }
        memberships[client]?[group] = nil
        groups[group]?.everyone.remove(client)
        if groups[group]?.everyone.clients.isEmpty == true { groups[group] = nil }
        return .membership
    }

    /// Takes a client out of everything, and returns its groups in the order in which it had joined them.
    mutating func removeAll(_ client: ClientID) -> [String] {
        let joined = (memberships[client] ?? [:]).sorted { $0.value.joined < $1.value.joined }
        for (group, membership) in joined {
            for instance in membership.instances { _ = remove(client, from: group, instance) }
        }
        memberships[client] = nil
        return joined.map(\.key)
    }
}
