#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# call, serve, pair-run.

# shellcheck disable=SC2154,SC2016,SC1010 # what common.bash sets; text for shells

load common

# serve ARGUMENT...: in the background, once it is there
serve() {
	ipcmbox serve "$@" 3>&- &
	server=$!
	until_true ipcmbox stat "$box"
}

@test "a call is answered with what the command prints" {
	serve --create "$box" -n 3 -- tr a-z A-Z
	[ "$(ipcmbox call "$box" hello)" = HELLO ]
	[ "$(printf 'a\nb' | ipcmbox call "$box" --raw)" = "$(printf 'A\nB')" ]
	[ -z "$(ipcmbox call "$box" "")" ]
	wait $server
}

@test "long calls and answers are whole" {
	serve --create "$box" --max-message 4M -n 2 -- cat
	head -c 3000000 /dev/urandom >"$dir/in"
	ipcmbox call "$box" --file "$dir/in" --max-answer 4M | cmp - "$dir/in"
	# A command that does not read its input.
	kill $server && wait $server || true
	serve "$box" -n 1 -- echo done
	[ "$(ipcmbox call "$box" --file "$dir/in")" = "done" ]
	wait $server
}

@test "the exit status of the command is the cookie" {
	serve --create "$box" -n 3 -- sh -c 'cat; exit 3' 2>"$dir/err"
	[ "$(ipcmbox call "$box" x)" = x ]
	run -1 --separate-stderr ipcmbox call --check "$box" x
	said "cookie 3"
	run -0 --separate-stderr ipcmbox call --verbose "$box" x
	wait $server
	grep -q "exits with 3" "$dir/err"
}

@test "a command that is not there is an empty answer with a cookie" {
	serve --create "$box" -n 1 -- "$dir/none" 2>"$dir/err"
	run -1 --separate-stderr ipcmbox call --check "$box" x
	said "cookie 127"
	[ -z "$output" ]
	wait $server
}

@test "the command learns who calls" {
	serve --create "$box" -n 1 -- sh -c \
		'echo $IPCMBOX_UID $IPCMBOX_TYPE $IPCMBOX_PRIORITY $IPCMBOX_COOKIE $IPCMBOX_PID'
	ipcmbox call "$box" --type 4 -p 5 --cookie 6 x >"$dir/out" 3>&- &
	wait $!
	[ "$(cat "$dir/out")" = "0 4 5 6 $!" ]
	wait $server
}

@test "an answer that the caller has no room for is told to both" {
	serve --create "$box" -n 1 -- head -c 2000 /dev/zero 2>"$dir/err"
	run -1 --separate-stderr ipcmbox call --max-answer 1000 --check "$box" x
	said "cookie 65536"
	[ -z "$output" ]
	wait $server
	grep -q "room for 1000 bytes" "$dir/err"
}

@test "a server that is killed is told to the caller" {
	serve --create "$box" -- sleep 100
	ipcmbox call "$box" x 2>"$dir/err" 3>&- &
	caller=$!
	until_true has "$box" CALLS 1
	kill -9 $server
	ends 1 $caller
	grep -q "the call was received, and what became of it is not known" "$dir/err"
	grep -q "ended without an answer" "$dir/err"
}

@test "a caller that is killed is told to the server, which goes on" {
	serve --create "$box" -n 2 -- sh -c "touch $dir/begun; sleep 1; cat" 2>"$dir/err"
	ipcmbox call "$box" x 3>&- &
	caller=$!
	until_true test -e "$dir/begun"
	kill -9 $caller
	[ "$(ipcmbox call "$box" y)" = y ]
	wait $server
	grep -q "the caller has left before the answer" "$dir/err"
}

@test "a call whose time is over says whether it was received" {
	ipcmbox create "$box"
	run -124 --separate-stderr ipcmbox call -t 0.2 "$box" x
	said "nobody has received the call"
	run -124 --separate-stderr ipcmbox call --taken-timeout 0.2 "$box" x
	has "$box" QUEUED 0
	serve "$box" -- sleep 100
	run -124 --separate-stderr ipcmbox call -t 2 "$box" x
	said "was received"
}

@test "a server that is stopped ends after the call under way" {
	serve --create "$box" -- sh -c "touch $dir/begun; sleep 1; cat"
	ipcmbox call "$box" x >"$dir/out" 3>&- &
	caller=$!
	until_true test -e "$dir/begun"
	kill -TERM $server
	wait $caller
	[ "$(cat "$dir/out")" = x ]
	ends 143 $server
}

@test "a terminal does not end the call under way" {
	for signal in INT HUP; do
		rm -f "$dir/begun"
		# It is a group of its own, as a shell with job control has it in the foreground.
		setsid env --default-signal=INT,HUP ipcmbox serve --create "$box" -- \
			sh -c "cat; touch $dir/begun; sleep 1; echo end" 3>&- &
		pid=$!
		until_true ipcmbox stat "$box"
		ipcmbox call "$box" begin >"$dir/out" 3>&- &
		caller=$!
		until_true test -e "$dir/begun"
		kill -$signal -- -$pid
		wait $caller
		[ "$(cat "$dir/out")" = beginend ]
		ends $((128 + $(kill -l $signal))) $pid
	done
}

@test "a signal that comes before the command begins does not end the call" {
	for signal in INT TERM; do
		LD_PRELOAD=/area/early.so EARLY_SIGNAL=$(kill -l $signal) \
			env --default-signal=INT ipcmbox serve --create "$box" -- cat 3>&- &
		pid=$!
		until_true ipcmbox stat "$box"
		[ "$(ipcmbox call "$box" x)" = x ]
		ends $((128 + $(kill -l $signal))) $pid
	done
}

