#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# testpmd with EAL's --trace records what happens to a port, and babeltrace2 reads
# it: the trace points of the control path, in the order of what was done, each
# with what it tells. Those of the data path are there as far as they are built in.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

IFACE=io0
PINGS=3
NB_WAITING=40
DATA_PATH='rx.armed|rx.batch|rx.burst|rx.drained|rx.woken|tx.batch|tx.burst'
LIFE='probe|configure|rx.queue_setup|tx.queue_setup|start|stop|delete|close'

# fields NAME : what each event of that name tells, in order, one a line.
fields()
{
	sed -n "s/.* pmd\.net\.rtap\.$1: .*{ \([^{}]*\) }\$/\1/p" "$SCRATCH/events"
}

# names PATTERN : of the events, in order.
names()
{
	sed -n 's/.* pmd\.net\.rtap\.\([a-z_.]*\): .*/\1/p' "$SCRATCH/events" | grep -xE "$1" |
		tr '\n' ' '
}

# has_told PATTERN N : so often, testpmd has told of such events.
has_told()
{
	[ "$(grep -cE "Port 0: $1 event" "${TESTPMD_LOG[a]}")" -ge "$2" ]
}

has_data_path()
{
	grep -q 'define RTE_ENABLE_TRACE_FP' "$RTAP_BUILD"/subprojects/dpdk/rte_build_config.h
}

# all_queues NAME : what such events tell, whatever the queue.
all_queues()
{
	fields "$1" | sed 's/queue_id = 0x[01], //'
}

# A ping wakes a queue, is answered, and leaves it idle; only a burst after the
# answer finds that nothing more has come.
pings_of_events()
{
	names 'rx\.(woken|burst|drained|armed)|tx\.burst' |
		grep -o 'rx\.woken rx\.burst rx\.drained tx\.burst rx\.armed ' | wc -l
}

# traced NAME GOT WANTED : a case of the data path.
traced()
{
	if has_data_path; then
		same "$@"
	else
		skip "$1" "the build has no enable_trace_fp"
	fi
}

data_path_cases()
{
	local seen

	seen=$(names "$DATA_PATH" | tr ' ' '\n' | sort -u | grep .)
	if has_data_path; then
		same "all of the data path is traced" "$seen" "$(tr '|' '\n' <<<"$DATA_PATH")"
	else
		same "bursts are not traced in a build without enable_trace_fp" "$seen" ""
	fi
	traced "each ping is traced until its queue is idle again" "$(pings_of_events)" $PINGS
	# The deletion of the interface makes the queue read once more, in vain.
	traced "reads of packets that waited are traced" "$(all_queues rx.batch | head -n 4)" \
		"port_id = 0x0, nb_reads = 0x4, nb_rx = 0x4
port_id = 0x0, nb_reads = 0x8, nb_rx = 0x8
port_id = 0x0, nb_reads = 0x10, nb_rx = 0x10
port_id = 0x0, nb_reads = 0x20, nb_rx = 0x8"
	# A queue has room for the pieces of 24 packets of eight segments.
	traced "writes of a system call are traced" "$(fields tx.batch)" \
		"port_id = 0x0, queue_id = 0x0, nb_writes = 0x18, nb_taken = 0x18
port_id = 0x0, queue_id = 0x0, nb_writes = 0x8, nb_taken = 0x8
port_id = 0x0, queue_id = 0x1, nb_writes = 0x18, nb_taken = 0x18
port_id = 0x0, queue_id = 0x1, nb_writes = 0x8, nb_taken = 0x8"
	traced "packets of a burst are traced" \
		"$(all_queues tx.burst | sort | uniq -c | sed 's/^ *//')" \
		"$PINGS port_id = 0x0, nb_asked = 0x1, nb_tx = 0x1
2 port_id = 0x0, nb_asked = 0x20, nb_tx = 0x20"
}

# has_state STATE : of the interface.
has_state()
{
	ip -n "$NETNS" -o link show "$IFACE" | grep -q "state $1 "
}

# send_waiting : one flow, so that all of them wait in one queue.
send_waiting()
{
	in_netns python3 - "$DEMO_PEER" $NB_WAITING <<-'END'
	import socket
	import sys

	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for _ in range(int(sys.argv[2])):
	    sock.sendto(b'x', (sys.argv[1], 9))
	END
}

begin_scenario trace
command -v babeltrace2 >/dev/null || skip_all "no babeltrace2"
tap_plan 17

# Without IPv6 and ARP, nothing comes but what is sent here.
in_netns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
mkdir "$SCRATCH/traces"
TESTPMD_MEMORY="$SMALL_MEMORY --trace=pmd.net.rtap --trace-dir=$SCRATCH/traces"
check "testpmd starts" start_testpmd a "net_rtap0,iface=$IFACE" --rxq=2 --txq=2 \
	--rxd=512 --txd=256 --tx-offloads=0x8000 --no-flush-rx
index=$(ip -n "$NETNS" -o link show "$IFACE" | cut -d: -f1)
ip -n "$NETNS" link set "$IFACE" down
poll 10 has_told 'link .* change' 1
ip -n "$NETNS" link set "$IFACE" up
address_iface "$IFACE"
ip -n "$NETNS" neigh replace "$DEMO_PEER" lladdr 02:00:00:00:00:02 dev "$IFACE" nud permanent
poll 10 has_told 'link .* change' 2
check "it answers" test "$(replies $PINGS 0.1)" = $PINGS
for command in stop "port stop 0" "port start 0" "set txpkts 64,64,64,64,64,64,64,64"; do
	testpmd_cmd a "$command" >/dev/null
done
poll 10 has_state UP
check "packets wait" send_waiting
testpmd_cmd a start tx_first >/dev/null
ip -n "$NETNS" link del "$IFACE"
# testpmd detaches the device then, on another thread than that which is to quit.
poll 10 grep -q "is detached" "${TESTPMD_LOG[a]}"
check "it ends well" stop_testpmd a

babeltrace2 "$SCRATCH"/traces/* >"$SCRATCH/events" 2>"$SCRATCH/errors"
same "babeltrace2 reads all" "$(cat "$SCRATCH/errors")" ""
same "the life of the port is traced in its order" "$(names "$LIFE")" \
	"probe configure tx.queue_setup tx.queue_setup rx.queue_setup rx.queue_setup \
start stop start delete stop close "
same "probe tells of the interface" "$(fields probe)" \
	"device = \"net_rtap0\", port_id = 0x0, if_index = $index"
same "configure tells of the queues" "$(fields configure)" \
	"port_id = 0x0, nb_queues = 0x2, tun_features = 0x0, hdr_len = 0xA"
same "queues tell of their descriptors" "$(fields rx.queue_setup; fields tx.queue_setup)" \
	"port_id = 0x0, queue_id = 0x0, nb_desc = 0x200, room = 0x800
port_id = 0x0, queue_id = 0x1, nb_desc = 0x200, room = 0x800
port_id = 0x0, queue_id = 0x0, nb_desc = 0x100
port_id = 0x0, queue_id = 0x1, nb_desc = 0x100"
same "changes of the link are traced" "$(fields link)" \
	"port_id = 0x0, is_up = 0x0
port_id = 0x0, is_up = 0x1
port_id = 0x0, is_up = 0x0"
same "the queues are lent while the port is started" "$(names 'lend|recall')" \
	"lend recall lend recall "
same "each loan has a number of its own" "$(fields lend)" \
	"port_id = 0x0, loan = 0x1
port_id = 0x0, loan = 0x2"
data_path_cases
