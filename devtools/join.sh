# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
# shellcheck shell=bash disable=SC2034,SC2153
#
# Helpers of the offload tests: two network namespaces joined by a program with two
# ports. To be sourced after lib.sh.
#
#     NETNS: io0 -- port 0, program, port 1 -- io1: PEER_NETNS
#
# Both interfaces are made in NETNS; io1 is then moved, which a port outlives.

TOOLS=$RTAP_SRC/devtools/tests

A4=192.0.2.1
B4=192.0.2.2
A6=2001:db8::1
B6=2001:db8::2
C4=198.51.100.2
C6=2001:db8:1::2
ROUTER4=198.51.100.1
ROUTER6=2001:db8:1::1

# Bits of ethdev that the options of testpmd and rtap_fwd take as numbers.
RX_VLAN_STRIP=0x1
RX_IPV4_CKSUM=0x2
RX_UDP_CKSUM=0x4
RX_TCP_CKSUM=0x8
RX_TCP_LRO=0x10
RX_SCATTER=0x2000
TX_VLAN_INSERT=0x1
TX_IPV4_CKSUM=0x2
TX_UDP_CKSUM=0x4
TX_TCP_CKSUM=0x8
TX_TCP_TSO=0x20
TX_UDP_TSO=0x40
TX_OUTER_IPV4_CKSUM=0x80
TX_VXLAN_TNL_TSO=0x200
TX_MULTI_SEGS=0x8000

RX_CKSUM=$((RX_IPV4_CKSUM | RX_UDP_CKSUM | RX_TCP_CKSUM))
RX_LRO=$((RX_CKSUM | RX_TCP_LRO | RX_SCATTER))
TX_CKSUM=$((TX_IPV4_CKSUM | TX_UDP_CKSUM | TX_TCP_CKSUM | TX_MULTI_SEGS))
TX_TSO=$((TX_CKSUM | TX_TCP_TSO))
TX_USO=$((TX_TSO | TX_UDP_TSO))

# What a segment may carry so that its packet fits into 1500 bytes with either IP.
SEGMENT=1428

# ---- namespaces --------------------------------------------------------------

# begin_join NAME : the two namespaces and what is needed to look at the traffic.
begin_join()
{
	local program

	for program in ethtool iperf3 nstat tcpdump; do
		command -v "$program" >/dev/null || skip_all "no $program"
	done
	begin_scenario "$1"
	new_peer_netns PEER_NETNS peer
}

# new_peer_netns VARIABLE SUFFIX : one more namespace, whose name goes into VARIABLE.
new_peer_netns()
{
	printf -v "$1" '%s-%s' "$NETNS" "$2"
	on_exit remove_peer_netns "${!1}"
	ip netns add "${!1}" || die "cannot make a network namespace"
	ip -n "${!1}" link set lo up
}

remove_peer_netns()
{
	[ ! -e "/run/netns/$1" ] || ip netns del "$1"
}

