// From messages to what their answers begin with, in steps over a batch that each end with a prefetch of what the next one
// will touch: in large generations that hides most of the time that memory takes. Small ones need no steps 5 to 8.
//
//     read ──▶ findEntry ──▶ findZone ──▶ findBucket ──▶ findNode ──▶ findParts ──▶ findTargets ──▶ findAddresses ──▶ answer
//      │           │            │            │           (twice)         │              │               │
//   directory's  zone's       zone's      index's         node       its RRsets    nodes of its     their RRsets
//     bucket     entry        header      bucket                                   name servers

import CLinux
import DNSCore
import ZoneImage

extension Responder {
    /// Step 1: reads query `index` of the batch from `message`.
    @inline(__always)
    package mutating func read(_ index: Int, _ message: UnsafeRawBufferPointer, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        // Safe: index is within the array, here and in the steps below.
        unsafe queries[index].read(message)
        guard case .question = unsafe queries[index].status else { return noteGeneration(generation) }
        let name = unsafe queries[index].name
        generation.directory.prepare(name)
        prefetch(generation.directory.likelyBucket(for: name))
    }

    /// Questions about the server are few, and so is all else that is no question for a zone.
    @inline(never)
    private mutating func noteGeneration(_ generation: GenerationView) { generationText?.write(generation.directory) }

    /// Step 2: has the entry fetched of the zone that the directory offers.
    @inline(__always)
    package func findEntry(_ index: Int, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        guard case .question = unsafe queries[index].status,
            let likely = unsafe generation.directory.likelyZone(for: queries[index].name)
        else { return }
        unsafe queries[index].likelyZone = likely
        unsafe prefetch(generation.directory.place(ofZone: likely.number))
    }

    /// Step 3: has that zone's header fetched.
    @inline(__always)
    package func findZone(_ index: Int, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        let number = unsafe queries[index].likelyZone.number
        guard number >= 0, let zone = generation.zone(number) else { return }
        unsafe queries[index].zone = .found(zone)
        prefetch(zone.bytes, 0)
        prefetch(zone.bytes, 64)
    }

    /// Step 4: makes sure of the zone, and has its index's bucket fetched.
    @inline(__always)
    package func findBucket(_ index: Int, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        let (number, suffix) = unsafe queries[index].likelyZone
        if number < 0 { return }
        let name = unsafe queries[index].name
        let isApexOfDS = unsafe suffix == 0 && queries[index].type == .ds
        if !isApexOfDS, case .found(let zone) = unsafe queries[index].zone,
            zone.apexLabels == name.labelCount &- suffix, zone.isWhole, zone.isAtOrAbove(name)
        {
            return beginLookup(index, in: zone)
        }
        searchZone(index, in: generation)
        if case .found(let zone) = unsafe queries[index].zone { beginLookup(index, in: zone) }
    }

    @inline(__always)
    private func beginLookup(_ index: Int, in zone: ZoneView) {
        let name = unsafe queries[index].name
        zone.prepare(name)
        let start = zone.start(of: name)
        unsafe queries[index].start = start
        prefetch(zone.bytes, zone.bucketOffset(for: name.hash(ofSuffix: start.suffix)))
    }

    /// Finds the zone where the directory's first offer was not it, or may not be the one that is meant: a DS question at an
    /// apex goes to the parent's zone, if that is served too (RFC 4035, section 3.1.4.1).
    @inline(never)
    private func searchZone(_ index: Int, in generation: GenerationView) {
        let name = unsafe queries[index].name
        unsafe queries[index].zone = .none
        guard var match = generation.directory.zone(for: name) else { return }
        if match.suffix == 0, unsafe queries[index].type == .ds, name.labelCount > 0,
            let parent = generation.directory.zone(for: name, from: 1)
        {
            match = parent
        }
        guard let zone = generation.zone(match.zone), zone.isWhole, zone.isAtOrAbove(name) else {
            unsafe queries[index].zone = .unavailable
            return
        }
        unsafe queries[index].zone = .found(zone)
    }

