#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: same.sh COMMAND...
#
# Runs a command with the kernel's message queues and with those of libipcmbox-sysv, and says,
# as TAP, that it succeeded with both and printed the same.
set -u
area=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# result NUMBER WORDS...: of the command before
result() {
	local status=$? not=
	[ $status = 0 ] || not='not '
	echo "${not}ok $*"
}

number=0
echo TAP version 13
echo 1..3
for kind in kernel shim; do
	"$area/sysv.sh" $kind "$@" >"$folder/$kind" 2>"$folder/$kind.err"
	status=$?
	sed "s/^/# $kind: /" "$folder/$kind" "$folder/$kind.err"
	(exit $status)
	result $((number += 1)) "with the queues of the $kind"
done
[ -s "$folder/kernel" ] && diff "$folder/kernel" "$folder/shim" >/dev/null
result 3 with the same output
