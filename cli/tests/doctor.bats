#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# doctor: each thing that can be wrong, and what it says to do.

# shellcheck disable=SC2154,SC2016,SC1010 # what common.bash sets; text for shells

load common

# The node is put back, whatever a test did to it.
teardown() {
	[ ! -e /dev/ipcmbox.away ] || mv /dev/ipcmbox.away /dev/ipcmbox
	chmod 666 /dev/ipcmbox
}

# elsewhere COMMAND: by sh, as root, where mounts are its own
elsewhere() {
	unshare -m --propagation private sh -c "$1"
}

@test "all is well" {
	run -0 ipcmbox doctor
	[[ $output == *"ok     kernel       Linux $(uname -r)"* ]]
	for line in "ok     module       it is loaded" "ok     node         /dev/ipcmbox is there" \
		"ok     permission   /dev/ipcmbox can be opened" "ok     message" "ok     names" \
		"ok     version      module and program are of version 1"; do
		[[ $output == *"$line"* ]]
	done
	[[ $output != *FAIL* && $output != *$'\033'* ]]
}

@test "the node is missing" {
	mv /dev/ipcmbox /dev/ipcmbox.away
	run -1 ipcmbox doctor
	[[ $output == *"FAIL   node         /dev/ipcmbox is missing"* ]]
	# What it says to do helps.
	command=$(grep -o 'mknod -m 666 /dev/ipcmbox c [0-9]* [0-9]*' <<<"$output")
	$command
	ipcmbox doctor
	run -1 --separate-stderr sh -c 'rm /dev/ipcmbox; ipcmbox ls'
	said "/dev/ipcmbox: No such file or directory"
	said "ipcmbox doctor"
}

@test "the node is a file, or another device" {
	mv /dev/ipcmbox /dev/ipcmbox.away
	touch /dev/ipcmbox
	run -1 ipcmbox doctor
	[[ $output == *"FAIL   node         /dev/ipcmbox is no device"* ]]
	[[ $output == *"FAIL   version"* ]]
	rm /dev/ipcmbox
	mknod /dev/ipcmbox c 1 3
	run -1 ipcmbox doctor
	[[ $output == *"FAIL   node         /dev/ipcmbox is the device 1:3, and that of the module is 10:"* ]]
	rm /dev/ipcmbox
	mknod /dev/ipcmbox c 240 77
	run -1 ipcmbox doctor
	[[ $output == *"FAIL   permission   /dev/ipcmbox is there, but no module behind it"* ]]
	rm /dev/ipcmbox
}

@test "the permission is missing" {
	chmod 600 /dev/ipcmbox
	run -1 setpriv --reuid 1234 --clear-groups ipcmbox doctor
	[[ $output == *"FAIL   permission   /dev/ipcmbox has the mode 0600 and user 0"* ]]
	[[ $output == *"chmod 666"* ]]
	chmod 666 /dev/ipcmbox
	setpriv --reuid 1234 --clear-groups ipcmbox doctor
}

@test "the module is missing" {
	run -1 elsewhere 'mount -t tmpfs none /sys/module; ipcmbox doctor'
	[[ $output == *"FAIL   module       it is not there for Linux $(uname -r)"* ]]
	[[ $output == *"make install"* ]]
	run -1 elsewhere 'mount -t tmpfs none /sys/module
		mkdir -p /lib/modules && mount -t tmpfs none /lib/modules
		mkdir "/lib/modules/$(uname -r)"
		echo updates/ipcmbox.ko: >"/lib/modules/$(uname -r)/modules.dep"
		ipcmbox doctor'
	[[ $output == *"FAIL   module       it is installed, but not loaded: run 'modprobe ipcmbox'"* ]]
}

@test "Secure Boot wants a signature" {
	variable=SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	run -1 elsewhere "mount -t tmpfs none /sys/module; mount -t tmpfs none /sys/firmware
		mkdir -p /sys/firmware/efi/efivars
		printf '\6\0\0\0\1' >/sys/firmware/efi/efivars/$variable
		ipcmbox doctor"
	[[ $output == *"doubt  Secure Boot  only signed modules are loaded (Secure Boot)"* ]]
	[[ $output == *"mokutil"* ]]
	run -0 elsewhere "mount -t tmpfs none /sys/firmware; mkdir -p /sys/firmware/efi/efivars
		printf '\6\0\0\0\1' >/sys/firmware/efi/efivars/$variable
		ipcmbox doctor"
	[[ $output == *"ok     Secure Boot  modules need a signature, and this one was loaded"* ]]
	run -0 elsewhere "mount -t tmpfs none /sys/firmware; mkdir -p /sys/firmware/efi/efivars
		printf '\6\0\0\0\0' >/sys/firmware/efi/efivars/$variable
		ipcmbox doctor"
	[[ $output == *"ok     Secure Boot  modules need no signature"* ]]
}

@test "module and program are of different versions" {
	run -1 env LD_PRELOAD=/area/skew.so SKEW_VERSION=0 ipcmbox doctor
	[[ $output == *"FAIL   version      the module has version 0 and lacks features 0"* ]]
	run -1 env LD_PRELOAD=/area/skew.so SKEW_VERSION=1 SKEW_LACKS=0x1000 ipcmbox doctor
	[[ $output == *"lacks features 0x1000"* ]]
	run -0 env LD_PRELOAD=/area/skew.so SKEW_VERSION=2 ipcmbox doctor
	[[ $output == *"ok     version      the module has version 2, newer"* ]]
}

@test "a quota is used up" {
	quota=/sys/module/ipcmbox/parameters/user_mailboxes
	before=$(cat $quota)
	echo 0 >$quota
	run ipcmbox doctor
	echo "$before" >$quota
	[ "$status" = 1 ]
	[[ $output == *"FAIL   message      a quota of this user is used up"* ]]
}