    /// Has query `index`, whose zone has turned out to be damaged, answered again as that of a zone without a good version.
    package func withdrawZone(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found = unsafe queries[index].zone else { return }
        unsafe queries[index].zone = .unavailable
    }

    /// The zone of query `index`, if there is one.
    package func zone(_ index: Int) -> ZoneView? {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return nil }
        return zone
    }

    /// Step 5, to be done twice: has the node fetched that the bucket offers, or else the bucket of the next shorter name.
    /// Most names that are asked for are in the zone, or have one label more than one that is.
    @inline(__always)
    package func findNode(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let name = unsafe queries[index].name
        var start = unsafe queries[index].start
        guard start.node.isNone else { return }
        zone.advance(&start, of: name)
        unsafe queries[index].start = start
        if start.node.isNone {
            prefetch(zone.bytes, zone.bucketOffset(for: name.hash(ofSuffix: start.suffix)))
        } else {
            prefetch(zone.bytes, start.node.byteOffset)
            prefetch(zone.bytes, start.node.byteOffset &+ 64)
        }
    }

    /// Step 6: has the RRset fetched that the answer begins with. For a delegation that is NS, and DS may follow.
    @inline(__always)
    package func findParts(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let reference = unsafe queries[index].start.node
        if reference.isNone { return }
        let node = zone.view(reference)
        let isCut = node.flags.contains(.cut)
        var part = unsafe node.part(of: isCut ? .ns : queries[index].type)
        if part.isNone, node.flags.contains(.cname) { part = node.part(of: .cname) }
        unsafe queries[index].part = part
        prefetch(zone.bytes, part.byteOffset)
        prefetch(zone.bytes, part.byteOffset &+ 64)
        if isCut, unsafe queries[index].header.wantsDNSSEC { prefetch(zone.bytes, node.part(of: .ds).byteOffset) }
    }

    /// Step 7: has the first two nodes fetched whose addresses the answer needs.
    @inline(__always)
    package func findTargets(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let part = unsafe zone.view(queries[index].part)
        let count = part.additionalCount
        if count == 0 { return }
        let targets = (part.additional(0).node, count > 1 ? part.additional(1).node : .none)
        unsafe queries[index].targets = targets
        prefetch(zone.bytes, targets.0.byteOffset)
        prefetch(zone.bytes, targets.1.byteOffset)
    }

    /// Step 8: has the addresses of these nodes fetched.
    @inline(__always)
    package func findAddresses(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        let targets = unsafe queries[index].targets
        guard !targets.0.isNone, case .found(let zone) = unsafe queries[index].zone else { return }
        fetchParts(of: targets.0, in: zone)
        fetchParts(of: targets.1, in: zone)
    }

    @inline(__always)
    private func fetchParts(of target: NodeReference, in zone: ZoneView) {
        if target.isNone { return }
        let node = zone.view(target)
        prefetch(zone.bytes, node.rrset(0).part.byteOffset)
        if node.rrsetCount > 1 { prefetch(zone.bytes, node.rrset(1).part.byteOffset) }
    }

    /// Steps 1 to 4, for a query that is alone.
    package mutating func prepare(_ message: UnsafeRawBufferPointer, in generation: GenerationView) {
        unsafe read(0, message, in: generation)
        findEntry(0, in: generation)
        findZone(0, in: generation)
        findBucket(0, in: generation)
    }

    /// Steps 5 to 8 for such a query, for tests: they change what is fetched when, and no answer.
    package func fetchAhead() {
        findNode(0)
        findNode(0)
        findParts(0)
        findTargets(0)
        findAddresses(0)
    }

    @inline(__always)
    private func prefetch(_ bytes: ImageBytes, _ offset: Int) {
        // A prefetch never faults, whatever the address.
        unsafe zc_prefetch(bytes.base + offset)
    }

    @inline(__always)
    private func prefetch(_ address: UnsafeRawPointer) {
        unsafe zc_prefetch(address)
    }
}