# address NETNS INTERFACE IPV4 [IPV6] : usable at once, without duplicate detection.
address()
{
	ip -n "$1" address replace "$3/24" dev "$2" &&
		{ [ $# -lt 4 ] || ip -n "$1" address replace "$4/64" dev "$2" nodad; } &&
		ip -n "$1" link set "$2" up
}

# join_up : io1 is moved, and both interfaces are up.
join_up()
{
	ip -n "$NETNS" link set io1 netns "$PEER_NETNS" &&
		address "$NETNS" io0 "$A4" "$A6" && address "$PEER_NETNS" io1 "$B4" "$B6" &&
		# What was sent to an interface that was down is none of the errors looked for.
		clear_port_errors
}

# make_third : THIRD_NETNS, to be reached through PEER_NETNS over an interface that can
# neither checksum nor segment, so that what crosses it is finished.
#
#     ... io1: PEER_NETNS: out0 -- veth -- in0: THIRD_NETNS
make_third()
{
	new_peer_netns THIRD_NETNS third
	ip -n "$PEER_NETNS" link add out0 type veth peer name in0 netns "$THIRD_NETNS" &&
		address "$PEER_NETNS" out0 $ROUTER4 $ROUTER6 &&
		address "$THIRD_NETNS" in0 $C4 $C6 &&
		ip -n "$THIRD_NETNS" route add default via $ROUTER4 &&
		ip -n "$THIRD_NETNS" route add default via $ROUTER6 &&
		ip netns exec "$PEER_NETNS" sh -c '
			echo 1 >/proc/sys/net/ipv4/ip_forward &&
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding' &&
		ip netns exec "$PEER_NETNS" ethtool -K out0 tx off tso off gso off \
			>"$SCRATCH/ethtool" 2>&1
}

route_to_third()
{
	ip -n "$NETNS" route replace default via "$B4" &&
		ip -n "$NETNS" route replace default via "$B6"
}

# ---- the program in between --------------------------------------------------

# Arguments of the two devices, beginning with a comma.
: "${JOIN_DRIVER:=net_rtap}"
JOIN_ARGS=

join_vdevs()
{
	printf '%s0,iface=io0%s %s1,iface=io1%s\n' "$JOIN_DRIVER" "$JOIN_ARGS" \
		"$JOIN_DRIVER" "$JOIN_ARGS"
}

# start_join MODE RX TX [OPTION...] : testpmd with these offloads in a forwarding mode.
start_join()
{
	local mode=$1 rx=$2 tx=$3

	shift 3
	start_testpmd join "$(join_vdevs)" --forward-mode="$mode" --max-lro-pkt-size=65535 \
		--rx-offloads="$(printf '%#x' "$rx")" --tx-offloads="$(printf '%#x' "$tx")" \
		--total-num-mbufs=8192 "$@" || return 1
	# Addresses are those of the two namespaces, whatever is in between.
	testpmd_cmd join csum mac-swap off 0 && testpmd_cmd join csum mac-swap off 1
}

# while_stopped COMMAND... : one with an @ is for both ports, whose number stands there.
while_stopped()
{
	local command

	{
		testpmd_cmd join stop
		testpmd_cmd join port stop all
		for command; do
			testpmd_cmd join "${command/@/0}"
			[[ $command != *@* ]] || testpmd_cmd join "${command/@/1}"
		done
		testpmd_cmd join port start all
		testpmd_cmd join start
	} >"$SCRATCH/while_stopped"
	! grep -E 'Fail|Error:|Bad arguments|Please stop|Cannot|refused' "$SCRATCH/while_stopped"
}

stop_join()
{
	stop_testpmd join
}

clear_port_errors()
{
	if [ -n "${TESTPMD_PID[join]:-}" ]; then
		testpmd_cmd join clear port stats all >/dev/null
	else
		echo clear >&"$FWD_FD"
	fi
}

# port_errors : what the two ports counted as errors, all together.
port_errors()
{
	testpmd_cmd join show port stats all |
		awk '/errors:/ { for (i = 1; i < NF; i++) if ($i ~ /errors:/) sum += $(i + 1) }
			END { print sum + 0 }'
}

# start_fwd RX TX [OPTION...] : rtap_fwd instead, which knows UDP aggregates.
start_fwd()
{
	local program=$RTAP_BUILD/devtools/bench/rtap_fwd rx=$1 tx=$2

	shift 2
	[ -x "$program" ] || die "no $program: build first"
	rm -f "$SCRATCH/fwd.in"
	mkfifo "$SCRATCH/fwd.in" || return 1
	: >"$SCRATCH/fwd.log"
	exec {FWD_FD}<>"$SCRATCH/fwd.in"
	# shellcheck disable=SC2046,SC2086 # lists of words
	eal_command "$program" $SMALL_MEMORY $(printf -- '--vdev=%s ' $(join_vdevs)) -- \
		--max-lro=65535 --rx-offloads="$rx" --tx-offloads="$tx" "$@"
	ip netns exec "$NETNS" "${EAL_COMMAND[@]}" <"$SCRATCH/fwd.in" \
		>>"$SCRATCH/fwd.log" 2>&1 {FWD_FD}>&- &
	FWD_PID=$!
	poll 60 fwd_ready_or_gone
	grep -q '^ready' "$SCRATCH/fwd.log" && return
	cat "$SCRATCH/fwd.log"
	return 1
}

fwd_ready_or_gone()
{
	grep -q '^ready' "$SCRATCH/fwd.log" || process_gone "$FWD_PID"
}

# stop_fwd : fails unless it ended well and no packet was refused.
stop_fwd()
{
	local status

	# This shell's end is the last that keeps its input open.
	exec {FWD_FD}>&-
	poll 30 process_gone "$FWD_PID" || end_process "$FWD_PID"
	wait "$FWD_PID"
	status=$?
	cat "$SCRATCH/fwd.log"
	[ $status -eq 0 ] && grep -q '^result' "$SCRATCH/fwd.log" &&
		! grep -E '^result.*(refused.|errors.)=[1-9]' "$SCRATCH/fwd.log"
}

# ---- traffic -----------------------------------------------------------------

# transfer PROTOCOL FROM TO BYTES [SEGMENT] : FROM and TO are a4, b4, a6, b6, or
# c4 and c6 in THIRD_NETNS.
transfer()
{
	local protocol=$1 from=$2 to=$3

	shift 3
	"$TOOLS/transfer.py" "$protocol" "$(netns_of "$from")" "$(address_of "$from")" \
		"$(netns_of "$to")" "$(address_of "$to")" "$@"
}

netns_of()
{
	case $1 in
	a*) printf '%s\n' "$NETNS" ;;
	b*) printf '%s\n' "$PEER_NETNS" ;;
	*) printf '%s\n' "$THIRD_NETNS" ;;
	esac
}

