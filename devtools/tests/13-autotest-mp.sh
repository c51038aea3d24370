#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The autotest that starts a second process of itself on the same port. In the long
# form that is killed 200 times; RTAP_MP_KILLS is another number.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

begin_scenario autotest-mp
if [ -n "${RTAP_FULL:-}" ]; then
	export RTAP_MP_KILLS=${RTAP_MP_KILLS:-200}
	# shellcheck disable=SC2034 # for run_autotest
	AUTOTEST_SECONDS=3600
fi
share_memory
AUTOTEST=rtap_mp_autotest
run_autotest "two processes" -m 128 "${SHARED[@]}"
