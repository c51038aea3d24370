#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The autotest as a primary process on hugepages, the way DPDK runs by default.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

begin_scenario autotest
take_hugepages || skip_all "hugepages: cannot have $HUGEPAGES free pages of 2 MB"
mkdir "$SCRATCH/huge"
if ! unshare --mount mount -t hugetlbfs -o pagesize=2M none "$SCRATCH/huge"; then
	skip_all "hugepages: cannot mount a hugetlbfs"
fi
# DPDK needs a hugetlbfs mount; one in a mount namespace of its own goes away
# with the process.
# shellcheck disable=SC2016 # for the inner shell
RTAP_WRAPPER=(unshare --mount sh -c
	'mount -t hugetlbfs -o pagesize=2M none "$0" && exec "$@"' "$SCRATCH/huge")
run_autotest hugepages -m $((2 * HUGEPAGES)) --huge-dir "$SCRATCH/huge" --file-prefix "rtap-test-$$"