@test "a message that is no call goes through the command to the output" {
	serve --create "$box" -n 1 -- tr a-z A-Z >"$dir/out"
	ipcmbox send "$box" hello
	wait $server
	[ "$(cat "$dir/out")" = HELLO ]
}

@test "recv of a call tells that it cannot answer" {
	ipcmbox create "$box"
	ipcmbox call "$box" x 2>"$dir/err" 3>&- &
	run -0 --separate-stderr ipcmbox recv -t 10 "$box"
	said "was a call"
	ends 1 $!
}

@test "pair-run joins two commands by descriptors" {
	ipcmbox pair-run -- sh -c 'ipcmbox send --fd $IPCMBOX_FD hello
			ipcmbox recv --fd $IPCMBOX_FD' \
		-- sh -c 'ipcmbox recv --fd $IPCMBOX_FD | tr a-z A-Z | ipcmbox send --fd $IPCMBOX_FD' \
		>"$dir/out"
	[ "$(cat "$dir/out")" = HELLO ]
}

@test "pair-run joins standard input and output, with an end of file" {
	ipcmbox pair-run --stdio -- sh -c 'printf "a\nb\n"; exec >&-; cat >"$1"' sh "$dir/out" \
		-- tr a-z A-Z
	[ "$(cat "$dir/out")" = "$(printf 'A\nB')" ]
}

@test "pair-run suits programs that read as little or write as much as they like" {
	run -0 ipcmbox pair-run --stdio -- bash -c 'echo one; read -r a; echo "$a" >&2; echo two
			read -r b; echo "$b" >&2' \
		-- bash -c 'while read -r line; do echo "got $line"; done'
	[ "$output" = "$(printf 'got one\ngot two')" ]
	head -c 100000 /dev/urandom >"$dir/in"
	ipcmbox pair-run -i --max-message 1000 -c 0 -- sh -c 'cat "$1/in"; exec >&-; cat >"$1/out"' \
		sh "$dir" -- dd bs=777 status=none
	cmp "$dir/in" "$dir/out"
	# Who writes and is not read ends as at a pipe.
	run -141 ipcmbox pair-run -i -- yes -- true
}

@test "pair-run has who writes wait for room that a send would not wait for" {
	head -c 1000000 /dev/urandom >"$dir/in"
	slow() {
		ipcmbox pair-run --stdio "$@" -- cat "$dir/in" \
			-- sh -c 'sleep 1; cat >"$1"' sh "$dir/out"
	}
	slow -c unbounded --max-bytes 70000 --max-message 4096
	cmp "$dir/in" "$dir/out"
	slow -c 4 --fair-share
	cmp "$dir/in" "$dir/out"
	limit=/sys/module/ipcmbox/parameters/user_bytes
	before=$(cat $limit)
	echo 400000 >$limit
	run slow -c unbounded
	echo "$before" >$limit
	[ "$status" = 0 ]
	cmp "$dir/in" "$dir/out"
}

@test "pair-run tells when not all has arrived" {
	run -1 --separate-stderr ipcmbox pair-run -i -- bash -c '
		until pgrep -P $PPID -x cat && [ "$(pgrep -cP $PPID -x ipcmbox)" = 4 ]; do
			sleep 0.1
		done >&2
		pkill -KILL -P $PPID -x ipcmbox
		cat' -- cat
	said "not all that was written has arrived"
}

@test "pair-run passes on exit statuses" {
	run -4 ipcmbox pair-run -- sh -c 'exit 4' -- true
	run -5 ipcmbox pair-run -- true -- sh -c 'exit 5'
	run -4 ipcmbox pair-run -- sh -c 'exit 4' -- sh -c 'exit 5'
	run -137 ipcmbox pair-run -- true -- sh -c 'kill -9 $$'
	run -127 ipcmbox pair-run -- "$dir/none" -- true
	run -0 ipcmbox pair-run --separator ++ -- sh -c 'exit "$2"' -- sh 0 ++ true
}

@test "who ignores the end of his children leaves statuses alone" {
	env --ignore-signal=CHLD ipcmbox serve --create "$box" -n 1 -- sh -c 'cat; exit 3' 3>&- &
	until_true ipcmbox stat "$box"
	run -1 --separate-stderr ipcmbox call --check "$box" x
	[ "$output" = x ]
	said "cookie 3"
	wait $!
	run -4 env --ignore-signal=CHLD ipcmbox pair-run -- sh -c 'exit 4' -- true
	run -5 env --ignore-signal=CHLD ipcmbox pair-run --stdio -- true -- sh -c 'exit 5'
}

@test "pair-run ends both when the time is over" {
	run -124 --separate-stderr ipcmbox pair-run --timeout 0.5 -- sleep 123 -- sleep 123
	said "the time is over"
	run -1 pgrep -fx "sleep 123"
	run -124 ipcmbox pair-run -t 0.5 -- true -- bash -c 'trap "" TERM; while :; do sleep 1; done'
}

@test "pair-run hands on a signal" {
	ipcmbox pair-run -- sleep 321 -- sleep 321 3>&- &
	until_true sh -c '[ "$(pgrep -cfx "sleep 321")" = 2 ]'
	kill -TERM $!
	ends 143 $!
	run -1 pgrep -fx "sleep 321"
}

@test "pair-run hands on a signal after an interrupt, too" {
	env --default-signal=INT ipcmbox pair-run -- sleep 322 -- sleep 322 3>&- &
	until_true sh -c '[ "$(pgrep -cfx "sleep 322")" = 2 ]'
	kill -INT $!
	sleep 0.5
	pgrep -fx "sleep 322"
	kill -TERM $!
	until_true sh -c '! pgrep -fx "sleep 322"'
	ends 143 $!
}
