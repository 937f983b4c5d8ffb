#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2119  # functions are called by check
#
# The link to the H(e)MS and the gate: in the tunnel CWMP is user data, held until the gate
# opens, and never in clear (HMS-01, HMS-02, HMS-03, HNB-GATE-27); outside of it the H(e)MS's
# address and port alone may be reached, and by TLS with the TPM's key (HMS-06, TR69-09).
cd "$(dirname "$0")" || exit 1
AGENT_GATE='t_verify = 600s
boot_attempts = 5'
AGENT_OCSP='try = 60s
retries = 0'
. ./lib.sh
. ./hems.sh

setup
hems_prepare

ocsp_mode silent
tunnel_up || bail "no tunnel"
wait_for 60 test -s "$TG_RUN/ocsp/requests" || bail "nobody is asked"
check "HMS-02/HNB-GATE-27: held: the H(e)MS in the tunnel can't be reached" not reaches 10.99.0.2 7548 3
check "HMS-06: the one on the Internet can, and by TLS with the TPM's key: TR69-09" inform 192.0.2.66:7548
check "TR69-07: before any tunnel is open, and without NTP" is "Informs of the Internet's" 1 "$(informs internet)"
check "HMS-06: nobody else there can be reached" not reaches 192.0.2.66 7549 3
ocsp_mode good
tg recheck > /dev/null
check "HMS-02: verified, the gate opens" opens 120
check "HMS-02: and the H(e)MS in the tunnel can be reached" reaches 10.99.0.2 7548
check "HMS-03: an Inform by TLS in the tunnel" inform 10.99.0.2:7548
check "HMS-03: arrived" is "Informs of the tunnel's" 1 "$(informs tunnel)"
check "HMS-02: nothing of it was on wan in clear" is "packets in clear" 0 "$(count wan_clear)"
agent_stop
swan hnb --terminate --ike segw > /dev/null 2>&1
check "HMS-02: the tunnel is deleted" wait_for 60 ike_gone
count_reset
check "HMS-02/HNB-GATE-21: without the tunnel nothing reaches it" not reaches 10.99.0.2 7548 3
check "HMS-02/HNB-GATE-21: nor leaves in clear" is "packets in clear" 0 "$(count wan_clear)"
finish
