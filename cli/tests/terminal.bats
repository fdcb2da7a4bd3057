#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# On a terminal: top, progress, colours, messages that would control it.

# shellcheck disable=SC2154,SC2016,SC1010 # what common.bash sets; text for shells

load common

# terminal COMMAND: by sh, in a terminal of 100 x 20
terminal() {
	tmux -f /dev/null -S "$dir/tmux" new-session -d -x 100 -y 20 \
		"sh -c 'trap : INT; ($1); echo \"status \$?\"; sleep 100'" 3>&-
}

# screen: what it shows
screen() {
	tmux -S "$dir/tmux" capture-pane -p "$@"
}

# shows TEXT
shows() {
	screen | grep -qF -- "$1"
}

teardown() {
	local server
	[ -n "$BATS_TEST_COMPLETED" ] || screen >&2 || true
	server=$(tmux -S "$dir/tmux" display-message -p '#{pid}' 2>/dev/null) || server=
	tmux -S "$dir/tmux" kill-server 2>/dev/null || true
	[ -z "$server" ] || until_true sh -c "! kill -0 $server"
	for name in $(ipcmbox ls --raw --noheadings -o name); do
		ipcmbox rm --escaped -- "$name"
	done
}

@test "top shows mailboxes, and ends by q" {
	ipcmbox create "$box"
	ipcmbox create "$(printf 'a\033[2Jb')"
	printf '1\n2\n3\n' | ipcmbox send --lines "$box"
	terminal "ipcmbox top --interval 0.3"
	until_true shows "ipcmbox top"
	until_true shows "$box"
	screen | grep -qE "^ +0\.0 +0\.0 +3 +3 +0 +0 +0 +0  $box"
	shows "2 names  3 messages stored"
	shows 'a\x1b[2Jb'
	ipcmbox send "$box" 4
	until_true shows "4 messages stored"
	ipcmbox rm "$box"
	until_true shows "1 names"
	tmux -S "$dir/tmux" send-keys q
	until_true shows "status 0"
}

@test "top follows the size of the terminal and ends by a signal" {
	for i in 1 2 3 4 5 6 7 8 9; do ipcmbox create "$box-$i"; done
	terminal "ipcmbox top --interval 0.3"
	until_true shows "$box-9"
	tmux -S "$dir/tmux" resize-window -x 90 -y 7
	until_true sh -c "! tmux -S '$dir/tmux' capture-pane -p | grep -q $box-9"
	tmux -S "$dir/tmux" send-keys C-c
	until_true shows "status 130"
}

@test "top colours who waits, unless there is NO_COLOR" {
	ipcmbox create "$box" -c 0
	ipcmbox send "$box" x 3>&- &
	until_true has "$box" SENDERS_WAITING 1
	terminal "ipcmbox top -n 100 --interval 0.3"
	until_true shows "$box"
	screen -e | grep -F "$box" | grep -q $'\033\\[33m'
	tmux -S "$dir/tmux" kill-server
	sleep 0.5
	terminal "NO_COLOR=1 ipcmbox top -n 100 --interval 0.3"
	until_true shows "$box"
	run ! grep -q $'\033\\[[34][0-7]m' <<<"$(screen -e)"
	ipcmbox recv "$box"
	wait
}

@test "top without a terminal says so" {
	run -1 --separate-stderr ipcmbox top
	said "needs a terminal"
	terminal "TERM=nothing ipcmbox top"
	until_true shows "status 1"
	shows "TERM=nothing"
}

@test "sending a file shows how far it is, on a terminal only" {
	ipcmbox create "$box" -c unbounded
	head -c 5000000 /dev/zero >"$dir/file"
	terminal "ipcmbox send $box --file $dir/file --chunk 10K"
	until_true shows "status 0"
	shows "100 %  5.0 of 5.0 MB"
	run -0 --separate-stderr ipcmbox send "$box" --file "$dir/file"
	[ -z "$stderr" ]
}

@test "a message cannot control the terminal" {
	ipcmbox create "$box"
	printf 'a\033]0;title\a\tb\nc\r' | ipcmbox send "$box"
	printf 'raw\033[1mbold' | ipcmbox send "$box"
	printf 'plain' | ipcmbox send "$box"
	terminal "ipcmbox recv $box; ipcmbox recv --raw $box; echo; ipcmbox recv $box"
	until_true shows "status 0"
	shows 'a\x1b]0;title\x07'
	shows 'c\x0d'
	shows "rawbold"
	screen -e | grep -q $'raw\033\\[1mbold'
	screen | grep -qx plain
}

@test "a message cannot control the terminal in any form, unless that is asked for" {
	ipcmbox create "$box"
	for form in --lines --zero --framed; do
		printf 'a\033[1mbold%s\033[0m' "$form" | ipcmbox send "$box"
	done
	terminal "for form in --lines --zero --framed; do ipcmbox recv \$form $box; echo; done"
	until_true shows "status 0"
	screen | grep -qx 'a\\x1b\[1mbold--lines\\x1b\[0m'
	screen | grep -q '^a\\x1b\[1mbold--zero\\x1b\[0m'
	# The length is the sender's, too.
	screen | grep -qx '\\x00\\x00\\x00\\x15a\\x1b\[1mbold--framed\\x1b\[0m'
	run ! grep -q $'\033\\[1m' <<<"$(screen -e)"
	tmux -S "$dir/tmux" kill-server
	sleep 0.5
	printf '\033[1mbold\033[0m' | ipcmbox send "$box"
	terminal "ipcmbox recv --lines --raw $box"
	until_true shows "status 0"
	screen -e | grep -q $'\033\\[1mbold'
	run -2 ipcmbox recv --json --raw "$box"
}

@test "JSON cannot control the terminal" {
	# U+009B is another ESC [, and U+202E turns the direction; U+E0041 is not seen.
	name=$(printf 'n\302\2331mbold\342\200\256\363\240\201\201')
	ipcmbox create "$name"
	ipcmbox create "$box"
	ipcmbox send "$box" "$name"
	terminal "ipcmbox ls --json -o name; ipcmbox watch -n 1; ipcmbox recv --json $box"
	until_true shows "status 0"
	[ "$(screen -J | grep -cF 'n\u009b1mbold\u202e\udb40\udc41')" = 3 ]
	# To who reads it it is the same.
	[ "$(ipcmbox ls --json | jq -r '.mailboxes[0].name')" = "$name" ]
	[ "$(ipcmbox watch -n 1 | jq -r .name)" = "$name" ]
	ipcmbox send "$box" "$name"
	[ "$(ipcmbox recv --json "$box" | jq -r .text)" = "$name" ]
	ipcmbox rm "$name"
}

@test "doctor colours its verdicts, unless there is NO_COLOR" {
	terminal "ipcmbox doctor"
	until_true shows "status 0"
	screen -e | grep -q $'\033\\[32mok'
	tmux -S "$dir/tmux" kill-server
	sleep 0.5
	terminal "NO_COLOR=1 ipcmbox doctor"
	until_true shows "status 0"
	run ! grep -q $'\033\\[3[0-7]m' <<<"$(screen -e)"
}
