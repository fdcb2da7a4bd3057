#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# create, send, recv, peek, drain, rm.

# shellcheck disable=SC2154,SC2016,SC1010 # what common.bash sets; text for shells

load common

@test "create makes a mailbox, once" {
	ipcmbox create "$box" --capacity 3 --mode 0640 --order priority
	ipcmbox create "$box" --capacity 3 --order priority
	run -1 --separate-stderr ipcmbox create "$box" --capacity 4 --order priority
	said "there is one of other attributes"
	run -1 --separate-stderr ipcmbox create "$box" --capacity 3 --order priority --excl
	said "there is one of that name"
	[ "$(ipcmbox ls -r --noheadings -o mode "$box")" = prw-r----- ]
}

@test "create takes all attributes" {
	ipcmbox create "$box" -c 7 --max-bytes 64K --max-message 4KiB --order lifo \
		--policy recent --selective --fair-share --hangup yes --region 8K
	ipcmbox stat --json "$box" >"$dir/stat"
	jq -e '.mailboxes[0] | .capacity == 7 and .max_bytes == 65536 and .max_message == 4096 and
		.order == "lifo" and .policy == "recent" and .selective and .fair_share and
		.hangup and .region == 8192 and (.owned | not) and (.broadcast | not)' \
		"$dir/stat"
}

@test "an argument is a message, byte for byte" {
	ipcmbox create "$box"
	ipcmbox send "$box" "$(printf 'a b\n\303\244')"
	ipcmbox send "$box" ""
	ipcmbox send "$box" -- -x
	[ "$(ipcmbox recv "$box" | od -An -tx1)" = " 61 20 62 0a c3 a4" ]
	[ -z "$(ipcmbox recv "$box")" ]
	[ "$(ipcmbox recv "$box")" = -x ]
}

@test "standard input is one message" {
	ipcmbox create "$box"
	head -c 100000 /dev/urandom >"$dir/in"
	ipcmbox send "$box" <"$dir/in"
	ipcmbox recv "$box" | cmp - "$dir/in"
	ipcmbox send "$box" </dev/null
	[ "$(ipcmbox recv --json "$box" | jq .length)" = 0 ]
}

@test "input in small pieces is the same message" {
	ipcmbox create "$box"
	(for i in 1 2 3; do printf "%s" "$i"; sleep 0.2; done) | ipcmbox send "$box"
	[ "$(ipcmbox recv "$box")" = 123 ]
}

@test "a message that is too long is not sent, also in parts" {
	ipcmbox create "$box" --max-message 10
	run -1 --separate-stderr sh -c "printf 12345678901 | ipcmbox send $box"
	said "more than 10 bytes"
	run -1 --separate-stderr ipcmbox send "$box" 12345678901
	has "$box" SENT 0
	printf 1234567890 | ipcmbox send "$box"
}

@test "lines are messages, with and without the last newline" {
	ipcmbox create "$box"
	printf 'one\n\nthree' | ipcmbox send --lines "$box"
	[ "$(ipcmbox recv -n 3 --lines "$box" | od -An -c | tr -d ' \n')" = 'one\n\nthree\n' ]
}

@test "a line that is too long ends the sending, and those before were sent" {
	ipcmbox create "$box" --max-message 10
	run -1 --separate-stderr sh -c "printf 'short\n12345678901\nshort\n' |
		ipcmbox send --lines $box"
	has "$box" QUEUED 1
}

@test "strings that end with NUL bytes are messages" {
	ipcmbox create "$box"
	printf 'a\nb\0\0c' | ipcmbox send -z "$box"
	[ "$(ipcmbox recv -n 3 -z "$box" | od -An -c | tr -d ' \n')" = 'a\nb\0\0c\0' ]
}

@test "a frame is 4 bytes, the most significant first, and the message" {
	ipcmbox create "$box"
	printf '\0\0\0\003abc\0\0\0\0\0\0\0\001\n' | ipcmbox send --framed "$box"
	[ "$(ipcmbox recv --json -n 3 "$box" | jq -c .text | tr '\n' ' ')" = '"abc" "" "\n" ' ]
	ipcmbox send "$box" xy
	[ "$(ipcmbox recv --framed "$box" | od -An -tx1)" = " 00 00 00 02 78 79" ]
	run -1 --separate-stderr sh -c "printf '\0\0\0\005abc' | ipcmbox send --framed $box"
	said "within a frame"
	run -1 --separate-stderr sh -c "printf '\0\0' | ipcmbox send --framed $box"
	run -1 --separate-stderr sh -c "printf '\377\0\0\0' | ipcmbox send --framed $box"
	has "$box" QUEUED 0
}

@test "a pipe of recv and send in frames is exact" {
	ipcmbox create "$box" -c unbounded
	ipcmbox create "$box-2" -c unbounded
	for size in 0 1 2 4095 4096 65536 65537 1000000; do
		head -c "$size" /dev/urandom | ipcmbox send "$box"
	done
	ipcmbox recv -n 8 --framed "$box" >"$dir/frames"
	ipcmbox send --framed "$box" <"$dir/frames"
	ipcmbox recv -n 8 --framed "$box" | ipcmbox send --framed "$box-2"
	ipcmbox recv -n 8 --framed "$box-2" | cmp - "$dir/frames"
	has "$box-2" QUEUED 0
}

