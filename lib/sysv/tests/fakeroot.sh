#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: fakeroot.sh
#
# Has fakeroot, in its build that talks by message queues, and not run by root, change owners
# and devices, and prints what its programs then see. What it keeps is in no file: all of it
# goes through the queues.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chown 65534:65534 "$place"
cat >"$place/inside" <<'END'
set -eu
id -u
touch plain given
mkdir folder
mknod disk b 8 1
mknod terminal c 5 0
chown 1:2 given
chown -R 3:4 folder
chmod 4755 given
for i in 1 2 3 4 5 6 7 8 9 10; do
	touch "many$i"
	chown "$i:$((i + 100))" "many$i" &
done
wait
stat -c '%n %F %u %g %a %t %T' plain given folder disk terminal many*
tar --sort=name --mtime=@0 -cf box.tar plain given folder disk terminal many*
tar --numeric-owner -tvf box.tar
mkdir out
tar -C out -xpf box.tar
stat -c '%n %F %u %g %a %t %T' out/*
END
cd "$place"
setpriv --reuid=65534 --regid=65534 --clear-groups \
	fakeroot-sysv sh "$place/inside"
# The server goes when the last client has.
for _ in $(seq 50); do
	pgrep --runstates D,R,S faked >/dev/null || exit 0
	sleep 0.1
done
echo 'the server has stayed' >&2
exit 1
