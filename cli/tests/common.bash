# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of the ipcmbox command share: mailboxes that are gone afterwards, and
# waiting for what others do.

bats_require_minimum_version 1.5.0

# Everything that is started in the background says 3>&-: bats waits for that descriptor.
setup() {
	PATH=/area:$PATH
	export LD_LIBRARY_PATH=/area
	unset NO_COLOR
	dir=$BATS_TEST_TMPDIR
	box=box-$BATS_TEST_NUMBER
}

teardown() {
	local pids name
	pids=$(jobs -p)
	# shellcheck disable=SC2086 # a list
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
	wait 2>/dev/null || true
	! mountpoint -q "$dir/world" || umount "$dir/world"
	ipcmbox ls --raw --noheadings -o name | while IFS= read -r name; do
		ipcmbox rm --escaped -- "$name"
	done
}

# until_true COMMAND...: within 30 seconds, as the machine may be slow
until_true() {
	local end=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "not within 30 seconds: $*" >&2
			return 1
		}
		sleep 0.1
	done
}

# counter NAME COLUMN: of stat
counter() {
	ipcmbox stat --raw --noheadings -o "$2" -- "$1"
}

# has NAME COLUMN NUMBER
has() {
	[ "$(counter "$1" "$2")" = "$3" ]
}

# said TEXT: the last run said so on its standard error, which it has in $stderr
said() {
	[[ $stderr == *"$1"* ]] || {
		echo "it did not say '$1' but '$stderr'" >&2
		return 1
	}
}

# ends STATUS PID: a job of the background
ends() {
	local status=0
	wait "$2" || status=$?
	[ "$status" = "$1" ] || {
		echo "it ended with $status, not $1" >&2
		return 1
	}
}
