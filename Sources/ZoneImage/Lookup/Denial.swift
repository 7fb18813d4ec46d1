// Which NSEC record covers a name: the last one in canonical order that is not behind it (RFC 4034, section 4).

import DNSCore

extension ZoneView {
    /// The node whose NSEC matches or covers suffix `index` of `name`; none in a zone without NSEC.
    package func denialNode(for name: LookupName, suffix index: Int) -> NodeReference {
        let start = name.start(ofSuffix: index)
        let length = name.length - apexLength - start
        guard length >= 0 else { return .none }
        let relative = unsafe UnsafeRawBufferPointer(start: name.pointer(toSuffix: index), count: length)
        return unsafe lastDenialNode(notBehind: relative)
    }

    /// The node whose NSEC matches or covers the name of `node`: for an empty non-terminal, the one before it.
    package func denialNode(notBehind node: NodeView) -> NodeReference {
        unsafe lastDenialNode(notBehind: node.name)
    }

    /// The node whose NSEC covers the wildcard below `encloser`.
    package func denialNode(forWildcardBelow encloser: NodeView) -> NodeReference {
        // A wildcard that would not fit a name can't exist, and needs no denial.
        guard encloser.nameLength + 2 + apexLength <= Name.maximumLength else { return .none }
        return withUnsafeTemporaryAllocation(byteCount: Name.maximumLength, alignment: 1) { buffer in
            unsafe buffer[0] = 1
            unsafe buffer[1] = UInt8(ascii: "*")
            let name = unsafe encloser.name
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[2...]).copyBytes(from: name)
            return unsafe lastDenialNode(notBehind: UnsafeRawBufferPointer(rebasing: buffer[..<(2 + name.count)]))
        }
    }

    private func lastDenialNode(notBehind name: UnsafeRawBufferPointer) -> NodeReference {
        let offset = Int(truncatingIfNeeded: bytes.load(ZoneLayout.denialOffset, of: 0))
        let count = Int(bytes.load(ZoneLayout.denialCount, of: 0))
        guard count > 0, bytes.contains(offset, count * 4) else { return .none }
        func node(_ index: Int) -> NodeReference {
            NodeReference(rawValue: bytes.load(UInt32.self, at: offset + index * 4))
        }
        var low = 0
        var high = count
        // The apex, which is not behind any name, is at 0; keep node(low) <= name < node(high).
        while high - low > 1 {
            let middle = (low + high) / 2
            if unsafe CanonicalOrder.compare(view(node(middle)).name, name) <= 0 { low = middle } else { high = middle }
        }
        return node(low)
    }
}

/// The canonical order of names (RFC 4034, section 6.1) for names below one apex, in lower case without the root.
package enum CanonicalOrder {
    /// Negative, zero or positive, as `left` stands before, at or behind `right`.
    package static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { starts in
            // Names have at most 127 labels; a damaged one is cut short by `labelStarts`.
            let leftStarts = unsafe UnsafeMutableBufferPointer(rebasing: starts[..<128])
            let rightStarts = unsafe UnsafeMutableBufferPointer(rebasing: starts[128...])
            var leftLabels = unsafe labelStarts(of: left, into: leftStarts)
            var rightLabels = unsafe labelStarts(of: right, into: rightStarts)
            while leftLabels > 0, rightLabels > 0 {
                leftLabels -= 1
                rightLabels -= 1
                let difference = unsafe compareLabels(
                    left, Int(leftStarts[leftLabels]), right, Int(rightStarts[rightLabels]))
                if difference != 0 { return difference }
            }
            return leftLabels - rightLabels
        }
    }

    private static func labelStarts(
        of name: UnsafeRawBufferPointer, into starts: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var position = 0
        var count = 0
        while position < name.count, count < starts.count, unsafe position + 1 + Int(name[position]) <= name.count {
            unsafe starts[count] = UInt8(truncatingIfNeeded: position)
            count += 1
            unsafe position += 1 + Int(name[position])
        }
        return count
    }

    private static func compareLabels(
        _ left: UnsafeRawBufferPointer, _ leftStart: Int, _ right: UnsafeRawBufferPointer, _ rightStart: Int
    ) -> Int {
        let leftLength = Int(unsafe left[leftStart])
        let rightLength = Int(unsafe right[rightStart])
        for index in 0..<min(leftLength, rightLength) {
            let difference = unsafe Int(left[leftStart + 1 + index]) - Int(right[rightStart + 1 + index])
            if difference != 0 { return difference }
        }
        return leftLength - rightLength
    }
}
