#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: stress.sh OPTION...
#
# Prints what stress-ng has done to message queues, but for times: how many messages were
# verified, and whether it went well.
set -eu
report=$(mktemp)
trap 'rm -f "$report"' EXIT
cd /tmp
stress-ng --msg 2 --msg-ops 5000 --verify --timeout 150 --metrics-brief --yaml "$report" "$@" >&2
grep -E 'stressor:|bogo-ops:' "$report"
