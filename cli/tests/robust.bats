#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Signals, peers that are killed, outputs that fail: nothing is lost unseen.

# shellcheck disable=SC2154,SC2016,SC1010 # what common.bash sets; text for shells

load common

@test "a signal ends recv, and what it had received is written" {
	ipcmbox create "$box" -c unbounded
	seq -f %0100.0f 2000 >"$dir/in"
	ipcmbox send --lines "$box" <"$dir/in"
	# A reader that is slow, so that the signal comes while recv writes.
	mkfifo "$dir/pipe"
	(sleep 1; cat) <"$dir/pipe" >"$dir/out" 3>&- &
	reader=$!
	ipcmbox recv --follow --lines "$box" >"$dir/pipe" 3>&- &
	receiver=$!
	sleep 0.5
	kill -TERM $receiver
	ends 143 $receiver
	wait $reader
	ipcmbox recv --lines -n "$(counter "$box" QUEUED)" "$box" >>"$dir/out" || true
	cmp "$dir/in" "$dir/out"
}

@test "a signal ends a recv that waits" {
	ipcmbox create "$box"
	for signal in INT TERM HUP; do
		# A shell has jobs in the background ignore SIGINT.
		env --default-signal=INT ipcmbox recv "$box" 3>&- &
		until_true has "$box" RECEIVERS_WAITING 1
		kill -$signal $!
		ends $((128 + $(kill -l $signal))) $!
	done
	ipcmbox send "$box" x
	[ "$(ipcmbox recv "$box")" = x ]
}

@test "a recv that is stopped and continued goes on" {
	ipcmbox create "$box"
	ipcmbox recv --timeout 20 "$box" >"$dir/out" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	for i in 1 2 3; do
		kill -STOP $!
		sleep 0.1
		kill -CONT $!
	done
	ipcmbox send "$box" x
	wait $!
	[ "$(cat "$dir/out")" = x ]
}

@test "a sender that is killed has not sent" {
	ipcmbox create "$box" -c rendezvous
	ipcmbox send "$box" x 3>&- &
	until_true has "$box" SENDERS_WAITING 1
	kill -9 $!
	wait $! || true
	run -75 ipcmbox recv -d "$box"
	[ "$(counter "$box" WITHDRAWN)" = 1 ]
}

@test "a receiver that is killed leaves the next message" {
	ipcmbox create "$box"
	ipcmbox recv -F "$box" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	kill -9 $!
	wait $! || true
	ipcmbox send "$box" x
	[ "$(ipcmbox recv "$box")" = x ]
}

@test "nothing is received where output is closed" {
	ipcmbox create "$box"
	ipcmbox send "$box" x
	run -1 --separate-stderr sh -c "ipcmbox recv $box >&-"
	said "standard output"
	has "$box" QUEUED 1
}

@test "nothing is received into a pipe without a reader" {
	ipcmbox create "$box"
	ipcmbox send "$box" x
	{ sleep 2; ipcmbox recv "$box" 2>"$dir/err" || echo $? >"$dir/status"; } | true
	until_true test -s "$dir/status"
	[ "$(cat "$dir/status")" = 1 ]
	grep -q "standard output" "$dir/err"
	has "$box" QUEUED 1
}

@test "a message that could not be written is told" {
	ipcmbox create "$box"
	ipcmbox send "$box" hello
	run -1 --separate-stderr sh -c "ipcmbox recv $box >/dev/full"
	said "message 1 of 5 bytes is lost"
	has "$box" QUEUED 0
}

@test "a pipe that is full or does not block loses nothing" {
	ipcmbox create "$box" -c unbounded
	head -c 1000000 /dev/urandom >"$dir/in"
	ipcmbox send "$box" --file "$dir/in" --chunk 10000
	ipcmbox recv -n 100 "$box" | (sleep 0.5; cat) | cmp - "$dir/in"
	ipcmbox send "$box" --file "$dir/in" --chunk 10000
	# A reader that makes the pipe, which both have, non-blocking.
	python3 - "$box" "$dir/in" <<-'END'
		import os, subprocess, sys, time
		read, write = os.pipe()
		os.set_blocking(write, False)
		child = subprocess.Popen(["ipcmbox", "recv", "-n", "100", sys.argv[1]], stdout=write)
		os.close(write)
		time.sleep(0.5)
		data = b""
		while piece := os.read(read, 65536):
		    data += piece
		assert child.wait() == 0
		assert data == open(sys.argv[2], "rb").read()
	END
}

@test "input that does not block is waited for" {
	ipcmbox create "$box"
	python3 - "$box" <<-'END'
		import os, subprocess, sys, time
		read, write = os.pipe()
		os.set_blocking(read, False)
		child = subprocess.Popen(["ipcmbox", "send", sys.argv[1]], stdin=read)
		os.close(read)
		for piece in b"one", b"two":
		    time.sleep(0.3)
		    os.write(write, piece)
		os.close(write)
		assert child.wait() == 0
	END
	[ "$(ipcmbox recv "$box")" = onetwo ]
}

@test "many receivers share the messages, each once" {
	ipcmbox create "$box" -c 16 --hangup yes
	for i in 1 2 3; do
		ipcmbox recv --follow --lines "$box" >"$dir/out$i" 3>&- &
	done
	until_true has "$box" RECEIVERS_WAITING 3
	seq 300 | ipcmbox send --lines "$box"
	wait
	cat "$dir"/out? | sort -n | cmp - <(seq 300)
}
