#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# How the command is used: help, options, exit statuses, completion.

# shellcheck disable=SC2154,SC2016,SC1010 # what common.bash sets; text for shells

load common

@test "help names each command, and each has a help" {
	run -0 ipcmbox --help
	commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' <<<"$output")
	[ "$(wc -w <<<"$commands")" = 17 ]
	for command in $commands; do
		ipcmbox "$command" --help | grep -q "^usage: ipcmbox $command"
		[ "$(ipcmbox "$command" --version)" = "$(ipcmbox --version)" ]
	done
}

@test "wrong usage exits with 2 and says why" {
	run -2 --separate-stderr ipcmbox
	said "a command is missing"
	run -2 --separate-stderr ipcmbox nothing
	said "there is no command 'nothing'"
	run -2 --separate-stderr ipcmbox send
	said "NAME is missing"
	run -2 --separate-stderr ipcmbox send a b c
	said "'c' is too much"
	run -2 --separate-stderr ipcmbox send a --nothing
	said "--nothing"
	run -2 --separate-stderr ipcmbox send a -Q
	said "there is no option -Q"
	run -2 --separate-stderr ipcmbox send a --priority
	said "--priority: what it takes is missing"
	run -2 --separate-stderr ipcmbox send a --priority 32768 x
	said "--priority does not take '32768'"
	run -2 --separate-stderr ipcmbox send a --timeout -1 x
	run -2 --separate-stderr ipcmbox send a --timeout 1.x x
	run -2 --separate-stderr ipcmbox create a --capacity many
	run -2 --separate-stderr ipcmbox create a --max-message 1X
	run -2 --separate-stderr ipcmbox create a --order random
	run -2 --separate-stderr ipcmbox create a --mode 1777
	run -2 --separate-stderr ipcmbox create a --slow-allowed block,never
	run -2 --separate-stderr ipcmbox create a --owned
	run -2 --separate-stderr ipcmbox create --excl -- true
	run -2 --separate-stderr ipcmbox create
	run -2 --separate-stderr ipcmbox send a --lines --zero
	run -2 --separate-stderr ipcmbox send a x --lines
	run -2 --separate-stderr ipcmbox recv a --lines --json
	run -2 --separate-stderr ipcmbox recv a --type 1 --from 2
	run -2 --separate-stderr ipcmbox recv a --follow --count 2
	run -2 --separate-stderr ipcmbox serve a
	run -2 --separate-stderr ipcmbox serve a --mode 600 -- true
	said "--mode is for --create"
	run -2 --separate-stderr ipcmbox pair-run -- true
	run -2 --separate-stderr ipcmbox ls --json --raw
	run -2 --separate-stderr ipcmbox ls -o nothing
	said "there is no column 'nothing'"
	run -2 --separate-stderr ipcmbox completion fish
	run -2 --separate-stderr ipcmbox rm
	run -2 --separate-stderr ipcmbox stat
}

@test "a name that is not there is an error" {
	for command in "send $box x" "recv $box" "peek $box" "call $box x" "stat $box" "ls $box" \
		"rm $box" "drain $box" "trace $box" "serve $box -- true"; do
		# shellcheck disable=SC2086 # words
		run -1 --separate-stderr ipcmbox $command
		said "$box"
	done
	ipcmbox rm --force "$box"
}

@test "a control file that is none is told" {
	touch "$dir/file"
	run -1 --separate-stderr ipcmbox ls --control "$dir/file"
	said "this is nothing of ipcmbox"
	run -1 --separate-stderr ipcmbox ls --control "$dir/none"
	said "ipcmbox doctor"
}

@test "an instance has names of its own" {
	mkdir "$dir/world"
	mount -t ipcmboxfs -o newinstance none "$dir/world"
	ipcmbox create --control "$dir/world/control" inside
	ipcmbox send --control "$dir/world/control" inside hello
	[ "$(ipcmbox recv --control "$dir/world/control" inside)" = hello ]
	run -1 ipcmbox stat inside
	ipcmbox doctor --control "$dir/world/control"
	umount "$dir/world"
}

@test "where output cannot be written it is an error" {
	run -1 --separate-stderr sh -c 'ipcmbox --help >/dev/full'
	said "standard output"
	ipcmbox create "$box"
	run -1 --separate-stderr sh -c 'ipcmbox ls >/dev/full'
	run -1 --separate-stderr sh -c 'ipcmbox ls >&-'
	run -1 --separate-stderr sh -c 'ipcmbox watch -n 1 >/dev/full'
}

@test "bash completes commands, options, words and names" {
	ipcmbox create "$box"
	ipcmbox create "$(printf 'x\033]0;y\a')"
	ipcmbox completion bash >"$dir/completion"
	# complete WORD...: what is offered for the last one
	cat >"$dir/complete" <<-'END'
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_ipcmbox
		printf '%s\n' "${COMPREPLY[@]}"
	END
	[ "$(bash "$dir/complete" "$dir/completion" ipcmbox pe)" = peek ]
	[ "$(bash "$dir/complete" "$dir/completion" ipcmbox recv --fol)" = --follow ]
	[ "$(bash "$dir/complete" "$dir/completion" ipcmbox create --order li)" = lifo ]
	[ "$(bash "$dir/complete" "$dir/completion" ipcmbox recv bo)" = "$box" ]
	[ "$(bash "$dir/complete" "$dir/completion" ipcmbox recv '')" = "$box" ]
	[ "$(bash "$dir/complete" "$dir/completion" ipcmbox completion '')" = bash ]
	[ "$(bash "$dir/complete" "$dir/completion" ipcmbox send x --file "$dir/completi")" = \
		"$dir/completion" ]
}
