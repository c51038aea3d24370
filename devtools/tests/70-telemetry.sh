#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# dpdk-telemetry.py asks a testpmd about its ports: DPDK's own commands work on
# them, and those of the driver tell what `ip` tells of the interfaces. Questions
# that make no sense have no answer, and a port may go while others ask for it.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

TOOL=$RTAP_SRC/subprojects/dpdk/usertools/dpdk-telemetry.py
PREFIX=rtap-telemetry
IFACE=io0
HAMMER_ROUNDS=5

# ask COMMAND... : the answers, one a line.
ask()
{
	printf '%s\n' "$@" | RUNTIME_DIRECTORY=$SCRATCH python3 "$TOOL" -f $PREFIX
}

# value COMMAND KEY... : what the answer has there, as JSON; names of keys and
# numbers of entries lead to it.
value()
{
	ask "$1" | python3 -c '
import json, sys
text = sys.stdin.read()
answer = None
while "{" in text:
    answer, end = json.JSONDecoder().raw_decode(text[text.index("{"):])
    text = text[text.index("{") + end:]
    if sys.argv[1] in answer:
        break
value = answer[sys.argv[1]]
for key in sys.argv[2:]:
    value = value[int(key)] if isinstance(value, list) else value[key]
print(json.dumps(value))' "${1%%,*}" "${@:2}"
}

# link FIELD : as `ip` has it.
link()
{
	ip -n "${AT:-$NETNS}" -d -j link show dev "${NAME:-$IFACE}" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)[0][sys.argv[1]])' "$1"
}

# netns_inode NAME : which one a named namespace is.
netns_inode()
{
	stat -L -c %i "/run/netns/$1"
}

ethdev_cases()
{
	same "/ethdev/list has the ports" "$(value /ethdev/list)" "[0, 1]"
	same "/ethdev/info names the device" "$(value /ethdev/info,0 name)" '"net_rtap0"'
	same "/ethdev/info has the queues" "$(value /ethdev/info,0 nb_rx_queues)" 2
	same "/ethdev/link_status is that of the interface" \
		"$(value /ethdev/link_status,0 status)" '"UP"'
	same "/ethdev/stats counts what was answered" \
		"$(test "$(value /ethdev/stats,0 opackets)" -ge 3 && echo enough)" enough
	same "/ethdev/xstats has what /ethdev/stats has" \
		"$(value /ethdev/xstats,0 tx_good_packets)" "$(value /ethdev/stats,0 opackets)"
	check "/ethdev/dump_priv has the text of the driver" \
		grep -q "interface: $IFACE, index" <<<"$(ask /ethdev/dump_priv,0)"
}

list_cases()
{
	same "/rtap/list leaves out ports of other drivers" \
		"$(value /rtap/list | python3 -c 'import json, sys; print(*json.load(sys.stdin))')" 0
	same "/rtap/list has the port" "$(value /rtap/list 0 port)" 0
	same "/rtap/list names the device" "$(value /rtap/list 0 device)" '"net_rtap0"'
	same "/rtap/list names the interface" "$(value /rtap/list 0 interface)" "\"$IFACE\""
	same "/rtap/list has its index" "$(value /rtap/list 0 ifindex)" "$(link ifindex)"
	same "/rtap/list has the state of its namespace" "$(value /rtap/list 0 namespace)" '"first"'
	same "/rtap/list has the namespace" "$(value /rtap/list 0 netns)" "$(netns_inode "$NETNS")"
}

info_cases()
{
	same "/rtap/info: interface's MTU" "$(value /rtap/info,0 interface_mtu)" "$(link mtu)"
	same "/rtap/info: its MAC address" "$(value /rtap/info,0 interface_mac | tr A-F a-f)" \
		"\"$(link address)\""
	same "/rtap/info: its queue length" "$(value /rtap/info,0 interface_queue_length)" \
		"$(link txqlen)"
	same "/rtap/info: largest MTU" "$(value /rtap/info,0 max_mtu)" "$(link max_mtu)"
	same "/rtap/info: number of queues" "$(value /rtap/info,0 queues)" 2
	same "/rtap/info: states of Tx queues" "$(value /rtap/info,0 tx_states)" \
		'["ready", "ready"]'
	same "/rtap/info: no offloads" "$(value /rtap/info,0 offloads)" "[]"
	same "/rtap/info: features of rings without some" \
		"$(value /rtap/info,0 ring_features)" '["nowait"]'
	same "/rtap/info: promiscuous" "$(value /rtap/info,0 promiscuous)" 1
	testpmd_cmd a set promisc 0 off >/dev/null
	same "/rtap/info: not promiscuous" "$(value /rtap/info,0 promiscuous)" 0
	same "/rtap/queue: descriptors" "$(value /rtap/queue,0,1 rx descriptors)" 333
	same "/rtap/queue: state" "$(value /rtap/queue,0,1 tx state)" '"ready"'
	same "/rtap/queue: frame in one mbuf" "$(value /rtap/queue,0,0 rx frame_mbufs)" 1
}

