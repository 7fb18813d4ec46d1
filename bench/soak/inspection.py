"""What is looked at in quiet moments: files, mappings, descriptors, zombies."""

import json, os, time

from faults import Faults
from processes import processes


class Inspection(Faults):
    def __init__(self, options):
        super().__init__(options)
        self.zombies = self.leaks = 0
        self.most_files = self.most_descriptors = 0

    def inspect(self):
        """Stops the loads, waits until nothing is under way, and looks at files, mappings, descriptors, zombies."""
        self.loader.pause()
        self.await_whole()
        end = time.monotonic() + 30
        while not self.is_quiet():
            if time.monotonic() > end:
                self.judge.complain("not quiet", f"{self.bus.status()}")
                break
            time.sleep(0.01)
        time.sleep(0.1)  # the last unlinking is on its way to the disk
        self.compare_files()
        alive = processes()
        zombies = [process for process, entry in alive.items() if entry[1] == "Z" and entry[2] == self.zonecast.pid]
        if zombies:
            self.zombies += len(zombies)
            self.judge.complain("zombies", f"{[alive[process] for process in zombies]}")
        for process, name in [*self.parts().items(), (self.zonecast.pid, "zonecast")]:
            try:
                self.most_descriptors = max(self.most_descriptors, len(os.listdir(f"/proc/{process}/fd")))
                with open(f"/proc/{process}/maps") as file:
                    if any("/images/" in line and "(deleted)" in line for line in file):
                        self.judge.complain("leak", f"{name} maps a file that is gone")
            except OSError:
                continue
        self.loader.may_run.set()

    def is_quiet(self):
        status = self.bus.status()
        return (
            status is not None and not status["queued"] and not status["waiting"] and status["building"] is None
            and not status["in_release"]
            and len(status["consumers"]) == self.options.processes
            and all(consumer["holds"] == [status["generation"]] for consumer in status["consumers"])
        )

    def images(self, place):
        """The images of the zones in the part of the file of zones that belongs to a record."""
        zones = {}
        with open(f"{self.state}/record.zones.{place['number']}") as file:
            for line in file.read()[: place["length"]].splitlines():
                zone, *version = line.split(" ")
                zones[zone] = version[0] if version else None
        return {image for image in zones.values() if image}

    def compare_files(self):
        """What is in the image folder must be what the current generation and those of the history name."""
        # Loads go on meanwhile, and files are removed a moment after they are let go of: only what is wrong between two
        # equal and idle states, and stays so, is a leak.
        surplus, missing = set(), set()
        for _ in range(100):
            before = self.bus.status()
            with open(f"{self.state}/record.json") as file:
                record = json.load(file)
            there = set(os.listdir(f"{self.state}/images"))
            after = self.bus.status()
            if before and before == after and not (after["building"] or after["queued"] or after["waiting"]):
                wanted = {"lock", record["current"]["directory"]}
                wanted |= self.images(record["zones"])
                for former in record["former"]:
                    if former["announced"]["generation"] in after["history"]:
                        wanted.add(former["announced"]["directory"])
                        wanted |= {version["image"] for version in former["differing"]}
                surplus, missing = there - wanted, wanted - there
                if not surplus and not missing:
                    break
            time.sleep(0.02)
        self.most_files = max(self.most_files, len(there))
        if surplus or missing:
            self.leaks += len(surplus)
            self.judge.complain("files", f"too many: {sorted(surplus)}, missing: {sorted(missing)}")
