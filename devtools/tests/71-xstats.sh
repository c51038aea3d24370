#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# dpdk-proc-info and testpmd read the statistics of a port of two queues. While
# pings flow, each reading succeeds and has more than the one before. When they
# have stopped, all views agree, and each count that the kernel has as well is the
# kernel's: of the interface, of its queues, of pings sent. So it is after a reset,
# with pings of known lengths, and with packets that nobody came to read.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

READINGS=3
QUEUES=2
# Pings by length of their data, and the class that each frame is in: 42 bytes more.
PINGS="16:11:size_64 23:12:size_65_to_127 300:13:size_256_to_511 1400:14:size_1024_to_1518"
NB_PINGS=50
PORT_UNREAD=9
# More than the descriptors of a queue, by which the interface makes its own as long.
NB_UNREAD=1500

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

# proc_info OPTION... : the output of another process.
proc_info()
{
	in_netns env "RUNTIME_DIRECTORY=$SCRATCH" timeout -k 5 60 "$RTAP_PROC_INFO" \
		--no-telemetry "${SHARED[@]}" -- "$@" >"$SCRATCH/proc-info" 2>&1
}

# told NAME : a value of its last output, of any form.
told()
{
	sed -n "s/.*\b$1: *\([0-9]*\).*/\1/p" "$SCRATCH/proc-info" | head -n 1
}

# told_of_all NAME : the sum of that count of all queues; N stands for their numbers.
told_of_all()
{
	sed -n "s/^${1/N/[0-9]*}: *\([0-9]*\).*/\1/p" "$SCRATCH/proc-info" |
		awk '{ n += $1 } END { print n + 0 }'
}

# told_names PATTERN : of the last output, in their order.
told_names()
{
	sed -n "s/^\($1\): [0-9]*\$/\1/p" "$SCRATCH/proc-info" | tr '\n' ' '
}

# first_told NAME : the same value as the first process has it.
first_told()
{
	testpmd_cmd a show port xstats 0 | sed -n "s/^$1: *\([0-9]*\).*/\1/p"
}

# read_link : LINK, the counts of the interface.
read_link()
{
	local key value

	while read -r key value; do
		LINK[$key]=$value
	done < <(ip -n "$NETNS" -s -j link show dev "$DEMO_IFACE" | python3 -c '
import json, sys
for direction, counts in json.load(sys.stdin)[0]["stats64"].items():
    for field, value in counts.items():
        print(f"{direction}.{field}", value)')
}

# stack NAME : a count of the protocols in the namespace.
stack()
{
	in_netns nstat -a -s -z -j "$1" | python3 -c '
import json, sys
print(json.load(sys.stdin)["kernel"][sys.argv[1]])' "$1"
}

note_kernel_counts()
{
	local key

	read_link
	for key in "${!LINK[@]}"; do
		BASE[$key]=${LINK[$key]}
	done
	BASE[requests]=$(stack IcmpOutEchos)
}

# since KEY : by how much that count of the interface has grown.
since()
{
	echo $((LINK[$1] - BASE[$1]))
}

# has_settled [N] : that the port has all that the interface has sent, and not dropped,
# and has answered N packets, all of them without it.
has_settled()
{
	proc_info --xstats || return
	read_link
	[ "$(told rx_good_packets)" = "$(since tx.packets)" ] &&
		[ "$(told tx_good_packets)" = "${1:-$(told rx_good_packets)}" ]
}

# The interface's receive counters are the port's transmit ones, and reverse.
kernel_cases()
{
	same "$1: rx_kernel_packets" "$(told rx_kernel_packets)" "$(since tx.packets)"
	same "$1: rx_kernel_bytes" "$(told rx_kernel_bytes)" "$(since tx.bytes)"
	same "$1: rx_kernel_dropped_packets" "$(told rx_kernel_dropped_packets)" \
		"$(since tx.dropped)"
	same "$1: tx_kernel_packets" "$(told tx_kernel_packets)" "$(since rx.packets)"
	same "$1: tx_kernel_bytes" "$(told tx_kernel_bytes)" "$(since rx.bytes)"
	same "$1: tx_kernel_dropped_packets" "$(told tx_kernel_dropped_packets)" \
		"$(since rx.dropped)"
	same "$1: rx_good_packets" "$(told rx_good_packets)" "$(since tx.packets)"
	same "$1: rx_good_bytes" "$(told rx_good_bytes)" "$(since tx.bytes)"
	same "$1: tx_good_packets" "$(told tx_good_packets)" "$(since rx.packets)"
	same "$1: tx_good_bytes" "$(told tx_good_bytes)" "$(since rx.bytes)"
	same "$1: rx_missed_errors" "$(told rx_missed_errors)" "$(since tx.dropped)"
}

start_pings()
{
	ip netns exec "$NETNS" ping -n -q -f "$DEMO_PEER" >"$SCRATCH/ping" 2>&1 &
	PING_PID=$!
}

end_pings()
{
	kill -INT $PING_PID
	wait $PING_PID
}

loaded_cases()
{
	local i before=0 now rising=0

	start_pings
	for ((i = 0; i < READINGS; i++)); do
		proc_info --xstats || break
		now=$(told rx_good_packets)
		[ "${now:-0}" -le "$before" ] || rising=$((rising + 1))
		before=${now:-0}
	done
	same "dpdk-proc-info --xstats of the loaded port" "$i" $READINGS
	same "packets came between all readings" "$rising" $READINGS
	check "dpdk-proc-info --stats of the loaded port" proc_info --stats
	check "it has more packets by then" test "$(told RX-packets)" -gt "$before"
	same "so has testpmd" "$(test "$(first_told rx_good_packets)" -ge "$(told RX-packets)" &&
		echo more)" more
	end_pings
	check "all packets are counted after a while" poll 20 has_settled
}

