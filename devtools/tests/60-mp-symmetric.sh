#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Two testpmd processes share a port of two queues, each of them polls one. UDP
# flows of the kernel are spread over both and come back to their sockets.
# dpdk-proc-info reads the counters meanwhile.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

FLOWS=64
ROUNDS=20

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

# counter NAME : an extended statistic, as the first process tells it.
counter()
{
	testpmd_cmd a show port xstats 0 | sed -n "s/^$1: *\([0-9]*\).*/\1/p"
}

# echo_flows ROUNDS : sends a datagram on each flow, and the next when it is
# back; prints how many came back. Each has the content of its own flow.
echo_flows()
{
	ip netns exec "$NETNS" python3 - "$FLOWS" "$1" "$DEMO_PEER" <<-'END'
	import select
	import socket
	import sys
	import time

	nb_flows, nb_rounds, peer = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
	flows = {}
	for number in range(nb_flows):
	    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    sock.connect((peer, 7000 + number))
	    flows[sock] = 0
	back = 0
	end = time.monotonic() + 40

	def content(sock):
	    return b'%d %d' % (sock.getpeername()[1], flows[sock])

	for sock in flows:
	    sock.send(content(sock))
	while back < nb_flows * nb_rounds and time.monotonic() < end:
	    for sock in select.select(list(flows), [], [], 1)[0]:
	        if sock.recv(100) != content(sock):
	            sys.exit('a datagram is not what was sent')
	        back += 1
	        flows[sock] += 1
	        if flows[sock] < nb_rounds:
	            sock.send(content(sock))
	print(back)
	END
}

proc_info()
{
	in_netns env "RUNTIME_DIRECTORY=$SCRATCH" timeout -k 5 30 "$RTAP_PROC_INFO" \
		--no-telemetry "${SHARED[@]}" -- "$1" >"$SCRATCH/proc-info" 2>&1
}

# sums_match NAME : all datagrams went through the two queues, in both directions.
sums_match()
{
	local direction sum

	for direction in rx tx; do
		sum=$(($(counter ${direction}_q0_packets) + $(counter ${direction}_q1_packets)))
		same "$1: $direction of both queues" "$sum" $SENT
		for queue in 0 1; do
			check "$1: $direction of queue $queue alone" \
				test "$(counter ${direction}_q${queue}_packets)" -gt 0
		done
	done
}

begin_scenario mp-symmetric
: "${RTAP_PROC_INFO:=$(find_program dpdk-proc-info)}"
[ -x "$RTAP_PROC_INFO" ] || skip_all "no dpdk-proc-info at $RTAP_PROC_INFO"
share_memory
tap_plan 24

# The kernel is to say nothing of its own accord: the sums are exact.
in_netns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
SENT=$((FLOWS * ROUNDS))
SPLIT=(--rxq=2 --txq=2 --num-procs=2 --forward-mode=5tswap)
TESTPMD_MEMORY="-m 128 ${SHARED[*]}"
check "the first process starts" \
	start_testpmd a "net_rtap0,iface=$DEMO_IFACE" "${SPLIT[@]}" --proc-id=0
address_iface "$DEMO_IFACE"
ip -n "$NETNS" neigh replace "$DEMO_PEER" lladdr 02:00:00:00:00:02 dev "$DEMO_IFACE"
TESTPMD_MEMORY="--proc-type=secondary ${SHARED[*]}"
check "the second process starts" start_testpmd b "" "${SPLIT[@]}" --proc-id=1

same "all datagrams come back" "$(echo_flows $ROUNDS)" $SENT
sums_match "symmetric"

# What waits on a queue waits for its process, and for nobody else.
testpmd_cmd b stop >/dev/null
before_0=$(counter rx_q0_packets)
before=$(counter rx_q1_packets)
echo_flows 1 >"$SCRATCH/echo" &
echo_pid=$!
queue_0_served()
{
	[ "$(counter rx_q0_packets)" -gt "$before_0" ]
}
check "the first process serves its queue" poll 20 queue_0_served
same "nobody serves the queue of the second" "$(counter rx_q1_packets)" "$before"
testpmd_cmd b start >/dev/null
wait $echo_pid
same "the second process answers what has waited" "$(cat "$SCRATCH/echo")" $FLOWS
SENT=$((SENT + FLOWS))
sums_match "after a pause"

echo_flows $ROUNDS >"$SCRATCH/echo" &
echo_pid=$!
for what in --stats --xstats; do
	check "dpdk-proc-info $what of the loaded port" proc_info $what
done
rx=$(sed -n 's/^rx_q1_packets: *\([0-9]*\).*/\1/p' "$SCRATCH/proc-info")
check "it tells of the queue of the second process" test "${rx:-0}" -ge "$before"
wait $echo_pid
same "no datagram is lost meanwhile" "$(cat "$SCRATCH/echo")" $((FLOWS * ROUNDS))

check "the second process ends well" stop_testpmd b
check "the first process ends well" stop_testpmd a
