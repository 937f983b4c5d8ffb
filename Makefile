# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a person runs:
#   make demo            tell the story of one tunnel in a VM, on this machine; FLOW=f1,
#                        f2... that of one of the sources' flows
#   make check           all tests; KERNEL=bookworm or sid picks another Debian, UML=no has
#                        all that needs a VM in QEMU
#   make check-fresh     the README's commands, typed into fresh Debians; an hour and more
#   make check-long      ten million mutations of each parser's input; hours, -j helps
#   make bench           per-packet cost and time to open, side by side
#   make all install     build and install for the running machine
O ?= $(CURDIR)/build
DESTDIR ?=
PREFIX ?= /usr
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
SSDIR ?= /usr/src/strongswan
KERNEL ?= trixie

# From where make was called, wherever a part of the tree is built.
override O := $(abspath $(O))

export O DESTDIR PREFIX KVER KDIR SSDIR KERNEL UML
# O on the command line is ours alone: a kernel's build takes one for its own.
MAKEOVERRIDES := $(filter-out O=%,$(MAKEOVERRIDES))

.PHONY: all kmod userspace tests install install-tests demo check check-long check-fresh bench \
	generate clean
all: kmod userspace

# The kernel build writes beside its sources, so it gets a copy of them.
KMOD_SRC := $(wildcard kmod/*.[ch] kmod/Makefile Kbuild include/uapi/linux/*.h)
kmod: $(O)/kmod/trustgate.ko
$(O)/kmod/trustgate.ko: $(KMOD_SRC)
	@[ -e "$(KDIR)/Makefile" ] || { echo "trustgate: no headers of Linux $(KVER) in $(KDIR)" \
		"(Debian: apt-get install $$(tools/packages module); of another kernel: set KVER, or" \
		"KDIR)" >&2; exit 1; }
	@mkdir -p $(O)/kbuild
	@cp -p --parents $(KMOD_SRC) $(O)/kbuild/
	$(MAKE) -C $(KDIR) M=$(O)/kbuild modules
	@mkdir -p $(O)/kmod && cp $(O)/kbuild/kmod/trustgate.ko $@

userspace:
	$(MAKE) -C userspace O=$(O)/userspace

install: all
	install -D -m 644 $(O)/kmod/trustgate.ko \
		$(DESTDIR)/lib/modules/$(KVER)/updates/trustgate.ko
	$(MAKE) -C userspace O=$(O)/userspace install
	install -D -m 644 -t $(DESTDIR)/usr/share/doc/trustgate policy/trustgated.conf \
		policy/swanctl-henb.conf policy/swanctl-segw.conf policy/trustgated-segw.conf \
		policy/cwmp.conf \
		policy/swanctl-henb-combined.conf policy/swanctl-segw-combined.conf
	install -D -m 644 policy/strongswan-baseline.conf \
		$(DESTDIR)/etc/strongswan.d/trustgate.conf
	install -D -m 644 -t $(DESTDIR)/lib/systemd/system policy/trustgated.service \
		policy/trustgate-revocation.service policy/trustgate-revocation.timer \
		policy/trustgate-sinks.service policy/trustgate-sinks.timer \
		policy/trustgate-retain.service policy/trustgate-retain.timer
	install -D -m 644 policy/strongswan-service.conf $(DESTDIR)/lib/systemd/system/strongswan.service.d/trustgate.conf
	# What the README's commands, and the agent, write into.
	install -d -m 755 $(DESTDIR)/etc/trustgate $(DESTDIR)/var/lib/trustgate
	install -D -m 644 policy/modprobe-trustgate.conf $(DESTDIR)/etc/modprobe.d/trustgate.conf
	[ -n "$(DESTDIR)" ] || depmod $(KVER)

# For the guests of tests/vm, which have what they need: see tests/Makefile. Elsewhere, with
# KSFT=$$(tests/vm/linux-tools)/tools/testing/selftests.
tests: userspace
	O=$(O)/tests $(MAKE) -C tests all
install-tests:
	O=$(O)/tests INSTALL_PATH=$(DESTDIR)/usr/libexec/trustgate-tests \
		$(MAKE) -C tests install

generate:
	tools/ynl-regen "$$(tests/vm/linux-tools)"

FLOW ?=
demo:
	tests/vm/deps
	tests/demo/run $(if $(FLOW),--flow $(FLOW))
bench:
	tests/vm/deps
	tests/bench/run

check:
	tests/run-all

check-fresh:
	tests/fresh/run
	tests/fresh/use

check-long:
	tests/lint/deps
	$(MAKE) --output-sync=target -C tests/fuzz O=$(O)/tests/fuzz check \
		RUNS=10000000 LIMIT=1000000
	$(MAKE) --output-sync=target -C tests/segw O=$(O)/tests/segw check-long \
		RUNS=10000000 LIMIT=1000000

clean:
	rm -rf $(O)
