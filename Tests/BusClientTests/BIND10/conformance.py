"""Plays BIND 10's part on a bus of ours: conformance.py SOCKET. Exits 0 if all went as a client of BIND 10 expects.

Beside it the test runs a client of ours, in the group "Ours", which answers `echo` with its parameters.
"""

import os
import sys

from cc import Session

path = sys.argv[1]
one, two = Session(path), Session(path)
assert one.lname != two.lname

# Questions to the bus itself.
code, everyone = one.rpc("members", "Msgq")
assert code == 0 and one.lname in everyone and two.lname in everyone, everyone
assert one.rpc("members", "Msgq", {"group": "nobody"}) == (0, [])
assert one.rpc("no such command", "Msgq")[0] > 0

# Membership, where BIND 10's clients listen for it.
one.group_subscribe("notifications/cc_members")
env, msg = one.recvmsg()
assert env["group"] == "notifications/cc_members" and env["from"] != one.lname, env
event = ["subscribed", {"client": one.lname, "group": "notifications/cc_members"}]
assert msg == {"notification": event}, msg
two.group_subscribe("Zürich", "7")
assert one.recvmsg()[1] == {"notification": ["subscribed", {"client": two.lname, "group": "Zürich"}]}
assert one.rpc("members", "Msgq", {"group": "Zürich"}) == (0, [two.lname])

# A question and its answer, by group and by l-name.
for group, instance, to in [("Zürich", "7", "*"), ("Zürich", "*", two.lname)]:
    seq = one.group_sendmsg({"command": ["who", {"a": [1, None, "€"]}]}, group, instance, to, want_answer=True)
    env, msg = two.recvmsg()
    assert env["from"] == one.lname and env["seq"] == seq and env["want_answer"] is True, env
    assert msg == {"command": ["who", {"a": [1, None, "€"]}]}, msg
    # Written with escapes by this client, and read by BIND 10's C++ client, which knows none.
    assert f'"group": "{group}"'.encode() in two.header and b"\\u" not in two.header, two.header
    two.group_reply(env, {"result": [0, two.lname]})
    env, msg = one.recvmsg(seq)
    assert env["from"] == two.lname and msg == {"result": [0, two.lname]}, (env, msg)

# A control character has no other spelling; half a pair of surrogates is no text, and ends its client only.
one.sendmsg({"type": "send", "to": two.lname, "x": "\0ü😀\n"}, {"command": ["x"]})
two.recvmsg()
assert '"x": "\\u0000ü😀\\n"'.encode() in two.header, two.header
three = Session(path)
three.sendmsg({"type": "send", "to": two.lname, "x": "\ud800"}, {"command": ["x"]})
try:
    three.recvmsg()
except (EOFError, ConnectionError):
    pass
else:
    raise AssertionError("half a pair of surrogates was passed on")

# Nobody there.
assert one.rpc("x", "nobody") == (-1, "No such recipient")
assert one.rpc("x", "", to="nobody") == (-1, "No such recipient")
assert two.rpc("x", "Zürich", instance="7") == (-1, "No such recipient")

# Ours answers theirs, and theirs answers ours.
assert one.rpc("echo", "Ours", {"text": "ß"}) == (0, {"text": "ß"})
one.group_subscribe("Theirs")
while True:
    env, msg = one.recvmsg()
    if "command" in msg:
        break
assert msg["command"] == ["question", {"n": 1}] and env["want_answer"] is True, (env, msg)
one.group_reply(env, {"result": [0, "answer"]})

# Leaving.
two.group_unsubscribe("Zürich", "7")
two.close()
left = []
while len(left) < 2:
    name, params = one.recvmsg()[1]["notification"]
    if params["client"] == two.lname:
        left.append([name, params])
assert left == [
    ["unsubscribed", {"client": two.lname, "group": "Zürich"}],
    ["disconnected", {"client": two.lname}],
], left

# Another user, if we may become one.
if os.geteuid() == 0 and len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    try:
        Session(path)
    except (EOFError, ConnectionError):
        pass
    else:
        raise AssertionError("another user was let in")
