"""Which answers are right at a moment, and what was not."""

import collections, struct

from dns import numbers


class Judge:
    """Knows which numbers may be answered, and counts what is wrong."""

    def __init__(self):
        self.floor = self.ceiling = 0  # the last number whose load returned 0; the last that was written
        self.answers = collections.Counter()
        self.complaints = []

    def complain(self, kind, text):
        self.answers[kind] += 1
        if len(self.complaints) < 20:
            self.complaints.append(f"{kind}: {text}")

    def check(self, message, owner, floor, transport):
        self.answers[transport] += 1
        try:
            rcode, found = message[3] & 15, numbers(message)
        except (ValueError, IndexError, struct.error) as error:
            return self.complain("wrong", f"{owner} over {transport}: malformed ({error}): {message.hex()}")
        if rcode != (3 if owner == b"none" else 0) or not found:
            return self.complain("wrong", f"{owner} over {transport}: rcode {rcode}, numbers {found}: {message.hex()}")
        if len(found) > 1:
            return self.complain("mixed", f"{owner} over {transport}: {sorted(found)}: {message.hex()}")
        number = found.pop()
        if number < floor:
            self.complain("stale", f"{owner} over {transport}: {number} after a load of {floor} had returned")
        if number > self.ceiling:
            self.complain("wrong", f"{owner} over {transport}: {number}, which was never written")
