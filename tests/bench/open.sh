#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034	# topology.sh reads what is set here
#
# From the first SA's install to open, taken apart, over some tunnels in one boot: runs
# in a VM with real charons, TPM and responder. Beside it, in the same run, one bare OCSP
# exchange through the open tunnel: what of the agent's exchange is not its own time.
set -u -o pipefail
runs=${TG_BENCH_OPENS:-7}
AGENT_GATE='boot_attempts = 100'
. "$TG_REPO/tests/lib/topology.sh"
topology_up && gate_load && ocsp_start || exit 1
d=$(mktemp -d)
openssl ocsp -issuer "$PKI/opca.crt" -cert "$PKI/segw.crt" -reqout "$d/request" > /dev/null 2>&1 || exit 1

exchange() { # milliseconds of one POST from hnb's inner address
	in_ns hnb python3 - "$d/request" "$(vip v4)" <<-'X'
	import http.client, sys, time
	data = open(sys.argv[1], "rb").read()
	t = time.monotonic()
	c = http.client.HTTPConnection("10.99.0.2", 8080, timeout=20, source_address=(sys.argv[2], 0))
	c.request("POST", "/opca", data, {"Content-Type": "application/ocsp-request"})
	assert c.getresponse().read()
	print((time.monotonic() - t) * 1000)
	X
}

for ((i = 0; i < runs; i++)); do
	rm -rf /run/trustgate/hnb
	nsenter --net=/run/netns/hnb -- trustgate monitor -j > "$d/events.$i" 2>/dev/null &
	watcher=$!
	sleep 1
	tunnel_up && in_ns hnb trustgate wait --timeout 60 > /dev/null || exit 1
	exchange > "$d/bare.$i"
	cp "$TG_RUN/agent.log" "$d/log.$i"
	kill $watcher
	tunnel_down
	for ns in hnb segw; do
		ip -n $ns xfrm state flush
		ip -n $ns xfrm policy flush
	done
done

python3 - "$d" "$runs" <<'X'
import json, re, statistics, sys

d, runs = sys.argv[1], int(sys.argv[2])
rows = {}


def row(name, ms):
    rows.setdefault(name, []).append(ms)


for i in range(runs):
    events = []
    for line in open(f"{d}/events.{i}"):
        try:
            events.append(json.loads(line))
        except ValueError:      # the last one, cut off
            pass

    def at(event, **more):
        return min(e["time_ns"] for e in events if e["event"] == event and
                   all(e.get(k) == v for k, v in more.items())) / 1e6

    log = open(f"{d}/log.{i}").read()
    took = {k: float(re.search(rf"proof={k} result=good .*took_ms=(\d+)", log).group(1))
            for k in ("integrity", "revocation")}
    bare = float(open(f"{d}/bare.{i}").read())
    new, opened = at("sa-new"), at("context-state", state="open")
    bound = max(e["time_ns"] for e in events if e["event"] == "sa-bound" and
                e["time_ns"] / 1e6 < opened) / 1e6
    proof = max(at("evidence", kind=k, result="good") for k in took)
    row("SA installed to open, in all", opened - new)
    row("  plugin and agent: announced, both SAs bound", bound - new)
    row("  proofs: bound to the last one handed in", proof - bound)
    row("    TPM: quote asked for to appraised", took["integrity"])
    row("    OCSP, beside it: child, flow, exchange, check", took["revocation"])
    row("      of that a bare exchange, in the same run", bare)
    row("      and the agent's own", took["revocation"] - bare)
    row("  gate: last proof to open", opened - proof)
print(f"{'milliseconds, ' + str(runs) + ' tunnels':52} {'min':>8} {'median':>8} {'max':>8}")
for name, v in rows.items():
    print(f"{name:52} {min(v):8.1f} {statistics.median(v):8.1f} {max(v):8.1f}")
X
