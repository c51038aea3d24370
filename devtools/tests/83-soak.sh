#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# A port under load in both directions, while several threads change it, its
# interface and its second process at random. Thirty seconds, or half an hour if
# RTAP_FULL is 1.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$RTAP_SRC/devtools/soak/lib.sh" || exit 1

# Rounds after which all has been made that is made at the first use.
WARM_UP=4
MAX_GROWTH_KB=512
# What a process that is killed has in hand, one burst from each direction, and at times
# the stock of its queue: on average less than that.
MBUFS_A_KILL=64
KERNEL_COMPLAINTS='WARNING:|BUG:|Oops|RIP:|Call Trace|hung_task|soft lockup|refcount_t'

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

rounds()
{
	grep "^round=.* weather=${1:-}" "$SCRATCH/soak"
}

# values KEY [WEATHER] : of all rounds, or of those in such weather.
values()
{
	rounds "${2:-}" | sed -n "s/.* $1=\([^ ]*\).*/\1/p"
}

sum()
{
	values "$@" | awk '{ sum += $1 } END { printf "%d\n", sum }'
}

# none_lost NAME KEY : in no round in which nothing may be lost.
none_lost()
{
	same "$1" "$(values "$2" fair | sort -u | tr '\n' ' ')" "0 "
}

each_round_moves()
{
	! { values received && values heard; } | grep -vE '^[1-9][0-9]{2,}$'
}

# after_warm_up KEY : first and largest value.
after_warm_up()
{
	values "$1" | awk -v skip=$WARM_UP 'NR > skip { if (!n++) first = $1; if ($1 > max) max = $1 }
		END { print first, max }'
}

# Renames alone make more lines than the kernel keeps: to be read as they come.
watch_kernel()
{
	dmesg --follow 2>/dev/null \
		> >(grep --line-buffered -E "$KERNEL_COMPLAINTS" >"$SCRATCH/complaints") &
}

# heap_growth : each round after which the heap is not as large as those processes make
# it that were killed since the second, of which each has what the EAL never frees.
heap_growth()
{
	paste -d' ' <(values heap) <(values kills) | awk -v skip=2 -v slack=4096 '
		NR <= skip { heap = $1; kills = $2; next }
		!each && $2 > kills { each = ($1 - heap) / ($2 - kills) }
		{ wanted = heap + each * ($2 - kills) }
		$1 > wanted + slack { print "round " NR - 1 ": " $1 " bytes after " $2 " kills" }'
}

# mbuf_losses : rounds without a kill after which more are missing than before.
mbuf_losses()
{
	paste -d' ' <(values lost_mbufs) <(values kills) | awk '
		NR > 1 && $2 == kills && $1 != lost { print "round " NR - 1 ": " $1 - lost }
		{ lost = $1; kills = $2 }'
}

# complaints SINCE : of the kernel, from so many seconds after its start on.
complaints()
{
	sed 's/^\[ *//' "$SCRATCH/complaints" | awk -v since="$1" '$1 + 0 > since'
}

operations()
{
	sed -n 's/^operations //p' "$SCRATCH/soak" | tr ' ' '\n'
}

begin_scenario soak
SOAK=$RTAP_BUILD/devtools/soak/rtap_soak
[ -x "$SOAK" ] || die "no program at $SOAK: build first"
share_memory
tap_plan 14

seconds=30
[ "${RTAP_FULL:-0}" != 1 ] || seconds=1800
read -r begin _ </proc/uptime
watch_kernel
if ! check "the program ends well" soak "$SOAK" $seconds "$SCRATCH/soak"; then
	note "$(tail -n 30 "$SCRATCH/soak")"
fi
note "$(grep '^seed=' "$SCRATCH/soak"), $(rounds | wc -l) rounds, $(rounds fair | wc -l) of them without loss of link"
note "without loss of link: $(sum in fair) frames received, $(sum missed fair) missed, $(sum filtered fair) filtered of $(sum sent fair); $(sum out fair) transmitted of $(sum transmitted fair)"
check "there is traffic both ways in each round" each_round_moves
none_lost "each frame that the kernel sent is counted" lost_in
none_lost "each frame that the application sent is counted" lost_out
none_lost "the application has all that the port counts" lost_in_port
none_lost "the kernel has all that the port counts" lost_in_kernel
same "no frame is damaged" "$(values damaged | tail -n 1)" 0 ||
	note "by rounds: $(values damaged | tr '\n' ' ')"
same "as many descriptors after each round" "$(values fds | sort -u | wc -l)" 1
note "TAP queues, rings, epoll instances, sockets, namespaces, pipes: $(values fds | sort | uniq -c | tr -s '\n ' ' ')"
read -r first max <<<"$(after_warm_up rss_kb)"
check "no more memory than after $WARM_UP rounds" test $((max - first)) -le $MAX_GROWTH_KB
note "$first kB, and at most $((max - first)) kB more"
same "the heap grows with secondary processes alone, by the same for each" "$(heap_growth)" ""
note "shared heap by rounds: $(values heap | tr '\n' ' ')"
kills=$(values kills | tail -n 1)
same "no mbuf is lost without a killed process" "$(mbuf_losses)" ""
check "no more are lost than such a process has" \
	test "$(values lost_mbufs | tail -n 1)" -le $((MBUFS_A_KILL * ${kills:-0}))
note "$(values lost_mbufs | tail -n 1) after $kills kills"
same "each operation was done, and none failed" "$(operations | grep -v '[1-9][0-9]*/0$')" ""
note "$(grep '^failed' "$SCRATCH/soak" | sort | uniq -c)"
note "$(operations | tr '\n' ' ')"
if dmesg >/dev/null 2>&1; then
	same "the kernel has nothing to complain about" "$(complaints "$begin")" ""
else
	skip "the kernel has nothing to complain about" "its messages cannot be read"
fi
