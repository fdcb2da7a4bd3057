#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# ls, stat, watch, trace, bench; names that would do harm.

# shellcheck disable=SC2154,SC2016,SC1010 # what common.bash sets; text for shells

load common

hostile=$(printf 'a\033[31m"\\x\t\\y\303\244\342\200\256b\377')
shown='a\x1b[31m"\x5cx\x09\y'$'\303\244''\xe2\x80\xaeb\xff'

@test "ls lists names, in columns that one chooses" {
	ipcmbox create "$box"
	ipcmbox send "$box" hello
	run -0 ipcmbox ls
	[[ ${lines[0]} =~ ^NAME\ +MODE\ +USER\ +GROUP\ +QUEUED\ +BYTES\ +RECEIVERS\ +SENDERS\ +SENT ]]
	[[ ${lines[1]} =~ ^$box\ +prw-------\ +root\ +root\ +1\ +5\ +0\ +0\ +20 ]]
	[ "$(ipcmbox ls --noheadings --raw --output bytes,name)" = "5 $box" ]
	[ "$(ipcmbox ls -r -o name)" = "$(printf 'NAME\n%s' "$box")" ]
	ipcmbox ls -r --noheadings -o +mailbox | grep -qE ' [0-9]+$'
	ipcmbox ls -o help | grep -q '^MAILBOX '
	ipcmbox ls --json | jq -e --arg box "$box" '.mailboxes == [.mailboxes[0]] and
		(.mailboxes[0] | .name == $box and .queued == 1 and .bytes == 5)'
	ipcmbox create "$box-2"
	[ "$(ipcmbox ls -r --noheadings -o name "$box-2")" = "$box-2" ]
	run -1 ipcmbox ls "$box" none
}

@test "an empty list is JSON too" {
	[ "$(ipcmbox ls --json | jq -c .)" = '{"mailboxes":[]}' ]
	[ -z "$(ipcmbox ls --noheadings)" ]
}

@test "ls shows all of many names" {
	for i in $(seq 300); do echo "$i"; done >"$dir/names"
	python3 - <<-'END'
		import ctypes
		lib = ctypes.CDLL("libipcmbox.so.0", use_errno=True)
		lib.ipcmbox_attr_new.restype = ctypes.c_void_p
		attr = ctypes.c_void_p(lib.ipcmbox_attr_new())
		for i in range(1, 301):
		    assert lib.ipcmbox_create_named(str(i).encode(), attr, 2, 0o600) >= 0
	END
	ipcmbox ls -r --noheadings -o name | cmp - "$dir/names"
	# shellcheck disable=SC2046 # words
	ipcmbox rm $(cat "$dir/names")
}

@test "stat shows a list, a table or JSON" {
	ipcmbox create "$box" -c 5
	printf 'a\nb\n' | ipcmbox send --lines "$box"
	ipcmbox recv "$box"
	run -0 ipcmbox stat "$box"
	[[ $output =~ CAPACITY\ +5 && $output =~ SENT\ +2 && $output =~ RECEIVED\ +1 ]]
	[ "$(ipcmbox stat -r -o name,queued "$box")" = "$(printf 'NAME QUEUED\n%s 1' "$box")" ]
	ipcmbox create "$box-2" -c unbounded
	ipcmbox stat --json "$box" "$box-2" | jq -e '.mailboxes[1].capacity == -1 and
		(.mailboxes[0] | .sent == .received + .queued + .senders_waiting + .in_transfer +
			.withdrawn + .expired + .dropped and .receivers == 0 and .senders == 0)'
	[[ $(ipcmbox stat "$box-2") =~ CAPACITY\ +unbounded ]]
}

@test "stat is not noticed by those who wait" {
	ipcmbox create "$box" --hangup yes
	ipcmbox recv "$box" >"$dir/out" 3>&- &
	until_true has "$box" RECEIVERS_WAITING 1
	for i in 1 2 3; do ipcmbox stat "$box" >/dev/null; done
	kill -0 $!
	ipcmbox send "$box" x
	wait $!
	ipcmbox create "$box-2" --hangup yes -c 0
	ipcmbox send "$box-2" x 3>&- &
	until_true has "$box-2" SENDERS_WAITING 1
	kill -0 $!
	[ "$(ipcmbox recv "$box-2")" = x ]
	wait $!
}

@test "a user sees less of what is not his" {
	ipcmbox create "$box"
	ipcmbox send "$box" x
	run -0 setpriv --reuid 1234 --clear-groups ipcmbox ls --json
	jq -e '.mailboxes[0] | .queued == null and .bytes == 1' <<<"$output"
	run -0 setpriv --reuid 1234 --clear-groups ipcmbox ls -r --noheadings -o queued,bytes
	[ "$output" = "- 1" ]
	run -1 --separate-stderr setpriv --reuid 1234 --clear-groups ipcmbox stat "$box"
	said "Permission denied"
	run -1 --separate-stderr setpriv --reuid 1234 --clear-groups ipcmbox recv "$box"
	run -1 --separate-stderr setpriv --reuid 1234 --clear-groups ipcmbox trace -n 1
	said "only root"
}