# What is counted of each packet in one of several classes adds up to all packets.
sum_cases()
{
	local direction all

	for direction in rx tx; do
		all=$(told ${direction}_good_packets)
		same "$direction: packets of all queues" "$(told_of_all ${direction}_qN_packets)" "$all"
		same "$direction: bytes of all queues" "$(told_of_all ${direction}_qN_bytes)" \
			"$(told ${direction}_good_bytes)"
		same "$direction: lengths" "$(told_of_all "${direction}_qN_size_[a-z0-9_]*")" "$all"
		same "$direction: destinations" "$(told_of_all "${direction}_qN_[a-z]*cast_packets")" \
			"$all"
	done
	same "rx: checksums" "$(told_of_all 'rx_qN_l4_checksum_[a-z]*_packets')" \
		"$(told rx_good_packets)"
	same "rx: system calls are batches and polls" "$(told_of_all rx_qN_submits)" \
		$(($(told_of_all rx_qN_batches) + $(told_of_all rx_qN_polls_armed)))
	check "rx: the load has woken a queue" test "$(told_of_all rx_qN_wake_ups)" -gt 0
	same "rx: unicast packets are the requests sent" \
		"$(told_of_all rx_qN_unicast_packets)" \
		$(($(stack IcmpOutEchos) - BASE[requests] - $(since tx.dropped)))
}

# testpmd answers on the queue that the request came by.
queue_cases()
{
	local queue

	for ((queue = 0; queue < QUEUES; queue++)); do
		same "queue $queue: packets answered" "$(told tx_q${queue}_packets)" \
			"$(told rx_q${queue}_packets)"
		same "queue $queue: bytes answered" "$(told tx_q${queue}_bytes)" \
			"$(told rx_q${queue}_bytes)"
	done
}

has_both_views()
{
	testpmd_cmd a show port xstats 0 | grep -E '^[rt]x_.*: ' >"$SCRATCH/first"
	proc_info --xstats && grep -E '^[rt]x_.*: ' "$SCRATCH/proc-info" |
		cmp - "$SCRATCH/first"
}

view_cases()
{
	local name=tx_q1_unicast_packets value id

	check "testpmd has the same names and values as dpdk-proc-info" poll 20 has_both_views
	value=$(told $name)
	proc_info --xstats-name $name
	id=$(told $name)
	proc_info --xstats-ids "${id:-none}"
	same "a number leads to the name and its value" "$(told_names '[rt]x_.*')$(told $name)" \
		"$name $value"
	proc_info --stats
	same "--stats: packets received" "$(told RX-packets)" "$(since tx.packets)"
	same "--stats: bytes transmitted" "$(told TX-bytes)" "$(since rx.bytes)"
}