@test "a message that is longer than the buffer is received whole" {
	ipcmbox create "$box" --max-message 8M
	head -c 5000000 /dev/urandom >"$dir/in"
	ipcmbox send "$box" <"$dir/in"
	ipcmbox peek "$box" | cmp - "$dir/in"
	ipcmbox recv "$box" | cmp - "$dir/in"
}

@test "a file goes in pieces where it must, and in chunks" {
	ipcmbox create "$box" -c unbounded --max-message 1000
	head -c 2500 /dev/urandom >"$dir/in"
	ipcmbox send "$box" --file "$dir/in"
	has "$box" QUEUED 3
	ipcmbox recv -n 3 "$box" | cmp - "$dir/in"
	ipcmbox send "$box" --file "$dir/in" --chunk 500
	has "$box" QUEUED 5
	ipcmbox recv -n 5 "$box" | cmp - "$dir/in"
	: >"$dir/in"
	ipcmbox send "$box" -f "$dir/in"
	has "$box" QUEUED 1
	run -1 --separate-stderr ipcmbox send "$box" -f "$dir/none"
	said "$dir/none"
}

@test "would block is 75, time over 124" {
	ipcmbox create "$box" --capacity 1
	run -75 --separate-stderr ipcmbox recv --dontwait "$box"
	run -75 --separate-stderr ipcmbox peek "$box"
	run -124 --separate-stderr ipcmbox recv --timeout 0.1 "$box"
	said "the time is over"
	ipcmbox send "$box" x
	run -75 --separate-stderr ipcmbox send --dontwait "$box" y
	said "message 1 was not sent"
	run -124 --separate-stderr ipcmbox send --timeout 0.1 "$box" y
	run -75 --separate-stderr ipcmbox call --dontwait "$box" y
	run -124 --separate-stderr ipcmbox call --timeout 0.1 "$box" y
	[ "$(ipcmbox recv "$box")" = x ]
	run -124 --separate-stderr ipcmbox serve --timeout 0.1 "$box" -- true
	run -75 --separate-stderr ipcmbox serve --dontwait "$box" -- true
}

@test "until taken a sender waits for a receiver" {
	ipcmbox create "$box"
	ipcmbox send --until-taken "$box" x 3>&- &
	until_true has "$box" QUEUED 1
	kill -0 $!
	ipcmbox recv "$box"
	wait $!
	run -75 ipcmbox send --until-taken --dontwait "$box" x
}

@test "a rendezvous is a meeting" {
	ipcmbox create "$box" --capacity rendezvous
	run -75 ipcmbox send -d "$box" x
	ipcmbox recv "$box" >"$dir/out" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	ipcmbox send -d "$box" x
	wait $!
	[ "$(cat "$dir/out")" = x ]
}

@test "what a message carries arrives" {
	ipcmbox create "$box"
	ipcmbox send "$box" -p 7 --type 0x10 --cookie 18446744073709551615 hello
	ipcmbox recv --json "$box" >"$dir/out"
	grep -q '"cookie":18446744073709551615' "$dir/out"
	jq -e '.text == "hello" and .priority == 7 and .type == 16 and .pid > 0 and
		.uid == 0 and .length == 5 and (.call | not)' "$dir/out"
	printf 'a\377' | ipcmbox send "$box"
	[ "$(ipcmbox recv -J "$box" | jq -r .base64 | base64 -d | od -An -tx1)" = " 61 ff" ]
	for text in a ab abc abcd; do
		printf '%s\377' $text | ipcmbox send "$box"
		[ "$(ipcmbox recv -J "$box" | jq -r .base64)" = "$(printf '%s\377' $text | base64)" ]
	done
	printf '"\\\001\177\n' | ipcmbox send "$box"
	[ "$(ipcmbox recv -J "$box" | jq -j .text | od -An -tx1)" = " 22 5c 01 7f 0a" ]
}

@test "the highest priority comes first" {
	ipcmbox create "$box" --order priority
	for priority in 1 9 5; do ipcmbox send "$box" -p $priority $priority; done
	[ "$(ipcmbox recv -n 3 "$box")" = 951 ]
}

@test "receivers choose by type and sender" {
	ipcmbox create "$box" --selective
	for type in 5 3 4; do ipcmbox send "$box" --type $type $type; done
	[ "$(ipcmbox peek --type 3 "$box")" = 3 ]
	[ "$(ipcmbox recv --type 4 "$box")" = 4 ]
	[ "$(ipcmbox recv --type-not 5 "$box")" = 3 ]
	run -75 ipcmbox recv -d --type-max 4 "$box"
	[ "$(ipcmbox recv --type-max 5 "$box")" = 5 ]
	ipcmbox send --until-taken "$box" mine 3>&- &
	until_true has "$box" QUEUED 1
	run -75 ipcmbox recv -d --from $$ "$box"
	[ "$(ipcmbox recv --from $! "$box")" = mine ]
	wait $!
}

