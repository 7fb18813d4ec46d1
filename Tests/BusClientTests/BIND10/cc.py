"""A client of BIND 10's cc channel, written from the protocol's description with nothing but the standard library.

It behaves as BIND 10's own session class does: it asks for its l-name first, names itself in every message, repeats the
question's group and instance in an answer, and keeps messages that it was not asked for until they are.
"""

import json
import socket
import struct


class Session:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(60)
        self._socket.connect(path)
        self._sequence = 1
        self._queue = []
        # The header that was read last, as it came.
        self.header = b""
        self.sendmsg({"type": "getlname"})
        _, message = self.recvmsg()
        self.lname = message["lname"]

    def sendmsg(self, env, msg=None):
        header = json.dumps(env).encode()
        body = b"" if msg is None else json.dumps(msg).encode()
        self._socket.sendall(struct.pack(">IH", 2 + len(header) + len(body), len(header)) + header + body)

    def _read(self, count):
        data = b""
        while len(data) < count:
            piece = self._socket.recv(count - len(data))
            if not piece:
                raise EOFError("the bus has ended the connection")
            data += piece
        return data

    def recvmsg(self, seq=None):
        def wanted(env):
            return env.get("reply") == seq if seq is not None else "reply" not in env

        for index, (env, msg) in enumerate(self._queue):
            if wanted(env):
                return self._queue.pop(index)
        while True:
            (length,) = struct.unpack(">I", self._read(4))
            data = self._read(length)
            (header_length,) = struct.unpack(">H", data[:2])
            self.header = data[2 : 2 + header_length]
            env = json.loads(self.header.decode())
            body = data[2 + header_length :]
            msg = json.loads(body.decode()) if body else None
            if wanted(env):
                return env, msg
            self._queue.append((env, msg))

    def group_subscribe(self, group, instance="*"):
        self.sendmsg({"type": "subscribe", "group": group, "instance": instance, "subtype": "normal"})

    def group_unsubscribe(self, group, instance="*"):
        self.sendmsg({"type": "unsubscribe", "group": group, "instance": instance})

    def group_sendmsg(self, msg, group, instance="*", to="*", want_answer=False):
        self._sequence += 1
        self.sendmsg(
            {
                "type": "send",
                "from": self.lname,
                "to": to,
                "group": group,
                "instance": instance,
                "seq": self._sequence,
                "want_answer": want_answer,
            },
            msg,
        )
        return self._sequence

    def group_reply(self, env, msg):
        self._sequence += 1
        self.sendmsg(
            {
                "type": "send",
                "from": self.lname,
                "to": env["from"],
                "group": env["group"],
                "instance": env["instance"],
                "seq": self._sequence,
                "reply": env["seq"],
            },
            msg,
        )
        return self._sequence

    def rpc(self, command, group, params=None, instance="*", to="*"):
        """Asks, and returns the answer's code and value."""
        call = [command] if params is None else [command, params]
        seq = self.group_sendmsg({"command": call}, group, instance, to, want_answer=True)
        _, answer = self.recvmsg(seq)
        result = answer["result"]
        return result[0], (result[1] if len(result) > 1 else None)

    def close(self):
        self._socket.close()
