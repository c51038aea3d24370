#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# An application of an ordinary user, without any capability, on an interface that
# an administrator has prepared: by ip-tuntap, or by the driver. What it may not
# change is refused with a message, or left as it is.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

USER=("${NOBODY[@]}" --bounding-set=-all --inh-caps=-all --no-new-privs)

# start_as_user NAME [ARGUMENTS]
start_as_user()
{
	check "$1: starts" start_wrapped a "net_rtap0,iface=$DEMO_IFACE${2:+,$2}" \
		"${WRAPPER[@]}" "${USER[@]}" "$SCRATCH/testpmd"
}

# All wrappers have become testpmd.
capabilities()
{
	sed -n 's/^CapEff:[[:space:]]*//p' "/proc/${TESTPMD_PID[a]}/status"
}

answers()
{
	same "$1: answers" "$(replies 3 0.1)" 3
}

# denied NAME PATTERN COMMAND... : to testpmd, which leaves the interface as it was.
denied()
{
	local name=$1 pattern=$2 before

	shift 2
	before=$(ip -n "$NETNS" link show dev "$DEMO_IFACE")
	testpmd_cmd a "$@" >"$SCRATCH/denied"
	says "$name: a message says what is missing" "$SCRATCH/denied" "$pattern" CAP_NET_ADMIN
	same "$name: changes nothing" "$(ip -n "$NETNS" link show dev "$DEMO_IFACE")" "$before"
}

prepare_by_ip()
{
	ip -n "$NETNS" tuntap add dev "$DEMO_IFACE" mode tap multi_queue vnet_hdr \
		user $NOBODY_ID &&
		ip -n "$NETNS" link set "$DEMO_IFACE" txqueuelen 500 &&
		address_iface "$DEMO_IFACE"
}

run_prepared_by_ip()
{
	local name="prepared by ip-tuntap"

	check "$name" prepare_by_ip
	start_as_user "$name"
	same "$name: has no capability" "$(capabilities)" 0000000000000000
	answers "$name"
	says "$name: the queue stays as long as it is" "${TESTPMD_LOG[a]}" \
		'holds 500 packets.*CAP_NET_ADMIN'
	same "$name: the queue is that of the administrator" \
		"$(in_netns cat "/sys/class/net/$DEMO_IFACE/tx_queue_len")" 500
}

change_while_running()
{
	denied "MTU" "the MTU" port config mtu 0 1400
	denied "MAC address" "the MAC address" mac_addr set 0 02:00:00:00:00:99
	denied "link down" "the state" set link-down port 0
	answers "after what was denied"
	testpmd_cmd a port stop 0 >/dev/null
	testpmd_cmd a port config all rxq 3 >/dev/null
	testpmd_cmd a port config all txq 3 >/dev/null
	testpmd_cmd a port start 0 >/dev/null
	testpmd_cmd a start >/dev/null
	answers "three queues"
	ip -n "$NETNS" link set "$DEMO_IFACE" mtu 1400
	check "the administrator's MTU is that of the port" poll 5 port_shows 'MTU: 1400'
}

port_shows()
{
	testpmd_cmd a show port info 0 | grep -q "$1"
}

has_address()
{
	ip -n "$NETNS" address show dev "$DEMO_IFACE" | grep -q "$DEMO_HOST/24"
}

# What there is to keep after the end of the process.
end_and_start_again()
{
	check "quit ends well" stop_testpmd a
	check "the interface stays" iface_exists "$DEMO_IFACE"
	check "its address stays" has_address
	start_as_user "again"
	answers "again"
	kill_testpmd a KILL
	start_as_user "after kill -9"
	answers "after kill -9"
	check "after kill -9: quit ends well" stop_testpmd a
}

start_on_interface_that_is_down()
{
	local name="interface that is down"

	ip -n "$NETNS" link set "$DEMO_IFACE" down
	start_as_user "$name"
	says "$name: the message says so" "${TESTPMD_LOG[a]}" 'interface is down.*CAP_NET_ADMIN'
	ip -n "$NETNS" link set "$DEMO_IFACE" up
	answers "$name, once the administrator brings it up"
	check "$name: quit ends well" stop_testpmd a
}

owner()
{
	ip -n "$NETNS" -details link show dev "$DEMO_IFACE" | grep -o ' user [^ ]*'
}

refuse_others()
{
	local vdev=net_rtap0,iface=$DEMO_IFACE
	# What refused() runs.
	local RTAP_TESTPMD=$SCRATCH/testpmd before

	before=$(owner)
	refused "another MAC address" "$vdev,owner=1,mac=02:00:00:00:00:99" \
		'MAC address.*CAP_NET_ADMIN' "${WRAPPER[@]}" "${USER[@]}"
	same "another MAC address: the owner stays" "$(owner)" "$before"
	ip -n "$NETNS" link del "$DEMO_IFACE"
	ip -n "$NETNS" tuntap add dev "$DEMO_IFACE" mode tap multi_queue user 1
	refused "interface of another user" "$vdev" 'owner or group is another' \
		"${WRAPPER[@]}" "${USER[@]}"
	ip -n "$NETNS" link del "$DEMO_IFACE"
	run_testpmd root "$vdev,persist"
	refused "interface that root has made for itself" "$vdev" 'owner or group is another' \
		"${WRAPPER[@]}" "${USER[@]}"
	ip -n "$NETNS" link del "$DEMO_IFACE"
}

# run_prepared_by_driver ARGUMENT FILE : what root's testpmd leaves behind.
run_prepared_by_driver()
{
	local name="prepared by $1"

	run_testpmd root "net_rtap0,iface=$DEMO_IFACE,persist,$1=$NOBODY_ID"
	check "$name: stays" iface_exists "$DEMO_IFACE"
	same "$name: sysfs tells" "$(in_netns cat "/sys/class/net/$DEMO_IFACE/$1")" $NOBODY_ID
	address_iface "$DEMO_IFACE"
	start_as_user "$name"
	answers "$name"
	check "$name: quit ends well" stop_testpmd a
	ip -n "$NETNS" link del "$DEMO_IFACE"
}

begin_scenario unprivileged
readable_testpmd || skip_all "a shared build cannot be copied to where users may read it"
chmod 777 "$SCRATCH"
with_tun "none /dev/net" "mknod -m 666 /dev/net/tun c 10 200"
tap_plan $((6 + 9 + 8 + 4 + 3 * REFUSED_CASES + 1 + 2 * 5))

run_prepared_by_ip
change_while_running
end_and_start_again
start_on_interface_that_is_down
refuse_others
run_prepared_by_driver owner
run_prepared_by_driver group