@test "peek leaves the message" {
	ipcmbox create "$box"
	ipcmbox send "$box" x
	[ "$(ipcmbox peek "$box")" = x ]
	[ "$(ipcmbox peek --lines "$box" | od -An -c | tr -d ' ')" = 'x\n' ]
	[ "$(ipcmbox recv "$box")" = x ]
}

@test "follow ends when there are no senders any more" {
	ipcmbox create "$box" --hangup yes
	ipcmbox recv --follow --lines "$box" >"$dir/out" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	printf '1\n2\n3\n' | ipcmbox send --lines "$box"
	wait $!
	[ "$(cat "$dir/out")" = "$(printf '1\n2\n3')" ]
}

@test "create of one that is there is not noticed by those who wait" {
	ipcmbox create "$box" --hangup yes
	ipcmbox recv "$box" >"$dir/out" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	for i in 1 2 3; do ipcmbox create "$box" --hangup yes; done
	run -1 ipcmbox create "$box" --hangup yes --excl
	run -1 ipcmbox create "$box" --hangup no
	has "$box" RECEIVERS_WAITING 1
	ipcmbox send "$box" x
	wait $!
	[ "$(cat "$dir/out")" = x ]
	ipcmbox create "$box-2" --hangup yes -c 0
	ipcmbox send "$box-2" x 3>&- &
	until_true has "$box-2" SENDERS_WAITING 1
	ipcmbox create "$box-2" --hangup yes -c 0
	has "$box-2" SENDERS_WAITING 1
	[ "$(ipcmbox recv "$box-2")" = x ]
	wait $!
	# One who may only send needs no more.
	(umask 0; ipcmbox create "$box-3" --mode 0622)
	setpriv --reuid 1234 --clear-groups ipcmbox create "$box-3"
}

@test "a descriptor that is inherited will do" {
	ipcmbox create -- sh -c '
		ipcmbox send --fd "$IPCMBOX_FD" hello &&
		ipcmbox stat --fd "$IPCMBOX_FD" --raw --noheadings -o queued &&
		ipcmbox recv --fd "$IPCMBOX_FD"' >"$dir/out"
	[ "$(cat "$dir/out")" = "$(printf '1\nhello')" ]
	run -1 --separate-stderr ipcmbox send --fd 77 x
	run -1 --separate-stderr ipcmbox send --fd 0 x </dev/null
	said "this is nothing of ipcmbox"
}

@test "an owned mailbox ends with its command" {
	ipcmbox create "$box" --owned -- sleep 100 3>&- &
	until_true ipcmbox stat "$box"
	[ "$(counter "$box" OWNER_PID)" = $! ]
	kill $!
	wait $! || true
	until_true sh -c "! ipcmbox stat $box"
}

@test "create exits as its command does" {
	run -3 ipcmbox create "$box" -- sh -c 'exit 3'
	run -127 --separate-stderr ipcmbox create "$box" -- "$dir/nothing"
	run -126 --separate-stderr ipcmbox create "$box" -- "$dir"
}

@test "an inbox is found by its process" {
	ipcmbox recv --inbox >"$dir/out" 3>&- &
	until_true ipcmbox send --pid $! hello
	wait $!
	[ "$(cat "$dir/out")" = hello ]
	run -1 --separate-stderr ipcmbox send --pid $$ x
	said "has no inbox"
}

@test "a broadcast goes to all who subscribe" {
	ipcmbox create "$box" --broadcast --slow-allowed drop-oldest,drop-newest
	run -1 --separate-stderr ipcmbox recv "$box"
	said "does not allow --slow block"
	for i in 1 2; do
		ipcmbox recv --slow drop-oldest "$box" >"$dir/out$i" 3>&- &
	done
	until_true has "$box" RECEIVERS 2
	run -0 --separate-stderr ipcmbox send --all --verbose "$box" news
	said "reached 2"
	wait
	[ "$(cat "$dir/out1")$(cat "$dir/out2")" = newsnews ]
	run -0 --separate-stderr ipcmbox send -v "$box" nobody
	said "reached 0"
	ipcmbox create "$box-2"
	run -1 --separate-stderr ipcmbox recv --slow block "$box-2"
}

@test "drain discards and counts" {
	ipcmbox create "$box"
	printf 'a\nbc\n' | ipcmbox send --lines "$box"
	[ "$(ipcmbox drain "$box")" = "$box: 2 messages, 3 bytes" ]
	has "$box" QUEUED 0
	run -1 ipcmbox drain none "$box"
	[[ $output == *"$box: 0 messages, 0 bytes"* ]]
}

@test "rm takes the name away, and destroy ends the mailbox" {
	ipcmbox create "$box"
	ipcmbox recv "$box" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	ipcmbox rm "$box"
	run -1 ipcmbox stat "$box"
	kill -0 $!
	kill $!
	wait $! || true
	ipcmbox create "$box"
	ipcmbox recv "$box" 2>"$dir/err" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	ipcmbox rm --destroy "$box"
	ends 1 $!
	grep -q "the mailbox was destroyed" "$dir/err"
	run -1 ipcmbox rm none "$box" none
	ipcmbox rm -f none
}
