#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Tables of what becomes of offloads between mbufs and virtio-net headers.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

program=$RTAP_BUILD/devtools/offload/test_offload
[ -x "$program" ] || die "no $program: build first"
exec "$program"
