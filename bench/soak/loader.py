"""Publishes one version of the zone after another."""

import collections, random, threading, time


class Loader(threading.Thread):
    """Publishes one number after another."""

    def __init__(self, soak, seed):
        super().__init__(daemon=True)
        self.soak, self.random = soak, random.Random(seed)
        self.ends = collections.Counter()
        self.may_run, self.idle = threading.Event(), threading.Event()
        self.may_run.set()
        self.ending = False

    def run(self):
        while not self.ending:
            self.idle.set()
            self.may_run.wait()
            self.idle.clear()
            if not self.ending:
                self.load()
                time.sleep(self.random.uniform(0, 0.15))
        self.idle.set()

    def load(self):
        number = self.soak.judge.ceiling + 1
        self.soak.write(number)
        result = self.soak.memmgr("load", self.soak.path("soak.test.zone"), "--timeout", "20")
        self.ends[result.returncode] += 1
        if result.returncode == 0:
            self.soak.judge.floor = number
        elif result.returncode not in (1, 3, 69) or (result.returncode == 1 and "refused" in result.stderr):
            self.soak.judge.complain("failed load", f"exit {result.returncode}: {result.stderr}{result.stdout}")
        self.soak.note(f"load {number}: {result.returncode} {result.stderr.strip()}")
        return result

    def pause(self):
        self.may_run.clear()
        self.idle.wait()