address_of()
{
	local name=${1^^}

	printf '%s\n' "${!name}"
}

# iperf TO OPTION... : from NETNS; prints how many bytes iperf3's server got.
iperf()
{
	local to=$1 server

	shift
	ip netns exec "$PEER_NETNS" iperf3 -s -1 -J >"$SCRATCH/iperf3.server" 2>&1 &
	server=$!
	poll 10 listens "$PEER_NETNS" 5201 || return 1
	if ! in_netns timeout -k 5 30 iperf3 -c "$(address_of "$to")" -J "$@" \
			>"$SCRATCH/iperf3.client" 2>&1; then
		end_process "$server"
		return 1
	fi
	poll 10 process_gone "$server" || end_process "$server"
	python3 -c 'import json, sys
end = json.load(sys.stdin)["end"]
print(end["sum_received" if "sum_received" in end else "sum"]["bytes"])' \
		<"$SCRATCH/iperf3.server"
}

# listens NETNS TCP-PORT
listens()
{
	ip netns exec "$1" ss -Hltn "sport = :$2" | grep -q .
}

# checksum_errors [NETNS...] : what the kernels (of both sides) counted; nothing if there
# is none.
checksum_errors()
{
	local netns

	[ $# -gt 0 ] || set -- "$NETNS" "$PEER_NETNS"
	for netns; do
		ip netns exec "$netns" nstat -asz |
			awk -v netns="$netns" '/CsumErrors|InHdrErrors/ && $2 > 0 { print netns, $1, $2 }'
	done
}

# ---- looking at frames -------------------------------------------------------

declare -A CAPTURE_PID
# What the application gets is what leaves io0, seen after the kernel did what the device
# cannot; what it sends is what comes in from io1; wire is what the third namespace gets.
declare -A CAPTURE_AT=([rx]="NETNS io0 out" [tx]="PEER_NETNS io1 in" [wire]="THIRD_NETNS in0 in")

# captured "PLACE..." COMMAND ARG... : with the frames at these places in SCRATCH.
captured()
{
	local places=$1 place status=1

	shift
	for place in $places; do
		start_capture "$place"
	done
	if poll 20 captures_listen "$places"; then
		"$@"
		status=$?
		poll 10 captures_settled "$places"
	fi
	for place in $places; do
		end_process "${CAPTURE_PID[$place]}"
		wait "${CAPTURE_PID[$place]}" 2>/dev/null
	done
	return $status
}

start_capture()
{
	local place=$1 netns interface direction

	read -r netns interface direction <<<"${CAPTURE_AT[$place]}"
	: >"$SCRATCH/$place.tcpdump"
	ip netns exec "${!netns}" tcpdump -Z root -n -i "$interface" -Q "$direction" -s 262144 \
		-B 65536 --immediate-mode -U -w "$SCRATCH/$place.pcap" \
		2>"$SCRATCH/$place.tcpdump" &
	CAPTURE_PID[$place]=$!
}

captures_listen()
{
	local place

	for place in $1; do
		grep -q 'listening on' "$SCRATCH/$place.tcpdump" || return
	done
}

# captures_settled "PLACE..." : there are frames, and nothing was added for a moment.
captures_settled()
{
	local place before after

	for place in $1; do
		[ "$(stat -c %s "$SCRATCH/$place.pcap")" -gt 24 ] || return
	done
	before=$(stat -c %s "$SCRATCH"/*.pcap)
	sleep 0.2
	after=$(stat -c %s "$SCRATCH"/*.pcap)
	[ "$before" = "$after" ]
}

# frames PLACE : FRAMES, what was captured there, see frames.py.
frames()
{
	FRAMES=$("$TOOLS/frames.py" "$SCRATCH/$1.pcap" 2>&1)
}

# frames_have NAME EXPRESSION... : each compares a key of FRAMES with a number, as "bad -eq 0".
frames_have()
{
	local name=$1 expression key operator value found=yes

	shift
	for expression; do
		read -r key operator value <<<"$expression"
		if ! [[ " $FRAMES " =~ \ $key=([0-9]+)\  ]] ||
				! test "${BASH_REMATCH[1]}" "$operator" "$value"; then
			found=no
		fi
	done
	if [ $found = yes ]; then
		ok "$name"
	else
		not_ok "$name" "expected $*; found $FRAMES"
	fi
}

# on_the_wire "PLACE..." NAME PROTOCOL VERSION LENGTH BYTES [SEGMENT] : on their way to
# THIRD_NETNS all packets are right, and the longest has this length.
on_the_wire()
{
	local places=$1 name="$2, ${3^^} over IPv$4" length=$5

	check "$name: the bytes are the same" \
		captured "$places" transfer "$3" "a$4" "c$4" "${@:6}"
	frames wire
	frames_have "$name: every checksum on the wire is right" "bad -eq 0" "data -gt 0"
	frames_have "$name: segments are as long as was asked" "max -eq $length"
}
