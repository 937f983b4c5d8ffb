# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Two gateways and a host behind one of them, with SAs made by hand:
#
#	l --- h ===== s		outer  192.0.2.2 2001:db8::2 === 192.0.2.1 2001:db8::1
#				inner  h 10.50.0.2 fd50::2, l 10.10.0.2 fd10::2, s 10.99.0.1 fd99::1
#
# The gate under test is h's. A gatectl runs in each namespace and in the initial
# one (i); a second one of h's is e, for whoever is not the agent.
#
# Environment: TG_KO, a trustgate.ko instead of modprobe; GATECTL.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
GATECTL=${GATECTL:-$(ls "$here/gatectl" "$here/../../build/tests/kmod/gatectl" \
	/usr/lib/trustgate/tests/kmod/gatectl 2>/dev/null | head -n 1)}
H4=192.0.2.2 S4=192.0.2.1 H6=2001:db8::2 S6=2001:db8::1
hi4=10.50.0.2 hi6=fd50::2 li4=10.10.0.2 li6=fd10::2 si4=10.99.0.1 si6=fd99::1
KEY=0x000102030405060708090a0b0c0d0e0f10111213
AEAD="aead rfc4106(gcm(aes)) $KEY 128"
AUTH="auth-trunc hmac(sha256) 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 128"
TMP=$(mktemp -d)
R='' V='' WHY=''

# ------------------------------------------------------------------------- TAP
tap_n=0 tap_failed=0

