// From the set of zones that there is to the set that is wanted: what has to be loaded, and what unloaded. A pure function, so that every
// list of zones (of a command, of a configuration) comes to the same set in the same way.

/// What makes one set of zones out of another.
public struct Reconciliation: Hashable, Sendable {
    /// Zones that are new.
    public let added: [ZoneSource]
    /// Zones that come from another file now, or from an unknown one until now.
    public let moved: [ZoneSource]
    /// Zones that come from the same file as before; its content may have changed.
    public let kept: [ZoneSource]
    /// Zones that are not wanted any more.
    public let removed: [ZoneName]

    /// Everything that is wanted, sorted by name.
    public var loads: [ZoneSource] { (added + moved + kept).sorted { $0.zone < $1.zone } }
}

/// Compares the zones that are wanted, each with its file, with those that there are; a file of nil is not known.
///
/// Everything is sorted by name. Each wanted zone is in one of `added`, `moved` and `kept`; each other zone that there is is in `removed`.
public func reconcile(wanted: [ZoneName: String], have: [ZoneName: String?]) -> Reconciliation {
    var (added, moved, kept): ([ZoneSource], [ZoneSource], [ZoneSource]) = ([], [], [])
    for (zone, file) in wanted.sorted(by: { $0.key < $1.key }) {
        let source = ZoneSource(zone: zone, file: file)
        switch have[zone] {
        case nil: added.append(source)
        case .some(let former): if former == file { kept.append(source) } else { moved.append(source) }
        }
    }
    let removed = have.keys.filter { wanted[$0] == nil }.sorted()
    return Reconciliation(added: added, moved: moved, kept: kept, removed: removed)
}
