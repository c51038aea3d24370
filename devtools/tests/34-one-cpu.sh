#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# On a machine, or in a container, with a single CPU: the polling thread, the
# kernel's side and ping share it.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

begin_scenario one-cpu
tap_plan 4
first=$(eal_lcores)
first=${first#*@}
taskset -p -c "${first%%,*}" $$ >/dev/null

same "both lcores are on one CPU" "$(eal_lcores)" "0@${first%%,*},1@${first%%,*}"
check "testpmd starts" start_testpmd a "net_rtap0,iface=$DEMO_IFACE"
address_iface "$DEMO_IFACE"
same "answers" "$(replies 10 0.1)" 10
check "quit ends well" stop_testpmd a
