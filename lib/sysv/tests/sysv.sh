#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: sysv.sh kernel|shim|few COMMAND...
#
# Runs a command with message queues that are the kernel's, or those of libipcmbox-sysv; or
# those of one of which the identifiers come round after 256 mailboxes. With the latter two
# the kernel makes no queues, so that nothing is tested but what is meant.
set -u
area=$(dirname "$0")
limit=/proc/sys/kernel/msgmni

kind=$1
shift
case $kind in
kernel) exec "$@" ;;
shim) library=$area/libipcmbox-sysv.so.0 ;;
few) library=$area/few/libipcmbox-sysv.so.0 ;;
esac
before=$(cat $limit)
echo 0 >$limit
trap 'echo "$before" >$limit' EXIT
LD_PRELOAD=$library "$@"
