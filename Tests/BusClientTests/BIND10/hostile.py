"""Attacks a running system over its bus, as whoever may connect to it: hostile.py SOCKET. Exits 0 if all was refused."""

import sys

from cc import Session

path = sys.argv[1]
witness, attacker = Session(path), Session(path)


def members(group):
    return witness.rpc("members", "Msgq", {"group": group})[1]


def who(lname):
    return witness.rpc("client", "Msgq", {"client": lname})[1]


def refused(session, *call, **options):
    code, text = session.rpc(*call, **options)
    assert code != 0, (call, code, text)


(memmgr,), (zonecast,), (authd,) = members("MemMgr"), members("Zonecast"), members("ShmemConsumers")
for lname, role, name in [(memmgr, "memmgr", "memmgr"), (zonecast, "zonecast", "zonecast"), (authd, "authd", "authd.1")]:
    assert (who(lname)["role"], who(lname)["name"]) == (role, name), who(lname)
assert who(attacker.lname)["role"] == "operator" and "name" not in who(attacker.lname)

# No group gives a right.
for group in ["MemMgr", "Zonecast", "Msgq"]:
    attacker.group_subscribe(group)
assert members("MemMgr") == [memmgr] and members("Zonecast") == [zonecast] and members("Msgq") == ["msgq"]
for victim in [memmgr, zonecast, authd, witness.lname]:
    refused(attacker, "disconnect", "Msgq", {"client": victim})
    refused(attacker, "pid", "Msgq", {"client": victim})
    refused(attacker, "kill", "Zonecast", {"lname": victim})
    refused(attacker, "await_end", "Zonecast", {"lname": victim})

# None speaks for the supervisor, a child or the manager.
for _ in range(3):
    refused(attacker, "child_died", "MemMgr", {"name": "authd.1", "lname": authd, "signal": 11})
refused(attacker, "released", "MemMgr", {"generation": 1, "serving": 1, "holds": []})
refused(attacker, "hello", "Zonecast", {"name": "memmgr", "lname": attacker.lname})
refused(attacker, "answering", "Zonecast", {"name": "authd.1", "lname": attacker.lname})
refused(attacker, "switch", "", {"generation": 999, "directory": "g1.dir", "digest": ""}, to=authd)
for group in ["Notifications/ZoneChanges", "Notifications/Subscriptions"]:
    witness.group_subscribe(group)
    attacker.group_sendmsg({"notification": ["disconnected", {"client": authd}]}, group)

# A consumer is one for ever, and speaks about itself only.
consumer = Session(path)
consumer.group_subscribe("ShmemConsumers")
consumer.group_unsubscribe("ShmemConsumers")
for command, params in [
    ("unload", {"zone": "example."}),
    ("load", {"zones": [{"origin": "passwd.", "file": "/etc/passwd"}]}),
    ("rollback", None),
    ("status", None),
    ("child_died", {"name": "authd.1", "lname": authd, "signal": 11}),
]:
    refused(consumer, command, "MemMgr", params)
refused(consumer, "upgrade", "Zonecast")
refused(consumer, "hello", "Zonecast")
refused(consumer, "disconnect", "Msgq", {"client": memmgr})
refused(consumer, "holding", "", to=authd)
consumer.sendmsg({"type": "stop", "from": consumer.lname})

assert members("MemMgr") == [memmgr] and members("Zonecast") == [zonecast] and authd in members("ShmemConsumers")
