#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# bpftool_test.sh PRELOAD_LIBRARY BPF_OBJECT COMMANDS MINIMUM: runs the command lines of a file on the
# emulated kernel and, where it can, on the real one; there are at least MINIMUM of them. Output and
# exit status must be the same once ids, times and what a JIT changes are taken out. BPFFS, TMP, OBJ
# and CGROUP name a bpf file system's folder, a temporary one, the object and an empty cgroup.
set -eu
# One CPU, so that per-CPU values land in the same place.
if [ -z "${ON_ONE_CPU:-}" ]; then
	cpu=$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')
	export ON_ONE_CPU=yes
	exec taskset -c "$cpu" sh "$0" "$@"
fi
preload=$1
object=$2
commands=$3
minimum=$4
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-bpftool.XXXXXX")
BPF_SHIM_STORE=$work/store
[ -d /dev/shm ] && [ -w /dev/shm ] && BPF_SHIM_STORE=$(mktemp -d /dev/shm/bpf-shim-bpftool.XXXXXX)
export BPF_SHIM_STORE
host=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
kernel_cgroup=$host/bpf-shim-test-$$
trap 'rm -rf "$work" "$BPF_SHIM_STORE"; rmdir "$kernel_cgroup/below" "$kernel_cgroup" 2>/dev/null || :' EXIT

# On the real kernel other programs may run: ours are found by their pins.
run_all() {	# library to preload or nothing, cgroup
	export BPFFS=/sys/fs/bpf/bpf_shim_test TMP="$work" OBJ="$work/$(basename "$object")" CGROUP="$2"
	cp "$object" "$OBJ"
	head -c 60 /dev/zero >"$TMP/packet"
	printf '\010\000\105' | dd of="$TMP/packet" bs=1 seek=12 conv=notrunc 2>/dev/null
	printf '\021' | dd of="$TMP/packet" bs=1 seek=23 conv=notrunc 2>/dev/null
	head -c 9 /dev/zero >"$TMP/short"
	LD_PRELOAD=$1 mkdir "$BPFFS"
	LD_PRELOAD=$1 mkdir "$CGROUP"
	grep -v '^#' "$here/$commands" | while IFS= read -r line; do
		echo "\$ $line"
		case $line in	# these list what everybody has: only their status counts
		"bpftool prog show" | "bpftool map show" | "bpftool link show" | "bpftool btf show")
			status=0
			LD_PRELOAD=$1 sh -c "exec $line" >/dev/null 2>&1 || status=$?
			echo "status $status" ;;
		*)
			status=0
			LD_PRELOAD=$1 sh -c "exec $line" 2>&1 || status=$?
			echo "status $status" ;;
		esac
	done
}

normalise() {
	sed -E -e "s#$2#CGROUP#g" -e 's/^( *)[0-9]+ +cgroup_/\1N cgroup_/' \
	    -e 's/memlock (4096|8192)B$/memlock M/' -e 's/^[0-9]+: /N: /' -e 's/"id":[0-9]+/"id":N/g' -e 's/"id": [0-9]+/"id": N/g' \
	    -e 's/btf_id"?:? ?[0-9]+/btf_id N/g' -e 's/loaded_at"?:? ?[-0-9T:+]+/loaded_at T/g' \
	    -e 's/(duration|duration \(average\)|"duration"):? ?[0-9]+(ns)?/\1 D/g' \
	    -e 's/xlated [0-9]+B/xlated X/' -e 's/(jited [0-9]+B|not jited)/J/; s/owner jited/owner J/' \
	    -e 's/memlock 4096B  map_ids/memlock M  map_ids/; s/memlock 8192B  map_ids/memlock M  map_ids/' \
	    -e 's/map_ids [0-9,]+/map_ids N/' -e 's/"map_ids": ?\[[0-9,]+\]?/"map_ids" N/' \
	    -e 's/"bytes_xlated": ?[0-9]+/X/; s/"jited": ?(true|false)/J/; s/"bytes_jited": ?[0-9]+,?//' \
	    -e '/^ *$/d' -e 's/"bytes_memlock": ?(4096|8192)/M/' -e 's/size [0-9]+B/size S/' \
	    -e 's/prog_ids [0-9,]+/prog_ids N/; s/^(N: iter  prog) [0-9]+/\1 N/; s/map_id [0-9]+/map_id N/' \
	    -e 's/"(prog|map)_id": ?[0-9]+/"\1_id" N/g' \
	    -e 's/ id [0-9]+/ id N/; s/ jited *$//; s/ +$//' "$1" |
	    # Records of a hash come in the order of a random seed.
	    cat
}

# The store has cgroups of its own for those who may not make one.
export BPF_SHIM_CGROUPS=store
emulated_cgroup=/sys/fs/cgroup/test
run_all "$preload" "$emulated_cgroup" >"$work/emulated.raw"
normalise "$work/emulated.raw" "$emulated_cgroup" >"$work/emulated"
count=$(grep -c '^\$ ' "$work/emulated")
[ "$count" -ge "$minimum" ] || { echo "only $count commands ran"; exit 1; }
grep -Eq "^(N: [a-z_]*  name [a-z_]*  |lo.1. .* id N)" "$work/emulated" || { cat "$work/emulated.raw"; exit 1; }

if [ "$(id -u)" != 0 ] || ! unshare -n -m true 2>/dev/null ||
	! bpftool prog show >/dev/null 2>&1; then
	echo "bpftool: $count command lines on the emulated kernel, 0 on the real one (not permitted here: skipped)"
	exit 0
fi
export -p >"$work/env"
sed -n '/^run_all() {/,/^}/p; /^normalise() {/,/^}/p' "$0" >"$work/functions"
cat >"$work/kernel.sh" <<EOF
work=$work here=$here object=$object commands=$commands
. $work/functions
mount --make-rprivate /
# Another one below would list all pins twice.
umount /sys/fs/bpf 2>/dev/null || :
mount -t bpf bpf /sys/fs/bpf
ip link set lo up
run_all "" $kernel_cgroup >$work/kernel.raw
EOF
unshare -n -m sh "$work/kernel.sh"
normalise "$work/kernel.raw" "$kernel_cgroup" >"$work/kernel"
if ! diff "$work/kernel" "$work/emulated" >"$work/diff"; then
	echo "the real kernel (<) and the emulated one (>) differ:"
	cat "$work/diff"
	exit 1
fi
echo "bpftool: $count command lines on the emulated kernel, $count on the real one"
