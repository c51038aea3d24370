#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The autotest on ordinary memory, without the files that processes share.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

begin_scenario autotest
run_autotest no-huge --no-huge -m 512 --no-shconf
