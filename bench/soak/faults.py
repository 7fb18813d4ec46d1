"""What is done to a system: kills, stops, upgrades."""

import collections, ctypes, os, shutil, signal, subprocess, time

from processes import command_line, processes
from system import PROGRAMS, System


class Faults(System):
    def __init__(self, options):
        super().__init__(options)
        self.times = collections.defaultdict(list)  # fault: [(first answer, whole)]
        self.responder_ends = self.supervisor_ends = self.orphans = 0
        self.faults = 0
        self.kinds = collections.Counter()
        self.is_due = False  # an inspection
        self.upgrades = []
        self.last_responder_end = 0.0
        # A killed supervisor's children become ours, so that we see whether they end.
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

    def upgrade(self):
        """Installs programs anew and has the system go on with them, with or without a change of the bus."""
        with_bus = self.random.random() < 0.5
        for name in PROGRAMS if with_bus else PROGRAMS[:3]:
            # Another file with another content: what lies behind the end of a program does not matter to it.
            new = f"{self.programs}/new"
            shutil.copyfile(f"{self.programs}/{name}", new)
            with open(new, "ab") as file:
                file.write(b"\n")
            os.chmod(new, 0o755)
            os.rename(new, f"{self.programs}/{name}")
        kind = "upgrade with msgq" if with_bus else "upgrade"
        self.note(kind)
        parts = self.parts()
        self.faults += 1
        self.kinds[kind] += 1
        self.is_due = self.is_due or self.faults % 10 == 0
        self.zonecast_was_killed = False
        begin = time.monotonic()
        if with_bus:
            self.last_responder_end = begin + 5  # connections end when they are quiet, which may be now
        command = [f"{self.programs}/zonecast", "upgrade", "--dir", self.state]
        upgrade = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.upgrades.append(upgrade)
        first = self.await_answers()
        if not self.options.only and self.random.random() < 0.3:
            return time.sleep(self.random.uniform(0, 0.5))  # the next fault comes in the midst of it
        if upgrade.wait() != 0:
            self.judge.complain("upgrade", f"exit {upgrade.returncode}")
        self.await_whole(without=[process for process, name in parts.items() if with_bus or name != "msgq"])
        self.times[kind].append((first, time.monotonic() - begin))
        time.sleep(self.random.uniform(0, self.options.pause))

    def fault(self):
        """Does something bad to one part, and lets the system recover, or nearly so."""
        if self.options.only == "upgrade" or self.random.random() < 0.1:
            return self.upgrade()
        part = self.random.choices(["authd", "memmgr", "msgq", "zonecast"], [4, 4, 3, 1])[0]
        kind = self.random.choices(["kill", "stop", "stop and kill"], [5, 3, 1])[0]
        candidates = [self.zonecast.pid] if part == "zonecast" else sorted(
            process for process, name in self.parts().items() if name == part)
        if not candidates:
            return time.sleep(0.01)  # it is about to be started again
        victim = self.random.choice(candidates)
        parts = set(self.parts())
        self.note(f"{kind} {part} ({victim})")
        try:
            if kind != "kill":
                os.kill(victim, signal.SIGSTOP)
                time.sleep(self.random.uniform(0.001, 0.4))
                if kind == "stop":
                    os.kill(victim, signal.SIGCONT)
            self.zonecast_was_killed = part == "zonecast" and kind != "stop"
            if kind != "stop":
                if self.zonecast_was_killed and not self.held:
                    self.udp.expose()
                # Counted before, so that whoever is cut off knows the reason.
                self.responder_ends += 1 if part == "authd" else 0 if part == "memmgr" else self.options.processes
                if part != "memmgr":
                    self.last_responder_end = time.monotonic()
                self.supervisor_ends += self.zonecast_was_killed
                os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return  # it had died by itself: of the bus's death, for example
        self.faults += 1
        self.kinds[f"{kind} {part}"] += 1
        if self.faults % 10 == 0:
            self.is_due = True
        begin = time.monotonic()
        if self.zonecast_was_killed:
            self.zonecast.wait()
            self.await_end_of(parts)
            self.start()
        first = self.await_answers()
        if self.random.random() < 0.25 and not self.zonecast_was_killed:
            return  # the next fault meets a system that is not whole
        gone = () if kind == "stop" else parts if part in ("msgq", "zonecast") else (victim,)
        self.await_whole(without=gone)
        if self.zonecast_was_killed:
            self.udp.system_is_back()
        self.times[f"{kind} {part}"].append((first, time.monotonic() - begin))
        time.sleep(self.random.uniform(0, self.options.pause))

    def await_end_of(self, parts):
        """The children of a killed supervisor must follow it."""
        end = time.monotonic() + 5
        left = set(parts)
        while left:
            alive = processes()
            for process in list(left):
                if process in alive and alive[process][1] == "T":
                    os.kill(process, signal.SIGCONT)  # a fault of before stopped it; nobody else will wake it
                if process not in alive or alive[process][1] == "Z":
                    left.discard(process)
                    try:
                        os.waitpid(process, 0)
                    except ChildProcessError:
                        pass
            if time.monotonic() > end:
                self.orphans += len(left)
                self.judge.complain("orphans", f"{[(alive[process], command_line(process)) for process in left]}")
                return
            time.sleep(0.002)
