#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# launcher_test.sh BPF_SHIM: the launcher's statuses and stores.
set -u
shim=$1
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-launcher.XXXXXX")
unset BPF_SHIM_STORE
trap 'rm -rf "$work"' EXIT
failed=0

expect() {	# STATUS COMMAND…
	want=$1
	shift
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got = "$want" ] && return
	echo "$*: want status $want, got $got"
	cat "$work/out" "$work/err"
	failed=1
}
says() {
	grep -q -- "$1" "$work/out" "$work/err" && return
	echo "no '$1' in:"
	cat "$work/out" "$work/err"
	failed=1
}

expect 0 "$shim" --help
says 'usage: bpf-shim run'
expect 0 "$shim" --version
expect 125 "$shim"
expect 125 "$shim" nonsense
expect 125 "$shim" run
expect 125 "$shim" run --store relative/path -- true
says 'absolute path'
expect 127 "$shim" run --store "$work/s" -- no-such-command
expect 126 "$shim" run --store "$work/s" -- /etc/passwd
expect 7 "$shim" run --store "$work/s" -- sh -c 'exit 7'
expect 7 "$shim" run --private -- sh -c 'exit 7'
expect 143 "$shim" run --private -- sh -c 'kill $$'
expect 0 env BPF_SHIM_STORE="$work/s" "$shim" store
says "$work/s"
if command -v bpftool >/dev/null; then
	map='bpftool map create /sys/fs/bpf/m type hash key 4 value 4 entries 8 name shared'
	expect 0 "$shim" run --store "$work/s" -- $map
	expect 0 "$shim" run --store "$work/s" -- bpftool map show
	says shared
	expect 0 "$shim" run --private -- sh -c "$map; bpftool map show; echo \$BPF_SHIM_STORE"
	says shared
	store=$(tail -n 1 "$work/out")
	[ -n "$store" ] && [ ! -e "$store" ] || { echo "the private store '$store' is left"; failed=1; }
fi
# The host's own BTF may stand for the kernel's, also where its path is the emulated one's.
if [ -r /sys/kernel/btf/vmlinux ] && command -v bpftool >/dev/null; then
	size=$(cat /sys/kernel/btf/vmlinux | wc -c)
	expect 0 timeout 20 env BPF_SHIM_KERNEL_BTF=/sys/kernel/btf/vmlinux \
		"$shim" run --store "$work/b" -- bpftool btf show
	says "size ${size}B"
fi
expect 0 env BPF_SHIM_STORE="$work/s" "$shim" gc
exit $failed
