#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The checks that need nothing but packaged tools.

exec "$(dirname "${BASH_SOURCE[0]}")/../check.sh" --no-dpdk --tap