@test "hostile names are shown escaped, and can be given so" {
	ipcmbox create "$hostile"
	[ "$(ipcmbox ls --noheadings -o name)" = "$shown" ]
	ipcmbox stat "$hostile" | grep -qF "$shown"
	[ "$(ipcmbox drain "$hostile")" = "$shown: 0 messages, 0 bytes" ]
	run -75 --separate-stderr ipcmbox recv -d "$hostile"
	said "$shown"
	[[ $stderr != *$'\033'* ]]
	ipcmbox send --escaped "$shown" x
	# The raw form has no blanks and can be given, too.
	ipcmbox ls -r --noheadings -o name >"$dir/raw"
	[ "$(LC_ALL=C grep -c '[^!-~]' "$dir/raw")" = 0 ]
	[ "$(ipcmbox recv -e "$(cat "$dir/raw")")" = x ]
	run -1 ipcmbox rm -e 'a\xzz'
	ipcmbox rm -e "$shown"
	[ -z "$(ipcmbox ls --noheadings)" ]
}

@test "hostile names are exact in JSON, but for what is not UTF-8" {
	ipcmbox create "$hostile"
	ipcmbox ls --json | jq -j '.mailboxes[0].name' >"$dir/name"
	printf 'a\033[31m"\\x5cx\t\\y\303\244\342\200\256b\\xff' | cmp - "$dir/name"
	ipcmbox watch -n 1 | jq -j .name | cmp - "$dir/name"
	ipcmbox rm -e "$(cat "$dir/name")"
}

@test "what is not ASCII is escaped where the locale does not know it" {
	ipcmbox create "$(printf '\303\244')"
	[ "$(LC_ALL=C ipcmbox ls --noheadings -o name)" = '\xc3\xa4' ]
	[ "$(LC_ALL=C.UTF-8 ipcmbox ls --noheadings -o name)" = "$(printf '\303\244')" ]
}

@test "watch prints what appears, changes and disappears, as JSON Lines" {
	ipcmbox create "$box-0"
	ipcmbox watch --interval 0.2 -n 4 >"$dir/out" 3>&- &
	until_true test -s "$dir/out"
	ipcmbox create "$box"
	until_true grep -q appeared "$dir/out"
	ipcmbox send "$box" hello
	until_true grep -q changed "$dir/out"
	ipcmbox rm "$box"
	wait $!
	[ "$(jq -r .event "$dir/out" | tr '\n' ' ')" = "present appeared changed disappeared " ]
	jq -e -s --arg box "$box" '.[2] | .name == $box and .queued == 1 and .bytes == 5 and
		.mode == "0600" and .uid == 0 and .time >= .sent' "$dir/out"
}

@test "watch looks at the names that are given, and ends in time" {
	ipcmbox create "$box"
	ipcmbox create "$box-2"
	run -124 --separate-stderr ipcmbox watch --interval 0.1 --timeout 0.5 "$box"
	[ "${#lines[@]}" = 1 ]
	ipcmbox watch 3>&- >"$dir/out" &
	until_true test -s "$dir/out"
	kill -TERM $!
	ends 143 $!
}

@test "a name that is taken anew is another mailbox" {
	ipcmbox create "$box"
	ipcmbox watch --interval 1 -n 3 >"$dir/out" 3>&- &
	until_true test -s "$dir/out"
	ipcmbox rm "$box"
	ipcmbox create "$box"
	wait $!
	[ "$(jq -r .event "$dir/out" | sort | tr '\n' ' ')" = "appeared disappeared present " ]
}

# traced PID EVENT...: these tracepoints are on, for that process
traced() {
	local event
	for event in "${@:2}"; do
		grep -qs 1 "/sys/kernel/tracing/instances/ipcmbox-$1/events/ipcmbox/$event/enable" ||
			return 1
	done
}

@test "trace prints the events of one mailbox" {
	mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing
	ipcmbox create "$box" -c 1
	ipcmbox create "$box-2"
	ipcmbox trace -n 3 "$box" >"$dir/out" 3>&- &
	until_true traced $! ipcmbox_send ipcmbox_refuse ipcmbox_receive
	ipcmbox send "$box-2" other
	ipcmbox send "$box" hello
	run -75 ipcmbox send -d "$box" full
	ipcmbox recv "$box"
	wait $!
	grep -q 'ipcmbox_send: mailbox=[0-9]* id=[0-9]* len=5' "$dir/out"
	grep -q 'ipcmbox_refuse: .* error=-11 EAGAIN' "$dir/out"
	[ "$(wc -l <"$dir/out")" = 3 ]
	[ "$(ls /sys/kernel/tracing/instances)" = "" ]
}

@test "trace tidies up when a signal ends it, and after one that was killed" {
	mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing
	ipcmbox trace 3>&- >"$dir/out" &
	killed=$!
	until_true traced $killed ipcmbox_send
	kill -9 $killed
	wait $killed || true
	ipcmbox trace 3>&- >"$dir/out" &
	until_true traced $! ipcmbox_send
	[ ! -e /sys/kernel/tracing/instances/ipcmbox-$killed ]
	kill -TERM $!
	ends 143 $!
	[ "$(ls /sys/kernel/tracing/instances)" = "" ]
	run -124 ipcmbox trace -t 0.3
	umount /sys/kernel/tracing
}

@test "bench says what it measured, and how often" {
	ipcmbox bench -n 3 --json >"$dir/out"
	jq -e '[.bench[].bench] == ["call", "rendezvous", "send", "batch"] and
		all(.bench[]; .rounds == 3 and .size == 64 and .least_ns > 0 and
			.least_ns <= .median_ns and .median_ns <= .most_ns)' "$dir/out"
	run -0 ipcmbox bench -n 1 --size 0 -o bench,median_ns
	[ "${#lines[@]}" = 5 ]
}