# check "ROWS: what" COMMAND...: one test; WHY says more when it fails
check() {
	local what=$1
	shift
	WHY=
	tap_n=$((tap_n + 1))
	if "$@"; then
		echo "ok $tap_n - $what"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_n - $what"
		echo "# $*"
		[ -z "$WHY" ] || echo "# ${WHY:0:800}"
		echo "# last answer: ${R:0:800}"
	fi
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

finish() {
	echo "1..$tap_n"
	echo "# $((tap_n - tap_failed)) of $tap_n passed, $SECONDS s"
	[ $tap_failed = 0 ]
	exit
}

why() {
	WHY=$*
	return 1
}

# ---------------------------------------------------------------- the processes
declare -A IN OUT PID

# start NAME [COMMAND...]: a gatectl, by COMMAND if given
start() {
	local name=$1 i o
	shift
	mkfifo "$TMP/$name.in" "$TMP/$name.out"
	exec {i}<>"$TMP/$name.in" {o}<>"$TMP/$name.out"
	"$@" "$GATECTL" < "$TMP/$name.in" > "$TMP/$name.out" 2>"$TMP/$name.err" &
	IN[$name]=$i OUT[$name]=$o PID[$name]=$!
}

# stop NAME [SIGNAL]
stop() {
	local i=${IN[$1]} o=${OUT[$1]}
	[ -n "${PID[$1]:-}" ] || return 0
	kill "-${2:-TERM}" "${PID[$1]}" 2>/dev/null
	wait "${PID[$1]}" 2>/dev/null
	exec {i}>&- {o}>&-
	rm -f "$TMP/$1".*
	unset "IN[$1]" "OUT[$1]" "PID[$1]"
}

# ask NAME COMMAND...: the answer is in R; succeeds when it is ok
ask() {
	local name=$1
	shift
	echo "$*" >&"${IN[$name]}"
	IFS= read -r -t 60 R <&"${OUT[$name]}" || R="err no answer to $* ($(cat "$TMP/$name.err"))"
	WHY="$name: $* -> $R"
	[[ $R == ok* ]]
}

# get KEY: V is its value in the last answer
get() {
	V=
	[[ " $R " =~ [[:space:]]$1=([^[:space:]]*) ]] && V=${BASH_REMATCH[1]}
}

# says KEY VALUE...: the last answer does
says() {
	while [ $# -gt 1 ]; do
		get "$1"
		[ "$V" = "$2" ] || why "$1 is \"$V\", not \"$2\": $R" || return 1
		shift 2
	done
}

# refused NAME ERRNO WORDS COMMAND...: with that errno and words a person can act on
refused() {
	local name=$1 errno=$2 words=$3
	shift 3
	ask "$name" "$@" && return 1
	[[ $R == "err -$errno "*"$words"* ]] || why "not -$errno and \"$words\": $R"
}

# ------------------------------------------------------------------ the module
gate_load() {
	grep -q '^trustgate ' /proc/modules && return
	if [ -n "${TG_KO:-}" ]; then
		insmod "$TG_KO" "$@"
	else
		modprobe trustgate "$@"
	fi
}

# Everything that enforces goes; then the module can.
gate_unload() {
	local _
	grep -q '^trustgate ' /proc/modules || return 0
	net_down
	[ -n "${PID[i]:-}" ] || start i
	ask i config mode=off delete-held || return 1
	stop i
	for _ in $(seq 50); do
		rmmod trustgate 2>/dev/null && return
		sleep 0.1
	done
	why "rmmod: $(rmmod trustgate 2>&1)"
}

# ----------------------------------------------------------------- the network
ns_sysctl='for f in all default; do
	echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter
	echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad
	echo 0 > /proc/sys/net/ipv6/conf/$f/accept_ra
	echo 1 > /proc/sys/net/ipv6/conf/$f/forwarding
	done; echo 1 > /proc/sys/net/ipv4/ip_forward
	echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all
	echo 1 > /proc/sys/net/ipv6/icmp/echo_ignore_all
	echo 0 > /proc/sys/net/ipv4/icmp_ratelimit'

in_ns() {
	local ns=$1
	shift
	nsenter "--net=/run/netns/tgk-$ns" -- "$@"
}

# ns_add NAME...: namespaces, each with a gatectl
ns_add() {
	local n
	for n; do
		ip netns add "tgk-$n"
		in_ns "$n" sh -c "$ns_sysctl"
		ip -n "tgk-$n" link set lo up
		start "$n" nsenter "--net=/run/netns/tgk-$n"
		ask "$n" watch
	done
}

ns_del() {
	local n
	for n; do
		stop "$n"
		ip netns del "tgk-$n" 2>/dev/null
	done
}

net_up() {
	local n
	ns_add h s l
	ip -batch - <<-E
		link add wan netns tgk-h type veth peer name wan netns tgk-s
		link add lan netns tgk-h type veth peer name lan netns tgk-l
	E
	ip -n tgk-h -batch - <<-E
		link add inner type dummy
		addr add $H4/24 dev wan
		addr add $H6/64 dev wan nodad
		addr add 10.10.0.1/24 dev lan
		addr add fd10::1/64 dev lan nodad
		addr add $hi4/32 dev inner
		addr add $hi6/128 dev inner nodad
		link set wan up
		link set lan up
		link set inner up
		route add 10.99.0.0/24 via $S4 src $hi4
		route add 239.0.0.0/8 dev wan src $hi4
		route add fd99::/64 via $S6 src $hi6
	E
	ip -n tgk-s -batch - <<-E
		link add inner type dummy
		addr add $S4/24 dev wan
		addr add $S6/64 dev wan nodad
		addr add $si4/32 dev inner
		addr add $si6/128 dev inner nodad
		link set wan up
		link set inner up
		route add 10.0.0.0/8 via $H4 src $si4
		route add 239.0.0.0/8 dev wan src $si4
		route add fd00::/8 via $H6 src $si6
	E
	ip -n tgk-l -batch - <<-E
		addr add $li4/24 dev lan
		addr add $li6/64 dev lan nodad
		link set lan up
		route add default via 10.10.0.1
		route add default via fd10::1
	E
	# An error that is late would be counted as what the next test sends.
	for n in s l; do
		in_ns $n nft -f - <<-E
			table inet quiet {
				chain output {
					type filter hook output priority 0
					icmp type destination-unreachable drop
					icmpv6 type destination-unreachable drop
				}
			}
		E
	done
	start e nsenter --net=/run/netns/tgk-h
	start i
	gate_off_elsewhere
}

# The far ends are not what is tested.
gate_off_elsewhere() {
	grep -q '^trustgate ' /proc/modules || return 0
	ask s config mode=off delete-held && ask l config mode=off delete-held
}

net_down() {
	local n
	stop e
	for n in "${!PID[@]}"; do
		[ "$n" = i ] || stop "$n"
	done
	for n in $(ip netns list | sed -n 's/^tgk-\([a-z0-9]*\).*/\1/p'); do
		ip netns del "tgk-$n"
	done
	stop i
}

cleanup() {
	net_down 2>/dev/null
	rm -rf "$TMP"
}

# ----------------------------------------------------------------- SAs by hand
# Lines for ip -batch, collected until apply.
h_lines='' s_lines=''

# state SRC DST PROTO SPI MODE [MORE]: the same one at both ends
state() {
	local algo
	case $3 in
	esp)	algo=$AEAD ;;
	ah)	algo=$AUTH ;;
	comp)	algo='comp deflate' ;;
	esac
	local line="xfrm state add src $1 dst $2 proto $3 spi $4 mode $5 ${6:-} $algo"$'\n'
	h_lines+=$line
	s_lines+=$line
}

