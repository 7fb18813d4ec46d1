"""The processes of the machine, from /proc."""

import os


def processes():
    """All processes: number to (name, state, parent)."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    text = file.read()
            except OSError:
                continue
            state, parent = text[text.rindex(")") + 2 :].split()[:2]
            found[int(entry)] = (text[text.index("(") + 1 : text.rindex(")")], state, int(parent))
    return found


def command_line(process):
    try:
        with open(f"/proc/{process}/cmdline") as file:
            return file.read().split("\0")
    except OSError:
        return []
