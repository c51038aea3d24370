#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# testpmd with EAL's --trace records what happens to a port, and babeltrace2 reads
# it: the trace points of the control path, in the order of what was done, each
# with what it tells. Those of the data path are there as far as they are built in.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

IFACE=io0
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

data_path_case()
{
	local seen

	seen=$(names 'rx\.(burst|drained|armed|woken)|tx\.burst' | tr ' ' '\n' | sort -u | tr '\n' ' ')
	if has_data_path; then
		same "bursts are traced" "${seen# }" "rx.armed rx.burst rx.drained rx.woken tx.burst "
	else
		same "bursts are not traced in a build without enable_trace_fp" "${seen# }" ""
	fi
}

begin_scenario trace
command -v babeltrace2 >/dev/null || skip_all "no babeltrace2"
tap_plan 12

mkdir "$SCRATCH/traces"
TESTPMD_MEMORY="$SMALL_MEMORY --trace=pmd.net.rtap --trace-dir=$SCRATCH/traces"
check "testpmd starts" start_testpmd a "net_rtap0,iface=$IFACE" --rxq=2 --txq=2 \
	--rxd=512 --txd=256
index=$(ip -n "$NETNS" -o link show "$IFACE" | cut -d: -f1)
ip -n "$NETNS" link set "$IFACE" down
poll 10 has_told 'link .* change' 1
ip -n "$NETNS" link set "$IFACE" up
address_iface "$IFACE"
poll 10 has_told 'link .* change' 2
check "it answers" test "$(replies 3 0.1)" = 3
for command in stop "port stop 0" "port start 0" start; do
	testpmd_cmd a "$command" >/dev/null
done
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
data_path_case
