# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# Sourced by the scripts of vm/ and tools/: where things are, and how to fail.

# How make was called must not change what is built.
unset MAKEFLAGS MFLAGS MAKELEVEL

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
# A cache that another vm/fetch has filled may lack files: raise the number when
# it unpacks more.
cache=${IPCMBOX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ipcmbox}/3
# Kernels of Debian, and those that vm/build-kernel makes of Debian's source.
debian_kernels="6.1 6.12 6.12-rt 6.12-arm64"
built_kernels="6.12-debug 6.12-race 6.12-coverage"
all_kernels="$debian_kernels $built_kernels"
usual_kernels="6.12 6.12-debug 6.1"
demo_kernel=6.12
tally=${IPCMBOX_TALLY:-$build/log/tally}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

say() {
	echo "${0##*/}: $*" >&2
}

# usage: what the head of the script says
usage() {
	sed -n '/^# usage: /,/^#$/ { s/^# //; s/^#$//; /./p }' "$0" >&2
	exit 2
}

# arguments LEAST MOST COUNT: so many are right; MOST may be "any"
arguments() {
	[ "$3" -ge "$1" ] || usage
	[ "$2" = any ] || [ "$3" -le "$2" ] || usage
}

# tally PASSED FAILED SKIPPED: adds to what the last line of a check counts
tally() {
	mkdir -p "${tally%/*}"
	echo "$*" >>"$tally"
}

# ARCH= of the one who calls names a kernel, and must not reach a make.
case ${ARCH:-} in
'' | x86_64 | amd64) ;;
arm64) KERNEL=${KERNEL:-6.12}-arm64 ;;
*) die "no kernel of ARCH=$ARCH: only amd64 and arm64 are tested" ;;
esac
unset ARCH

# one_builder: until this script ends, as parts of a check that run at the same time build
# in one folder
one_builder() {
	mkdir -p "$build"
	exec 7>"$build/lock"
	flock 7
}

have_apt() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "as root, please: $*"
	fi
}

# known_kernel NAME: it is one that vm/fetch can get
known_kernel() {
	case " $all_kernels " in
	*" $1 "*) ;;
	*) die "no kernel '$1': KERNEL= is one of $all_kernels" ;;
	esac
}

# is_built NAME: it is one that vm/build-kernel makes
is_built() {
	case " $built_kernels " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# kernel_fragments NAME: what vm/config has for it
kernel_fragments() {
	case $1 in
	6.12-debug) echo base checks faults debug ;;
	6.12-race) echo base checks faults race ;;
	6.12-coverage) echo base faults coverage ;;
	esac
}

# need_space DIRECTORY MEGABYTES
need_space() {
	local free
	mkdir -p "$1" || die "cannot create $1"
	free=$(df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9)
	[ "$free" -ge "$2" ] ||
		die "no disk space: $1 needs $2 MB, $free MB are free"
}

# Whether the person names headers and boot image; both or none.
own_kernel() {
	[ -n "${KIMAGE:-}" ] || [ -n "${KDIR:-}" ] || return 1
	[ -n "${KIMAGE:-}" ] || die "the VM needs KDIR='s boot image: KIMAGE="
	[ -n "${KDIR:-}" ] || die "the VM needs KIMAGE='s headers: KDIR="
}

# The kernels to check, by name.
kernel_names() {
	if own_kernel; then
		echo own
	else
		echo "${KERNEL:-$usual_kernels}"
	fi
}

# use_kernel NAME: sets kdir, kimage, krelease and kmodules; karch and the arguments
# that build for it, the module and programs; and the folders of what is built.
use_kernel() {
	karch=amd64
	kmake=()
	modules=$build/module-$1
	programs=$build
	cc=(CC=gcc AR=ar "CC32=gcc -m32 -isystem /usr/include/x86_64-linux-gnu")
	if own_kernel; then
		kdir=$KDIR
		kimage=$KIMAGE
		[ -r "$kimage" ] || die "KIMAGE=$kimage cannot be read"
	else
		known_kernel "$1"
		case $1 in
		*-arm64)
			karch=arm64
			kmake=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)
			programs=$build/arm64
			cc=(CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar
				CC32=arm-linux-gnueabihf-gcc)
			;;
		# Only the module is watched: the fuzzer and the report of coverage are
		# about nothing else.
		*-debug) kmake=(KCOV_INSTRUMENT=y) ;;
		*-coverage) kmake=(GCOV_PROFILE=y) ;;
		esac
		kdir=$cache/$1/kdir
		kimage=$cache/$1/kimage
	fi
	[ -r "$kimage" ] || die "no boot image at $kimage: run vm/setup"
	[ -f "$kdir/Makefile" ] || die "no kernel headers in $kdir"
	krelease=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' \
		"$kdir/include/generated/utsrelease.h") ||
		die "$kdir does not hold the headers of a built kernel"
	kimage=$(readlink -f "$kimage")
	kmodules=$(dirname "$kimage")/../lib/modules/$krelease
}