reset_cases()
{
	check "dpdk-proc-info --xstats-reset" proc_info --xstats-reset
	note_kernel_counts
	proc_info --xstats
	same "everything is zero, but for what is no count" \
		"$(sed -n 's/^\([rt]x_.*\): [1-9].*/\1/p' "$SCRATCH/proc-info" | grep -v _fallback)" ""
	testpmd_cmd a show port xstats 0 >"$SCRATCH/first"
	same "also for testpmd" \
		"$(sed -n 's/^\([rt]x_.*\): [1-9].*/\1/p' "$SCRATCH/first" | grep -v _fallback)" ""
}

ping_cases()
{
	local kind len count class

	for kind in $PINGS; do
		IFS=: read -r len count class <<<"$kind"
		in_netns ping -n -q -c "$count" -i 0.002 -W 2 -s "$len" "$DEMO_PEER" >/dev/null 2>&1
	done
	check "the pings are counted" poll 20 has_settled
	for kind in $PINGS; do
		IFS=: read -r len count class <<<"$kind"
		same "rx: $count pings of $len bytes" "$(told_of_all "rx_qN_${class}_packets")" "$count"
		same "tx: $count pings of $len bytes" "$(told_of_all "tx_qN_${class}_packets")" "$count"
	done
	same "all pings are answered" "$(told tx_good_packets)" $NB_PINGS
}

# send_unread : datagrams of one flow, which all come to one queue.
send_unread()
{
	in_netns python3 - "$DEMO_PEER" $PORT_UNREAD $NB_UNREAD <<-'END'
	import socket
	import sys

	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for _ in range(int(sys.argv[3])):
	    sock.sendto(b'x' * 18, (sys.argv[1], int(sys.argv[2])))
	END
}

missed_cases()
{
	local dropped

	proc_info --stats-reset
	note_kernel_counts
	testpmd_cmd a stop >/dev/null
	check "nobody reads while packets are sent" send_unread
	read_link
	dropped=$(since tx.dropped)
	check "the interface has dropped some of them" test "$dropped" -gt 0
	same "testpmd has missed them" "$(testpmd_cmd a show port stats 0 |
		sed -n 's/.*RX-missed: *\([0-9]*\).*/\1/p')" "$dropped"
	testpmd_cmd a start >/dev/null
	check "the others are read" poll 20 has_settled 0
	same "they are those that were not dropped" "$(told rx_good_packets)" \
		$((NB_UNREAD - dropped))
}

number_cases()
{
	local command queue

	for command in stop "port stop 0" "port config all rxq 3" "port config all txq 3" \
			"port start 0"; do
		testpmd_cmd a "$command" >/dev/null
	done
	proc_info --xstats
	same "queues of a port that has got one more" "$(told_names '[rt]x_q[0-9]*_packets')" \
		"rx_q0_packets rx_q1_packets rx_q2_packets tx_q0_packets tx_q1_packets tx_q2_packets "
	for queue in 1 2; do
		same "queue $queue has the same names as the first" \
			"$(told_names "[rt]x_q${queue}_.*")" \
			"$(told_names '[rt]x_q0_.*' | sed "s/x_q0_/x_q${queue}_/g")"
	done
}

begin_scenario xstats
: "${RTAP_PROC_INFO:=$(find_program dpdk-proc-info)}"
[ -x "$RTAP_PROC_INFO" ] || skip_all "no dpdk-proc-info at $RTAP_PROC_INFO"
command -v nstat >/dev/null || skip_all "no nstat"
share_memory
declare -A LINK BASE

# Without IPv6 and ARP, the interface has what is sent here and nothing else.
in_netns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
TESTPMD_MEMORY="-m 128 ${SHARED[*]}"
check "testpmd starts" start_testpmd a "net_rtap0,iface=$DEMO_IFACE" --rxq=$QUEUES --txq=$QUEUES
address_iface "$DEMO_IFACE"
ip -n "$NETNS" neigh replace "$DEMO_PEER" lladdr 02:00:00:00:00:02 dev "$DEMO_IFACE" nud permanent
testpmd_cmd a clear port xstats 0 >/dev/null
note_kernel_counts
loaded_cases
kernel_cases "after the load"
sum_cases
queue_cases
view_cases
reset_cases
ping_cases
kernel_cases "after the reset"
queue_cases
missed_cases
kernel_cases "with packets missed"
number_cases
check "quit ends well" stop_testpmd a
tap_plan_after
