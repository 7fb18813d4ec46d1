"""Kills, stops and upgrades the parts of a running system at random, under questions and loads, and counts what went wrong.

    python3 bench/soak .build/release [--kills 1000] [--seed N] [--held-sockets] [--only upgrade] …

Every answer is checked. The zone carries one number in several RRsets: the numbers of one answer must be the same, and
a question that is asked after a `memmgr load` of number n has returned 0 must never be answered with less. Every lost
question, cut connection, leaked file, orphan and open port is counted, and the time until the system is whole again is
measured for each kind of fault. Ends by itself, with 1 if anything is wrong that the design does not allow. Needs
nothing but Python 3. bench/SOAK.md has figures.
"""

import argparse, os, random, shutil, signal, sys

from run import Soak


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", help="the folder with zonecast, memmgr, msgq and authd")
    parser.add_argument("--kills", type=int, default=1000, help="faults in all: kills, stops and upgrades")
    parser.add_argument("--seconds", type=float, default=3600, help="the time after which it ends in any case")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--rate", type=int, default=500, help="questions over UDP a second")
    parser.add_argument("--workers", type=int, default=2, help="of each responder")
    parser.add_argument("--processes", type=int, default=1, help="responders")
    parser.add_argument("--pause", type=float, default=0.6, help="seconds between two faults, at most")
    parser.add_argument("--only", choices=["upgrade"], help="no other fault than this one")
    parser.add_argument("--held-sockets", action="store_true", help="own the sockets in place of systemd")
    options = parser.parse_args()
    options.programs = os.path.abspath(options.programs)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    soak = Soak(options)
    print(f"seed {options.seed}", file=sys.stderr)
    good = False
    try:
        soak.run()
        good = soak.report()
    finally:
        if hasattr(soak, "zonecast") and soak.zonecast.poll() is None:
            soak.zonecast.kill()
        if good:
            shutil.rmtree(soak.folder)
        else:
            print(f"the log is {soak.folder}/log", file=sys.stderr)
    sys.exit(0 if good else 1)


main()
