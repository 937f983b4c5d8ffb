#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm.sh ACTOR: the tests of the tool, in a VM: first without the module, then with.
cd "$(dirname "$0")" || exit 1
export TG_ACTOR=$1
rc=0
./test_args.sh || rc=1
modprobe trustgate || exit 1
./test_states.sh || rc=1
exit $rc
