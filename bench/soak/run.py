"""A whole run, from the start of a system to its end and the report."""

import signal, sys, time

from clients import TCPClient, UDPClient
from inspection import Inspection
from loader import Loader
from processes import command_line, processes

BATCH = 32  # queries that a worker of authd has in hand at most, and loses when it is killed


class Soak(Inspection):
    def run(self):
        self.write(1)
        self.start(self.path("soak.test.zone"))
        while b"ready" not in open(self.path("out"), "rb").read():
            if self.zonecast.poll() is not None:
                sys.exit(f"zonecast ended: {open(self.path('log')).read()}")
            time.sleep(0.02)
        self.judge.floor = 1
        self.udp = UDPClient(self.judge, self.port, self.options.rate, self.options.seed)
        self.tcp = TCPClient(self, self.options.seed)
        self.loader = Loader(self, self.options.seed)
        for thread in (self.udp, self.tcp, self.loader):
            thread.start()
        deadline = self.began + self.options.seconds
        while self.faults < self.options.kills and time.monotonic() < deadline:
            self.fault()
            if self.is_due:
                self.is_due = False
                self.inspect()
                if sys.stderr.isatty() or self.faults % 100 == 0:
                    print(f"{self.faults} faults, {dict(self.judge.answers)}", file=sys.stderr)
        self.finish()

    def finish(self):
        self.inspect()
        self.loader.ending = True
        self.loader.may_run.set()
        self.loader.join()
        last = self.loader.load()
        if last.returncode != 0:
            self.judge.complain("last load", f"exit {last.returncode}: {last.stderr}")
        for upgrade in self.upgrades:
            upgrade.wait()
        self.udp.ending = self.tcp.ending = True
        self.udp.join()
        self.tcp.join()
        self.await_whole()
        while not self.is_quiet():
            time.sleep(0.01)
        parts = set(self.parts())
        self.zonecast.send_signal(signal.SIGINT)
        status = self.zonecast.wait(timeout=30)
        if status != 0:
            self.judge.complain("end", f"zonecast ended with {status}")
        if left := [process for process in processes() if self.state in command_line(process)]:
            self.orphans += len(left)
            self.judge.complain("orphans", f"{left} of {parts}")
        for sock in self.held:
            sock.close()
        if not self.port_is_free(self.port):
            self.judge.complain("port", f"{self.port} is still open")
        self.compare_files()

    def report(self):
        """Prints the figures; true if all is as it should be."""
        allowed = self.responder_ends * self.options.workers * BATCH
        if self.udp.lost > allowed:
            self.judge.complain("lost", f"{self.udp.lost} questions, and {allowed} are allowed")
        answers, loads = self.judge.answers, self.loader.ends
        rows = [
            ("faults", self.faults), ("seconds", round(time.monotonic() - self.began)),
            ("questions over UDP", self.udp.sent), ("answers over UDP, TCP", f"{answers['udp']}, {answers['tcp']}"),
            ("wrong, mixed, stale, unasked answers", ", ".join(
                str(answers[kind]) for kind in ("wrong", "mixed", "stale", "unasked"))),
            ("lost questions", f"{self.udp.lost} of at most {allowed}, with {self.responder_ends} ends of responders"),
            ("lost with the supervisor's sockets", f"{self.udp.lost_with_sockets}, {self.supervisor_ends} ends"),
            ("slowest answer over UDP", f"{self.udp.slowest:.2f} s"),
            ("TCP connections, cut, refused", f"{self.tcp.connections}, {self.tcp.cut}, {self.tcp.refused}"),
            ("loads", ", ".join(f"{loads[code]} ended with {code}" for code in sorted(loads))),
            ("leaked files, zombies, orphans", f"{self.leaks}, {self.zombies}, {self.orphans}"),
            ("most files in images/, descriptors of a process", f"{self.most_files}, {self.most_descriptors}"),
        ]
        print(f"seed {self.options.seed}, {'held' if self.held else 'own'} sockets, "
              f"{self.options.processes} responders with {self.options.workers} workers, {self.options.rate} q/s\n")
        print("| what | count |\n|---|---|")
        for what, count in rows:
            print(f"| {what} | {count} |")
        print("\n| fault | times | all answer again: median, worst | whole again: median, worst |\n|---|---|---|---|")
        for fault in sorted(self.kinds):
            times = self.times[fault] or [(0, 0)]
            columns = []
            for values in zip(*times):
                ordered = sorted(values)
                columns.append(f"{ordered[len(ordered) // 2] * 1000:.0f} ms, {ordered[-1] * 1000:.0f} ms")
            print(f"| {fault} | {self.kinds[fault]} | {columns[0]} | {columns[1]} |")
        for complaint in self.judge.complaints:
            print(f"\nWRONG: {complaint}")
        return not self.judge.complaints
