#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The autotest with nothing of DPDK's in the file system. DPDK does not take
# --in-memory together with --no-huge, so this needs hugepages, but no mount.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

begin_scenario autotest
take_hugepages || skip_all "in-memory: cannot have $HUGEPAGES free pages of 2 MB"
run_autotest in-memory --in-memory -m $((2 * HUGEPAGES))
