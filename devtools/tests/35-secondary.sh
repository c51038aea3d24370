#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# A second process on the port of a running one: dpdk-proc-info reads the
# counters, and a testpmd that wants to change something is refused. The first
# process goes on answering.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

# The processes share one hugetlbfs mount: in a mount namespace of its own it
# goes away with them, however they end.
if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

# counter FILE DIRECTION : packets of the first port, as testpmd or proc-info tell.
counter()
{
	sed -n "s/.*$2-packets: *\([0-9]*\).*/\1/p" "$1" | head -n 1
}

primary_counts()
{
	testpmd_cmd a show port stats 0 >"$SCRATCH/primary"
	RX=$(counter "$SCRATCH/primary" RX)
	TX=$(counter "$SCRATCH/primary" TX)
}

# dpdk-proc-info brings its own options for lcores.
proc_info()
{
	in_netns env "RUNTIME_DIRECTORY=$SCRATCH" timeout -k 5 30 "$RTAP_PROC_INFO" \
		--no-telemetry "${SHARED[@]}" -- --stats >"$SCRATCH/proc-info" 2>&1
}

# is_between NAME LOW VALUE HIGH
is_between()
{
	check "$1" test "$2" -le "${3:-0}" -a "${3:-0}" -le "$4"
}

start_pings()
{
	ip netns exec "$NETNS" ping -n -q -i 0.1 -W 2 "$DEMO_PEER" \
		>"$SCRATCH/pings" 2>&1 &
	PING_PID=$!
}

# The last one may be on its way when they end.
end_pings()
{
	kill -INT "$PING_PID"
	wait "$PING_PID"
	sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$SCRATCH/pings")
	is_between "$1: every ping is answered" $((${sent:-2} - 1)) \
		"$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$SCRATCH/pings")" "${sent:-0}"
}

# is_refused COMMAND : testpmd of a second process hands it to the driver.
is_refused()
{
	testpmd_cmd b "$1" >"$SCRATCH/refused"
	says "second process: '$1' is refused" "$SCRATCH/refused" "only the primary process"
}


begin_scenario secondary
: "${RTAP_PROC_INFO:=$(find_program dpdk-proc-info)}"
[ -x "$RTAP_PROC_INFO" ] || skip_all "no dpdk-proc-info at $RTAP_PROC_INFO"
share_memory
tap_plan 17

TESTPMD_MEMORY="-m 128 ${SHARED[*]}"
check "the first process starts" start_testpmd a "net_rtap0,iface=$DEMO_IFACE"
address_iface "$DEMO_IFACE"
same "it answers" "$(replies 3 0.1)" 3

start_pings
primary_counts
before_rx=$RX
before_tx=$TX
check "dpdk-proc-info ends well" proc_info
primary_counts
is_between "dpdk-proc-info: received packets" "$before_rx" \
	"$(counter "$SCRATCH/proc-info" RX)" "$RX"
is_between "dpdk-proc-info: transmitted packets" "$before_tx" \
	"$(counter "$SCRATCH/proc-info" TX)" "$TX"
end_pings "dpdk-proc-info"

TESTPMD_MEMORY="--proc-type=secondary ${SHARED[*]}"
start_pings
check "a second testpmd starts" start_testpmd b ""
testpmd_cmd b stop >/dev/null
for command in "port 0 rxq 0 stop" "port 0 txq 0 stop" "set promisc 0 off" \
		"set allmulti 0 on" "mac_addr set 0 02:00:00:00:00:01" "set link-down port 0"; do
	is_refused "$command"
done
check "the second testpmd ends well" stop_testpmd b
end_pings "second process"
same "the first process answers afterwards" "$(replies 3 0.1)" 3
check "it ends well" stop_testpmd a