# policy H_SEL S_SEL H_OUTER S_OUTER "PROTO MODE [MORE]"... [-- MORE_AT_H]: both ways,
# both ends; one template an argument
policy() {
	local hs=$1 ss=$2 ho=$3 so=$4 out='' in='' t dir
	shift 4
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		t=$1
		out+=" tmpl src $ho dst $so proto ${t%% *} mode ${t#* }"
		in+=" tmpl src $so dst $ho proto ${t%% *} mode ${t#* }"
		shift
	done
	[ "${1:-}" != -- ] || shift
	h_lines+="xfrm policy add src $hs dst $ss dir out $* $out"$'\n'
	s_lines+="xfrm policy add src $ss dst $hs dir out $in"$'\n'
	for dir in in fwd; do
		h_lines+="xfrm policy add src $ss dst $hs dir $dir $* $in"$'\n'
		s_lines+="xfrm policy add src $hs dst $ss dir $dir $out"$'\n'
	done
}

apply() {
	local rc=0
	ip -n tgk-h -batch - <<< "$h_lines" || rc=1
	ip -n tgk-s -batch - <<< "$s_lines" || rc=1
	h_lines='' s_lines=''
	return $rc
}

flush() {
	ip -n tgk-h -batch - <<< $'xfrm policy flush\nxfrm state flush'
	ip -n tgk-s -batch - <<< $'xfrm policy flush\nxfrm state flush'
}

# tunnel SPI [MORE]: ESP over IPv4 for both families; SPI out, SPI + 1 in
tunnel_states() {
	state $H4 $S4 esp "$1" tunnel "reqid 1 flag af-unspec ${2:-}"
	state $S4 $H4 esp $(($1 + 1)) tunnel "reqid 1 flag af-unspec ${2:-}"
}

tunnel_policies() {
	local tmpl='esp tunnel reqid 1'
	policy $hi4/32 10.99.0.0/24 $H4 $S4 "$tmpl"
	policy 10.10.0.0/24 10.99.0.0/24 $H4 $S4 "$tmpl"
	policy $hi4/32 239.1.1.1/32 $H4 $S4 "$tmpl"
	policy 239.1.1.1/32 $si4/32 $H4 $S4 "$tmpl"
	policy fd50::/64 fd99::/64 $H4 $S4 "$tmpl"
	policy fd10::/64 fd99::/64 $H4 $S4 "$tmpl"
}

tunnel() {
	tunnel_states "$@"
	tunnel_policies
	apply
}

# keys SPI: what names the two SAs of tunnel
keys() {
	echo "sa=esp,$1,$S4 sa=esp,$(($1 + 1)),$H4"
}

