#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The commands of the guide's section on an exception path are typed as they are
# printed there. Comments of the guide in front of each block tell where: "tested:"
# and "shell", "shell with PROGRAM", "testpmd" (to start it, or at its prompt), or
# "file NAME", and for a shell ", until it prints TEXT".

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

SECTION="Exception path of a router"

# The names of its network namespaces are plain ones: they must not be the machine's.
if [ "${RTAP_HOWTO:-}" != inside ]; then
	reason=$({ need_root && need_tun; } 2>&1) || skip_all "${reason%%$'\n'*}"
	mkdir -p /run/netns
	RTAP_HOWTO=inside exec unshare --mount --net "$BASH" "${BASH_SOURCE[0]}"
fi
mount -t tmpfs none /run/netns || skip_all "cannot have network namespaces of its own"

for program in iperf3 ping; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
taskset -c 0,1 true 2>/dev/null || skip_all "the commands are for CPUs 0 and 1"
find_programs
[ -x "$RTAP_TESTPMD" ] || die "no testpmd at $RTAP_TESTPMD: build first"
new_scratch
NETNS=router

# Its programs as an installed DPDK would have them, and a directory to be in.
mkdir "$SCRATCH/bin" "$SCRATCH/here"
ln -s "$RTAP_TESTPMD" "$SCRATCH/bin/dpdk-testpmd"
export PATH=$SCRATCH/bin:$PATH RUNTIME_DIRECTORY=$SCRATCH
cd "$SCRATCH/here" || exit 1

# end_daemons : of the two namespaces, which nobody else can reach.
end_daemons()
{
	local name pid

	for name in router neighbor; do
		for pid in $(ip netns pids $name 2>/dev/null); do
			kill -KILL "$pid"
		done
	done
}
on_exit end_daemons

# split_blocks : the blocks of the section as files NUMBER.how and NUMBER.text.
split_blocks()
{
	python3 - "$RTAP_SRC/doc/guides/nics/rtap.rst" "$SECTION" "$SCRATCH" <<-'END'
	import re
	import sys
	from pathlib import Path
	from textwrap import dedent

	guide, title, out = sys.argv[1:]
	section = re.search(rf"\n{title}\n-+\n(.*?)\n\n\n[^\n]+\n-+\n", Path(guide).read_text(), re.S)[1]
	block = r"(?:\.\. tested: (.+)\n\n)?\.\. code-block:: \w+\n\n((?:   .+\n|\n(?=   ))+)"
	for number, (how, text) in enumerate(re.findall(block, section + "\n")):
	    (Path(out) / f"{number:02}.how").write_text(how or "nobody")
	    (Path(out) / f"{number:02}.text").write_text(dedent(text))
	END
}

# logical_lines FILE : a line that ends in a backslash goes on in the next one.
logical_lines()
{
	sed -e ':more' -e '/\\$/{N;s/\\\n */ /;b more' -e '}' "$1"
}

prints()
{
	bash -c "$1" 2>&1 | tee "$SCRATCH/check" | grep -qF -- "$2"
}

# shell_block FILE [TEXT] : each command is a case, in time if it is to print something.
shell_block()
{
	local line

	while read -r line; do
		if [ -n "${2:-}" ]; then
			check "$line" poll 60 prints "$line" "$2"
		else
			check "$line" bash -c "$line" </dev/null
		fi
		# Whoever types needs a moment until the next line, and a server no more.
		[[ $line != *--daemon* ]] || sleep 1
	done < <(logical_lines "$1")
}

shell_block_with()
{
	local program=$1 line

	shift
	if command -v "$program" >/dev/null; then
		shell_block "$@"
	else
		while read -r line; do
			skip "$line" "no $program"
		done < <(logical_lines "$1")
	fi
}

testpmd_line()
{
	local line=$1 fifo=$SCRATCH/howto.in fd

	case $line in
	'testpmd> quit')
		check "$line" stop_testpmd howto
		;;
	'testpmd> '*)
		testpmd_cmd howto "${line#testpmd> }" >"$SCRATCH/answer"
		check "$line" grep -q . "$SCRATCH/answer"
		;;
	*)
		TESTPMD_LOG[howto]=$SCRATCH/howto.log
		rm -f "$fifo"
		mkfifo "$fifo"
		: >"${TESTPMD_LOG[howto]}"
		exec {fd}<>"$fifo"
		TESTPMD_FD[howto]=$fd
		# Line by line, which a terminal would bring about.
		bash -c "exec stdbuf -oL -eL $line" <"$fifo" >>"${TESTPMD_LOG[howto]}" 2>&1 {fd}>&- &
		TESTPMD_PID[howto]=$!
		poll 60 testpmd_prompted_or_gone howto 0
		check "$line" testpmd_has_started howto || note "$(testpmd_start_log howto)"
		;;
	esac
}

testpmd_block()
{
	local line

	while read -r line; do
		testpmd_line "$line"
	done < <(logical_lines "$1")
}

run_block()
{
	local how=$1 file=$2 text=

	[[ $how != *", until it prints "* ]] || text=${how#*, until it prints }
	case $how in
	"shell with "*)
		how=${how#shell with }
		shell_block_with "${how%%,*}" "$file" "$text"
		;;
	shell*) shell_block "$file" "$text" ;;
	testpmd) testpmd_block "$file" ;;
	"file "*) cp "$file" "${how#file }" ;;
	*) not_ok "every block is tested" "$(head -n 1 "$file")" ;;
	esac
}

# The traffic of the connection alone is 35,000 packets; each way it goes by two ports.
packets()
{
	sed -n "s/.*$1-packets: *\([0-9]*\).*/\1/p" "$SCRATCH/answer" | xargs
}

many_packets()
{
	local counts

	read -ra counts <<<"$(packets RX)"
	[ ${#counts[@]} -eq 2 ] && [ "${counts[0]}" -ge 30000 ] && [ "${counts[1]}" -ge 3 ]
}

split_blocks || die "cannot find the section '$SECTION' in the guide"
for file in "$SCRATCH"/[0-9][0-9].text; do
	run_block "$(cat "${file%.text}.how")" "$file"
done
check "the traffic went through the ports of testpmd" many_packets
same "nothing is left of the namespaces" "$(ip netns list)" ""
tap_plan_after
