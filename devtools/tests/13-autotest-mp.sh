#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The autotest that starts a second process of itself on the same port.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

begin_scenario autotest-mp
share_memory
AUTOTEST=rtap_mp_autotest
run_autotest "two processes" -m 128 "${SHARED[@]}"