# ------------------------------------------------------------------ the context
ike=0

# announce [KEY=VALUE...]: a new one; its number is CTX
announce() {
	ike=$((ike + 1))
	ask h announce "ike=$ike" "$@" || return 1
	get id
	CTX=$V
}

# opened KEYS... : a new context with these SAs, open
opened() {
	announce cert=aa required=1 &&
	ask h bind "id=$CTX" "$@" &&
	ask h prove "id=$CTX" mask=1 && says state open
}

in_state() {
	ask h context "id=$CTX" "state=$1" "wait=${2:-0}"
}

zero() {
	local n
	for n; do
		ask "$n" zero || return 1
	done
}

# held DIR N [REASON]: exactly so many packets were held there since zero
held() {
	ask h held "dir=$1" "min=$2" && says n "$2" || return 1
	[ -z "${3:-}" ] || says "$3" "$2"
}

# seen NS N FILTER...: exactly so many packets were seen there since zero
seen() {
	local ns=$1 n=$2
	shift 2
	ask "$ns" count "$@" "min=$n" && says n "$n"
}

# One datagram each way; how many come through, and why not.
passes() {
	zero s h && ask h udp "src=$hi4" "dst=$si4" port=4001 && ask s udp "src=$si4" "dst=$hi4" \
		port=4002 && seen s 1 "dst=$si4" port=4001 && seen h 1 "dst=$hi4" port=4002
}

# holds [REASON]
holds() {
	zero s h && ask h udp "src=$hi4" "dst=$si4" port=4001 && ask s udp "src=$si4" "dst=$hi4" \
		port=4002 && held out 1 "${1:-}" && held in 1 "${1:-}" &&
		seen s 0 "dst=$si4" port=4001 && seen h 0 "dst=$hi4" port=4002
}

# fresh: a new pair of SAs takes the place of the one before; SPI, KEYS
SPI=4096 KEYS=''
fresh() {
	SPI=$((SPI + 2))
	KEYS=$(keys $SPI)
	h_lines=$'xfrm state flush\n' s_lines=$'xfrm state flush\n'
	tunnel_states $SPI
	apply
}

# pending [MASK]: fresh SAs in a new context that requires MASK, nothing proven
pending() {
	fresh && bound "${1:-3}"
}

# bound [MASK]: the same with SAs that are fresh already
bound() {
	# shellcheck disable=SC2086
	announce cert=aa "required=${1:-3}" && ask h bind "id=$CTX" $KEYS
}

# open_all [MASK]: and all of it proven
open_all() {
	pending "${1:-3}" && ask h prove "id=$CTX" "mask=${1:-3}" && says state open
}

# event WHAT...: among the events since the last time, in this order
event() {
	local w rest
	ask h events wait=30 || return 1
	rest=$R
	for w; do
		[[ $rest == *" $w"* ]] || why "no event $w in: $R" || return 1
		rest=${rest#*" $w"}
	done
}

# event_ms WHAT: V is the time of the last event in R that starts with it
event_ms() {
	V=
	[[ $R =~ .*\ "$1"[^\ ]*@([0-9]+) ]] && V=${BASH_REMATCH[1]}
}

old_events() {
	ask h events wait=10
}

# unchanged COMMAND...: it succeeds, and the gate is as it was
unchanged() {
	local before
	ask e snapshot || return 1
	before=$R
	"$@" || return 1
	ask e snapshot
	[ "$R" = "$before" ] && return
	ask e snapshot full
	why "the gate has changed: $R"
}

# new_agent [LEASE]: the one before has gone, as seen by the kernel
new_agent() {
	ask h leave
	ask h register "lease=${1:-300000}" name=test
}

need_root() {
	[ "$(id -u)" = 0 ] && [ -x "$GATECTL" ] && return
	echo "1..0 # SKIP needs root and gatectl"
	exit 4
}

need_root
trap cleanup EXIT
net_down 2>/dev/null
echo "TAP version 13"
