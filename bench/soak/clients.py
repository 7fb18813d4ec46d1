"""Clients that ask without pause, over UDP and TCP, and have every answer judged."""

import random, select, socket, struct, threading, time

from dns import ANSWERS, question

PATIENCE = 10.0  # seconds after which a question counts as lost; longer than any stop and any restart here
SOCKETS = 16  # of the UDP client: they spread over all workers


class UDPClient(threading.Thread):
    """Asks at a steady rate from several sockets."""

    def __init__(self, judge, port, rate, seed):
        super().__init__(daemon=True)
        self.judge, self.rate, self.random = judge, rate, random.Random(seed)
        self.sockets = []
        for _ in range(SOCKETS):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.connect(("127.0.0.1", port))
            sock.setblocking(False)
            self.sockets.append(sock)
        self.waiting = {}  # (socket, id): [sent, owner, floor, exposed to the end of the supervisor]
        self.sent = self.lost = self.lost_with_sockets = self.refused = 0
        self.sockets_are_gone = self.ending = False
        self.slowest = 0.0
        self.lock = threading.Lock()

    def expose(self):
        """The sockets of the system go with its supervisor: what waits in them is lost and is not held against it."""
        with self.lock:
            self.sockets_are_gone = True
            for entry in self.waiting.values():
                entry[3] = True

    def system_is_back(self):
        with self.lock:
            self.sockets_are_gone = False

    def run(self):
        begin, ident = time.monotonic(), 0
        while not (self.ending and not self.waiting):
            now = time.monotonic()
            while not self.ending and self.sent < (now - begin) * self.rate:
                ident += 1
                self.ask(ident)
            if now - begin > 5 and self.sent < (now - begin - 0.5) * self.rate:
                begin = now - self.sent / self.rate  # the machine was too slow: no burst to catch up
            ready, _, _ = select.select(self.sockets, [], [], 0.002)
            for sock in ready:
                self.take(sock)
            if ident % 64 == 0 or self.ending:
                self.expire(time.monotonic())

    def ask(self, ident):
        number = self.random.randrange(SOCKETS)
        owner = self.random.choice(list(ANSWERS))
        key = (number, ident & 0xFFFF)
        with self.lock:
            self.waiting[key] = [time.monotonic(), owner, self.judge.floor, self.sockets_are_gone]
        self.sent += 1
        try:
            self.sockets[number].send(question(key[1], owner))
        except ConnectionRefusedError:
            self.refused += 1  # the answer to an earlier one; this one was not sent, and expires

    def take(self, sock):
        number = self.sockets.index(sock)
        while True:
            try:
                message = sock.recv(4096)
            except ConnectionRefusedError:
                self.refused += 1
                continue
            except BlockingIOError:
                return
            entry = self.waiting.pop((number, message[0] << 8 | message[1]), None)
            if entry is None:
                self.judge.complain("unasked", message.hex())
                continue
            self.slowest = max(self.slowest, time.monotonic() - entry[0])
            self.judge.check(message, entry[1], entry[2], "udp")

    def expire(self, now):
        with self.lock:
            for key in [key for key, entry in self.waiting.items() if now - entry[0] > PATIENCE]:
                if self.waiting.pop(key)[3]:
                    self.lost_with_sockets += 1
                else:
                    self.lost += 1


class TCPClient(threading.Thread):
    """Asks over one connection after another, three questions at once."""

    def __init__(self, soak, seed):
        super().__init__(daemon=True)
        self.soak, self.judge, self.port, self.random = soak, soak.judge, soak.port, random.Random(seed)
        self.connections = self.cut = self.refused = 0
        self.ending = False

    def run(self):
        while not self.ending:
            begin = time.monotonic()
            try:
                self.talk()
            except ConnectionRefusedError:
                self.refused += 1
                time.sleep(0.05)
            except (OSError, EOFError) as error:
                self.cut += 1
                # A responder that has lost the bus may live on for a moment.
                if begin - self.soak.last_responder_end > 3:
                    self.judge.complain("cut for no reason", repr(error))

    def talk(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as sock:
            self.connections += 1
            for turn in range(self.random.randrange(1, 20)):
                asked = [(number, self.random.choice(list(ANSWERS))) for number in range(3)]
                floor = self.judge.floor
                messages = [question(number, owner) for number, owner in asked]
                sock.sendall(b"".join(struct.pack("!H", len(message)) + message for message in messages))
                for number, owner in asked:
                    length = int.from_bytes(self.exactly(sock, 2), "big")
                    message = self.exactly(sock, length)
                    if message[:2] != struct.pack("!H", number):
                        self.judge.complain("wrong", f"over tcp, out of order: {message.hex()}")
                    self.judge.check(message, owner, floor, "tcp")
                time.sleep(0.01)

    def exactly(self, sock, count):
        data = b""
        while len(data) < count:
            part = sock.recv(count - len(data))
            if not part:
                raise EOFError("closed")
            data += part
        return data
