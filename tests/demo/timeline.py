#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One flow as it was told by those who were in it, in the order of their times.

usage: timeline.py BOOT WALK EVENTS WHO=LOG...

BOOT is the wall clock when the machine started, WALK what walk.py -o wrote, EVENTS what
trustgate monitor -j told, LOG an agent's. Fails when one of the three told nothing.
"""
import json
import re
import sys

LINE = re.compile(r"^trustgated: boottime=([0-9.]+) decision=(\S+) ?(.*)")


def of_walk(path, boot):
    with open(path, encoding="ascii") as f:
        steps = json.load(f)["steps"]
    seen = {}
    for s in steps:
        if s["frame"] and s["rows"]:
            seen.setdefault(s["frame"], []).append(s)
    for frame, of_frame in seen.items():
        for n, s in enumerate(of_frame):
            # The lines of one message stay together.
            yield s["time"] - boot + n * 1e-7, "wan", "frame %-3d %-19s %s: %s%s" % (
                frame, s["message"] if not n else "", s["rows"], s["what"],
                "" if s["ok"] else " NOT SO: " + s["why"])


def of_events(path):
    with open(path, encoding="ascii") as f:
        for line in f:
            try:
                e = json.loads(line)
            except ValueError:
                continue        # cut off while it was written
            if e["event"] in ("context-state", "evidence"):
                yield e["time_ns"] / 1e9, "gate", " ".join(
                    "%s=%s" % (k, e[k]) for k in ("event", "state", "kind", "result", "reason")
                    if k in e and e[k] not in ("", "none"))


def of_log(who, path):
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = LINE.match(line)
            if m:
                yield float(m.group(1)), who, (m.group(2) + " " + m.group(3))[:110]


def main():
    boot, walk, events = float(sys.argv[1]), sys.argv[2], sys.argv[3]
    told = [list(of_walk(walk, boot)), list(of_events(events))]
    told += [list(of_log(*log.split("=", 1))) for log in sys.argv[4:]]
    lines = sorted(line for source in told for line in source)
    if not lines:
        return 1
    first = lines[0][0]
    for at, who, text in lines:
        print("  %8.3f  %-4s  %s" % (at - first, who, text))
    return 0 if told[0] and told[1] and all(told[2:]) else 1


if __name__ == "__main__":
    sys.exit(main())
