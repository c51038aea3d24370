#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The tables of 50-offload-tables.sh once more under valgrind, which sees what the
# sanitizers do not: decisions that depend on memory that nobody has written.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

program=$RTAP_BUILD/devtools/offload/test_offload_plain
[ -x "$program" ] || die "no $program: build first"
command -v valgrind >/dev/null || skip_all "no valgrind (Debian package valgrind)"
valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=all \
	--track-origins=yes "$program"