change_cases()
{
	ip -n "$NETNS" link set "$IFACE" mtu 1400
	same "changed MTU" "$(value /rtap/info,0 interface_mtu)" 1400
	ip -n "$NETNS" link set "$IFACE" down
	ip -n "$NETNS" link set "$IFACE" name io7
	same "changed name" "$(value /rtap/list 0 interface)" '"io7"'
	same "down" "$(value /rtap/info,0 interface_up)" 0
	ip -n "$NETNS" link set io7 netns "$OTHER"
	same "moved" "$(value /rtap/list 0 namespace)" '"moved"'
	same "where it was moved" "$(value /rtap/list 0 netns)" "$(netns_inode "$OTHER")"
	same "its index there" "$(value /rtap/list 0 ifindex)" "$(AT=$OTHER NAME=io7 link ifindex)"
	ip -n "$OTHER" link set io7 netns "$NETNS" name "$IFACE"
	ip -n "$NETNS" link set "$IFACE" up
	testpmd_cmd a stop >/dev/null
	testpmd_cmd a port stop 0 >/dev/null
	same "stopped" "$(value /rtap/info,0 rx_states)" '["stopped", "stopped"]'
	testpmd_cmd a port start 0 >/dev/null
	same "started" "$(value /rtap/info,0 tx_states)" '["ready", "ready"]'
}

refusal_cases()
{
	local question

	for question in /rtap/info /rtap/info,1 /rtap/info,7 /rtap/info,65535 /rtap/info,65536 \
			/rtap/info,99999999999999999999 /rtap/info,-1 /rtap/info,x /rtap/info,0x \
			/rtap/info,0,0 /rtap/list,0 /rtap/queue /rtap/queue,0 '/rtap/queue,0,' \
			/rtap/queue,0,2 /rtap/queue,1,0 /rtap/queue,0,0,0 /rtap/queue,,0; do
		same "$question has no answer" "$(value "$question")" null
	done
}

# hammer : asks for the port without end, whatever the answer.
hammer()
{
	while :; do
		ask /rtap/list /rtap/info,0 /rtap/queue,0,0 /rtap/info,0 /rtap/list
	done >/dev/null 2>&1
}

# Every way in which what is looked at can go.
go_and_come()
{
	local command

	for command in "port stop all" "port config all rxq $((1 + $1 % 3))" \
			"port config all txq $((1 + $1 % 3))" "port start all" "port stop 0" \
			"port detach 0" "port attach net_rtap0,iface=$IFACE" "port start 0"; do
		testpmd_cmd a "$command" || return
	done
}

race_cases()
{
	local i pids=()

	testpmd_cmd a stop >/dev/null
	for i in 1 2 3; do
		hammer &
		pids+=($!)
	done
	for ((i = 0; i < HAMMER_ROUNDS; i++)); do
		go_and_come "$i" >"$SCRATCH/round" 2>&1 || break
	done
	same "ports come and go while they are asked for" \
		"$(grep -c 'is attached' "${TESTPMD_LOG[a]}")" "$HAMMER_ROUNDS"
	for i in "${pids[@]}"; do
		end_process "$i"
	done
	same "the last one is there" "$(value /rtap/list 0 interface)" "\"$IFACE\""
	same "and is started" "$(value /rtap/info,0 started)" 1
}

remove_other()
{
	[ ! -e "/run/netns/$OTHER" ] || ip netns del "$OTHER"
}

begin_scenario telemetry
[ -r "$TOOL" ] || skip_all "no dpdk-telemetry.py"
OTHER=rtap-other-$$
on_exit remove_other
ip netns add "$OTHER" || die "cannot make a network namespace"

# shellcheck disable=SC2034 # lib.sh has them
EAL_TELEMETRY=--telemetry
# shellcheck disable=SC2034
TESTPMD_MEMORY="--no-huge -m 256 --file-prefix $PREFIX"
start_testpmd a "net_rtap0,iface=$IFACE,without=file+buffers+skip+taskrun net_null0" \
	--rxq=2 --txq=2 --rxd=333 --txd=333
address_iface "$IFACE"
same "it answers" "$(replies 3 0.1)" 3
ethdev_cases
list_cases
info_cases
change_cases
refusal_cases
race_cases
check "quit ends well" stop_testpmd a
tap_plan_after
