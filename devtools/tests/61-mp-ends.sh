#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# One of two processes on a port is killed, and the other is told so by nobody:
# the secondary under load, then the primary. RTAP_MP_ROUNDS says how often, and
# RTAP_MP_KILLS how often the one of a process that does not look after its primary.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

ROUNDS=${RTAP_MP_ROUNDS:-3}
[ -z "${RTAP_FULL:-}" ] || : "${RTAP_MP_KILLS:=200}"
KILLS=${RTAP_MP_KILLS:-10}

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

start_primary()
{
	TESTPMD_MEMORY="-m 128 ${SHARED[*]}"
	start_testpmd a "net_rtap0,iface=$DEMO_IFACE" && address_iface "$DEMO_IFACE"
}

start_secondary()
{
	TESTPMD_MEMORY="--proc-type=secondary ${SHARED[*]}"
	start_testpmd b ""
}

# In one process or the other, whoever has to.
load()
{
	ip netns exec "$NETNS" ping -n -q -f -c 100000 -W 1 "$DEMO_PEER" >/dev/null 2>&1 &
	LOAD_PID=$!
}

# ends_by_itself KEY : without a signal. testpmd looks after its primary.
ends_by_itself()
{
	local status

	poll 10 process_gone "${TESTPMD_PID[$1]}" || return 1
	wait "${TESTPMD_PID[$1]}"
	status=$?
	kill_testpmd "$1"
	[ $status -lt 128 ]
}

# orphan SECONDS : two processes of the autotest's program. The primary is killed in
# the middle of the other's bursts, which send back what the kernel sends, after
# so long. It prints what is wrong, and is to end well.
orphan()
{
	eal_command "$RTAP_DPDK_TEST" "${SHARED[@]}"
	ip netns exec "$NETNS" env RTAP_PEER= DPDK_TEST=rtap_peer \
		python3 - "$1" "${EAL_COMMAND[@]}" <<-'END'
	import errno
	import os
	import signal
	import socket
	import struct
	import subprocess
	import sys
	import threading
	import time

	# Of enum rtap_peer_op.
	START, BURST, POLL, LINK, PACKETS, TAP_FDS = 1, 5, 6, 8, 9, 14
	# What no call of a process may take whose primary is gone, in seconds.
	SOON = 1

	class Peer:
	    def __init__(self, *options):
	        commands, self.to = os.pipe()
	        self.back, answers = os.pipe()
	        self.ends = commands, answers
	        self.process = subprocess.Popen(sys.argv[2:] + list(options), pass_fds=(3, 4),
	                                        preexec_fn=self.place_ends)
	        os.close(commands)
	        os.close(answers)
	        self.expect('it has no port', self.answer(), 0)

	    def place_ends(self):
	        os.dup2(self.ends[0], 3)
	        os.dup2(self.ends[1], 4)

	    def answer(self):
	        return struct.unpack('=i', os.read(self.back, 4))[0]

	    def do(self, op):
	        os.write(self.to, struct.pack('=IIIHHHxx', op, 0, 1, 100, 0, 0))
	        return self.answer()

	    def do_soon(self, op):
	        start = time.monotonic()
	        answer = self.do(op)
	        if time.monotonic() - start > SOON:
	            sys.exit('a call takes longer than %d s' % SOON)
	        return answer

	    def expect(self, what, value, *wanted):
	        if value not in wanted:
	            sys.exit('%s: %d' % (what, value))

	def send_frames():
	    """Until the interface is gone."""
	    frame = bytes.fromhex('ffffffffffff02000000000588b5') + bytes(86)
	    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
	        sock.bind(('rtest0', 0))
	        while True:
	            try:
	                sock.send(frame)
	            except BlockingIOError:
	                pass
	            except OSError as error:
	                if error.errno != errno.ENOBUFS:
	                    return

	# Out of the way of 3 and 4, where a peer wants its ends.
	spare = [os.open('/dev/null', os.O_RDONLY) for _ in range(4)]
	primary = Peer('-m', '128', '--vdev=net_rtap0,iface=rtest0')
	primary.expect('no start', primary.do(START), 0)
	peer = Peer('--proc-type=secondary')
	for _ in range(100):
	    peer.expect('more than two packets', peer.do(BURST), 0, 1, 2)
	    time.sleep(0.001)
	peer.expect('it has no queue', peer.do(TAP_FDS), 1)
	count = peer.do(PACKETS)
	peer.expect('it does not poll', peer.do(POLL), 0)
	load = threading.Thread(target=send_frames)
	load.start()
	time.sleep(float(sys.argv[1]))
	primary.process.send_signal(signal.SIGKILL)
	primary.process.wait()
	end = time.monotonic() + 10
	while peer.do(LINK) == 1 and time.monotonic() < end:
	    pass
	peer.expect('its link is not down', peer.do_soon(LINK), 0)
	peer.expect('it keeps a queue', peer.do_soon(TAP_FDS), 0)
	for _ in range(1000):
	    peer.expect('a burst takes packets', peer.do_soon(BURST), 0)
	peer.expect('the counters are gone', peer.do_soon(PACKETS) >= count > 0, True)
	load.join()
	os.close(peer.to)
	peer.expect('it ends with status', peer.process.wait(20), 0)
	END
}

begin_scenario mp-ends
share_memory
tap_plan $((2 + 7 * ROUNDS + 2 * KILLS))

check "the primary starts" start_primary
same "it answers" "$(replies 3 0.1)" 3

# The primary does not poll meanwhile: the secondary has the queue.
for ((round = 1; round <= ROUNDS; round++)); do
	testpmd_cmd a stop >/dev/null
	check "round $round: a secondary starts" start_secondary
	load
	same "round $round: it answers" "$(replies 3 0.1)" 3
	kill_testpmd b KILL
	testpmd_cmd a start >/dev/null
	end_process "$LOAD_PID"
	same "round $round: the primary answers after the secondary was killed" \
		"$(replies 3 0.1)" 3
done

for ((round = 1; round <= ROUNDS; round++)); do
	testpmd_cmd a stop >/dev/null
	start_secondary
	load
	same "round $round: a secondary answers" "$(replies 3 0.1)" 3
	kill_testpmd a KILL
	check "round $round: it ends by itself when the primary is killed" ends_by_itself b
	check "round $round: the interface goes" poll 10 iface_gone "$DEMO_IFACE"
	end_process "$LOAD_PID"
	check "round $round: the next primary starts" start_primary
done

stop_testpmd a
for ((round = 1; round <= KILLS; round++)); do
	check "round $round: a secondary that does not look after its primary lives on" \
		orphan "0.$((round * 37 % 200 + 100))"
	check "round $round: that interface goes" poll 10 iface_gone rtest0
done
