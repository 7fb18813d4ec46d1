"""A client of the message bus."""

import json, socket, struct


class Bus:
    """Just enough of a client of the message bus to ask the manager for its status."""

    def __init__(self, path):
        self.path, self.sock, self.sequence = path, None, 0

    def status(self):
        """The manager's status, or None if there is none within half a second."""
        try:
            if self.sock is None:
                self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.sock.settimeout(0.5)
                self.sock.connect(self.path)
                self.send({"type": "getlname"})
                self.lname = json.loads(self.receive()[1])["lname"]
            self.sequence += 1
            header = {"type": "send", "from": self.lname, "to": "*", "group": "MemMgr", "instance": "*"}
            self.send({**header, "seq": self.sequence, "want_answer": True}, b'{"command":["status",null]}')
            while True:
                answer, body = self.receive()
                if answer.get("reply") == self.sequence:
                    code, *value = json.loads(body)["result"]
                    return value[0] if code == 0 else None
        except (OSError, EOFError, ValueError, KeyError):
            if self.sock:
                self.sock.close()
            self.sock = None
            return None

    def send(self, header, body=b""):
        text = json.dumps(header).encode()
        self.sock.sendall(struct.pack("!IH", 2 + len(text) + len(body), len(text)) + text + body)

    def receive(self):
        data = b""
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
            part = self.sock.recv(4 + int.from_bytes(data[:4], "big") - len(data) if len(data) >= 4 else 4 - len(data))
            if not part:
                raise EOFError("the bus has closed")
            data += part
        length = int.from_bytes(data[4:6], "big")
        return json.loads(data[6 : 6 + length]), data[6 + length :]
