"""The system under test: its folder, its sockets, its start, and whether all of it runs and serves."""

import collections, os, random, select, socket, subprocess, sys, tempfile, time

from bus import Bus
from clients import SOCKETS
from dns import question, zone
from judge import Judge
from processes import command_line, processes

PROGRAMS = ["zonecast", "memmgr", "authd", "msgq"]


class System:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.folder = tempfile.mkdtemp(prefix="zc-soak-")
        self.programs = f"{self.folder}/programs"
        os.mkdir(self.programs)
        for name in PROGRAMS:
            os.symlink(f"{options.programs}/{name}", f"{self.programs}/{name}")
        self.state = f"{self.folder}/state"
        self.judge = Judge()
        self.bus = Bus(f"{self.state}/msgq.sock")
        self.log = open(f"{self.folder}/log", "ab")
        self.began = time.monotonic()
        self.zonecast_was_killed = False
        self.held = []
        if options.held_sockets:
            self.hold_sockets()
        else:
            self.port = self.free_port()

    def path(self, name):
        return f"{self.folder}/{name}"

    def note(self, text):
        self.log.write(f"---- {time.monotonic() - self.began:8.3f} {text}\n".encode())
        self.log.flush()

    def write(self, number):
        self.judge.ceiling = number
        with open(self.path("new"), "w") as file:
            file.write(zone(number))
        os.rename(self.path("new"), self.path("soak.test.zone"))

    def memmgr(self, *arguments):
        command = [f"{self.programs}/memmgr", "--dir", self.state, *arguments]
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def free_port(self):
        while True:
            port = self.random.randrange(20000, 60000)
            if self.port_is_free(port):
                return port

    def port_is_free(self, port):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as sock:
                if kind == socket.SOCK_STREAM:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    sock.bind(("127.0.0.1", port))
                except OSError:
                    return False
        return True

    def hold_sockets(self):
        """Opens the sockets as systemd would, so that they outlive even the supervisor."""
        self.port = self.free_port()
        for _ in range(self.options.workers * self.options.processes):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            sock.bind(("127.0.0.1", self.port))
            self.held.append(sock)
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        sock.listen(512)
        self.held.append(sock)

    def start(self, *zones):
        command = [f"{self.programs}/zonecast", "--dir", self.state, *zones]
        command += ["--workers", str(self.options.workers), "--processes", str(self.options.processes)]
        environment = {**os.environ, "ZONECAST_BIN": self.programs}
        if self.held:
            # To 3 and up, in a shell that then becomes zonecast: its number is the one that we kill.
            numbers = [sock.fileno() for sock in self.held]
            environment["LISTEN_FDS"] = str(len(numbers))
            script = "import os, sys\nn = eval(sys.argv[1])\nhigh = [os.dup(f) for f in n]\n"
            script += "while min(high) < 3 + len(n): high = [os.dup(f) for f in high]\n"
            script += "for i, f in enumerate(high): os.dup2(f, 3 + i)\nos.execv(sys.argv[2], sys.argv[2:])\n"
            command = [sys.executable, "-c", script, repr(numbers), *command]
            keep = {"pass_fds": numbers}
        else:
            command += ["--listen", f"127.0.0.1:{self.port}"]
            keep = {}
        with open(self.path("out"), "ab") as out:
            self.zonecast = subprocess.Popen(
                command, stdout=out, stderr=self.log, stdin=subprocess.DEVNULL, env=environment, **keep)

    def parts(self):
        """The running parts: number to name."""
        found = {}
        for process, (name, state, parent) in processes().items():
            if parent == self.zonecast.pid and state != "Z":
                line = command_line(process)
                if name in ("authd", "msgq") or (name == "memmgr" and line[1:2] == ["run"]):
                    found[process] = name
        return found

    def is_whole(self, without=()):
        """All parts run, none of them one of `without`, and every responder serves."""
        parts = self.parts()
        names = collections.Counter(parts.values())
        if names != {"msgq": 1, "memmgr": 1, "authd": self.options.processes} or not set(without).isdisjoint(parts):
            return False
        status = self.bus.status()
        if not status or not status["recovered"]:
            return False
        serving = [consumer for consumer in status["consumers"] if consumer["serving"] is not None]
        return len(serving) == self.options.processes

    def await_whole(self, without=(), limit=60):
        end = time.monotonic() + limit
        while not self.is_whole(without):
            if time.monotonic() > end:
                self.judge.complain("not whole", f"after {limit} s: {self.parts()}, {self.bus.status()}")
                return False
            if self.zonecast.poll() is not None:
                self.judge.complain("ended", f"zonecast ended by itself with {self.zonecast.returncode}")
                self.start()
            time.sleep(0.002)
        return True

    def await_answers(self):
        """Asks once from each of several sockets, and waits for all answers; the time that this took."""
        begin = time.monotonic()
        waiting = {}
        for number in range(SOCKETS):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.connect(("127.0.0.1", self.port))
            sock.setblocking(False)
            waiting[sock] = -1.0
        while waiting:
            now = time.monotonic()
            for sock, sent in waiting.items():
                # Without a system nobody keeps the question; with one, it is lost if it was in hand.
                if now - sent > (0.005 if self.zonecast_was_killed and not self.held else 0.2):
                    try:
                        sock.send(question(sock.fileno(), b"www"))
                        waiting[sock] = now
                    except OSError:
                        pass
            for sock in select.select(list(waiting), [], [], 0.002)[0]:
                try:
                    sock.recv(4096)
                except OSError:
                    continue
                del waiting[sock]
                sock.close()
            if now - begin > 60:
                self.judge.complain("no answer", "for 60 s")
                for sock in waiting:
                    sock.close()
                break
        return time.monotonic() - begin
