"""The zone that is served, the questions that are asked of it, and the numbers that an answer shows."""

import struct

ANSWERS = {b"alias": 1, b"mail": 15, b"www": 1, b"child": 1, b"none": 1, b"": 6}  # owner: type that is asked for


def zone(number):
    """A zone all of whose answers tell the number, most of them several times."""
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return (
        f"$TTL 60\n@ SOA n{number} h {number} 3600 900 604800 60\n@ NS n{number}\nn{number} A {address}\n"
        f"alias CNAME n{number}\nmail MX 10 n{number}\nwww A {address}\nchild NS n{number}.child\n"
        f"n{number}.child A {address}\n"
    )


def question(ident, owner):
    labels = ([owner] if owner else []) + [b"soak", b"test"]
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", ident, 0, 1, 0, 0, 0) + name + struct.pack("!2H", ANSWERS[owner], 1)


def read_name(message, at):
    labels, end = [], None
    for _ in range(128):
        length = message[at]
        if length >= 192:
            end = end or at + 2
            at = (length & 63) << 8 | message[at + 1]
        elif length == 0:
            return labels, end or at + 1
        else:
            labels.append(message[at + 1 : at + 1 + length])
            at += 1 + length
    raise ValueError("a name without end")


def numbers(message):
    """All numbers that an answer tells: of names `n<number>`, of addresses and of the SOA's serial."""
    found = set()

    def note(labels):
        for label in labels:
            if label[:1] == b"n" and label[1:].isdigit():
                found.add(int(label[1:]))

    counts = struct.unpack("!4H", message[4:12])
    _, at = read_name(message, 12)
    at += 4
    for _ in range(sum(counts[1:])):
        owner, at = read_name(message, at)
        note(owner)
        rrtype, _, _, length = struct.unpack("!2HIH", message[at : at + 10])
        at += 10
        if rrtype == 1:
            found.add(int.from_bytes(message[at + 1 : at + 4], "big"))
        elif rrtype in (2, 5):
            note(read_name(message, at)[0])
        elif rrtype == 15:
            note(read_name(message, at + 2)[0])
        elif rrtype == 6:
            mname, end = read_name(message, at)
            note(mname)
            found.add(int.from_bytes(message[(end := read_name(message, end)[1]) : end + 4], "big"))
        at += length
    return found
