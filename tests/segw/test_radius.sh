#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SGW-AAA-01/02 against a real FreeRADIUS on the loopback address: accept, reject, a
# change of mind, a wrong secret, a server that hangs, and none.
# test_radius.sh CLIENT: the built radius_client.
set -u -o pipefail
client=${1:-$(dirname "$0")/radius_client}
PATH=$PATH:/usr/sbin
n=0 bad=0 pid=
secret=a-secret-of-24-characters

echo "TAP version 13"
if ! command -v freeradius > /dev/null; then
	echo "1..0 # SKIP no freeradius here (tests/segw/deps installs it)"
	exit 4
fi
dir=$(mktemp -d)
chmod 755 "$dir"

stop() {
	[ "$pid" ] || return 0
	kill -CONT "$pid" 2> /dev/null
	kill "$pid" 2> /dev/null
	wait "$pid" 2> /dev/null
	pid=
}
trap 'stop; rm -rf "$dir"' EXIT

users() { # LINE...: who is allowed
	{
		printf '%s\n' "$@"
		printf 'DEFAULT Auth-Type := Reject\n\tReply-Message = "not on the list"\n'
	} > "$dir/users"
}

configure() { # PORT
	cat > "$dir/radiusd.conf" <<-END
	prefix = /usr
	name = radiusd
	raddbdir = $dir
	logdir = $dir
	run_dir = $dir
	libdir = /usr/lib/freeradius
	pidfile = $dir/pid
	correct_escapes = true
	max_request_time = 5
	log {
		destination = files
		file = $dir/log
		auth = yes
	}
	security {
		reject_delay = 0
		status_server = no
		allow_vulnerable_openssl = yes
	}
	modules {
		files {
			usersfile = $dir/users
		}
		always reject {
			rcode = reject
		}
	}
	client segw {
		ipaddr = 127.0.0.1
		secret = $secret
		require_message_authenticator = yes
	}
	server default {
		listen {
			type = auth
			ipaddr = 127.0.0.1
			port = $1
		}
		authorize {
			if (&Service-Type != Call-Check || &User-Name != &Calling-Station-Id) {
				reject
			}
			files
		}
		authenticate {
		}
		post-auth {
			update reply {
				Message-Authenticator := 0x00
			}
			Post-Auth-Type REJECT {
				update reply {
					Message-Authenticator := 0x00
				}
			}
		}
	}
	END
}

# A port that nobody has: the server says whether it took it.
start() {
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 20000))
		configure "$port"
		: > "$dir/log"
		freeradius -f -d "$dir" -n radiusd > "$dir/out" 2>&1 &
		pid=$!
		for _ in $(seq 100); do
			grep -q "Ready to process" "$dir/log" && return 0
			kill -0 "$pid" 2> /dev/null || break
			sleep 0.1
		done
		stop
	done
	cat "$dir/out" "$dir/log" >&2
	return 1
}

asked() { # NAME SECRET IDENTITY PATTERN
	local got
	n=$((n + 1))
	got=$("$client" "$port" "$2" "$3")
	# shellcheck disable=SC2053  # a pattern
	if [[ $got = $4 ]]; then
		echo "ok $n - $1"
	else
		echo "# wanted: $4"
		echo "# got: $got"
		echo "not ok $n - $1"
		bad=1
	fi
}

users '0001.femto.example.org Auth-Type := Accept' \
	'0002.femto.example.org Auth-Type := Accept' '	Session-Timeout := 90'
if ! start; then
	echo "Bail out! freeradius does not start"
	exit 1
fi
asked "SGW-AAA-01: an identity that is allowed" $secret 0001.femto.example.org \
	'good authz.radius.accept 3600 *'
asked "SGW-AAA-01: allowed for 90 s" $secret 0002.femto.example.org 'good authz.radius.accept 90 *'
asked "SGW-AAA-01: one that is not, and why" $secret 0003.femto.example.org \
	'bad authz.radius.reject 60 *not on the list*'
asked "SGW-AAA-01: a wrong secret proves nothing" another-secret-of-length 0001.femto.example.org \
	'indeterminate authz.radius.* 0 *'
users '0003.femto.example.org Auth-Type := Accept'
stop
start || echo "# freeradius does not start again"
asked "SGW-AAA-01: who was denied is allowed now" $secret 0003.femto.example.org \
	'good authz.radius.accept *'
asked "SGW-AAA-01: who was allowed is denied now" $secret 0001.femto.example.org \
	'bad authz.radius.reject *'
kill -STOP "$pid"
asked "SGW-AAA-01: a server that hangs allows nobody" $secret 0003.femto.example.org \
	'indeterminate authz.radius.timeout 0 *'
stop
asked "SGW-AAA-01: no server allows nobody" $secret 0003.femto.example.org \
	'indeterminate authz.radius.unreachable 0 *'
echo "1..$n"
exit $bad
