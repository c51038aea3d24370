#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Secondary processes for a port that is not there, and one that is there before
# its port is.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

start_primary()
{
	TESTPMD_MEMORY="-m 128 ${SHARED[*]}"
	start_testpmd a "$@"
}

begin_scenario mp-errors
share_memory
tap_plan 15

check "the primary starts" start_primary "net_rtap0,iface=$DEMO_IFACE"
address_iface "$DEMO_IFACE"
TESTPMD_MEMORY="--proc-type=secondary ${SHARED[*]}"
run_testpmd other "net_rtap7"
check "a port that the primary has not: no crash" test $? -lt 124
says "a port that the primary has not: it is named" "${TESTPMD_LOG[other]}" \
	"primary process has no port net_rtap7"
run_testpmd own "net_rtap7,iface=io7"
check "an interface of its own: no crash" test $? -lt 124
says "an interface of its own: it is refused" "${TESTPMD_LOG[own]}" \
	"primary process has no port net_rtap7"
check "an interface of its own: none is made" iface_gone io7
same "the primary answers" "$(replies 3 0.1)" 3
check "it ends well" stop_testpmd a

# A port that comes later comes to both.
check "a primary without the port starts" start_primary net_null0
TESTPMD_MEMORY="--proc-type=secondary ${SHARED[*]}"
check "a secondary starts before the port is there" start_testpmd b ""
testpmd_cmd a stop >/dev/null
testpmd_cmd a port attach "net_rtap0,iface=$DEMO_IFACE" >"$SCRATCH/attach"
says "the port is attached" "$SCRATCH/attach" "Port 1 is attached"
testpmd_cmd b show port info 1 >"$SCRATCH/info"
says "the secondary has it, too" "$SCRATCH/info" "net_rtap"
testpmd_cmd a port detach 1 >"$SCRATCH/detach"
says "the port is detached" "$SCRATCH/detach" "is detached|detached"
check "the secondary ends well" stop_testpmd b
check "the primary ends well" stop_testpmd a
