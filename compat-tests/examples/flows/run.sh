#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# run.sh PREFIX: the main job on an installed libbpf-shim. Builds the application twice, counts a
# capture's packets on the emulated kernel in every way in, and looks at it with bpftool meanwhile.
# Stops with a message at the first thing that is not as it should be.
set -eu
prefix=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
capture=$here/../../data/flows.pcap
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-demo.XXXXXX")
hold_pid=
finish() {
	if [ -n "$hold_pid" ]; then kill "$hold_pid" 2>/dev/null || :; fi
	rm -rf "$work" "$BPF_SHIM_STORE"
}
BPF_SHIM_STORE=$(mktemp -d "${XDG_RUNTIME_DIR:-/dev/shm}/bpf-shim-demo.XXXXXX" 2>/dev/null ||
	mktemp -d /tmp/bpf-shim-demo.XXXXXX)
export BPF_SHIM_STORE
trap finish EXIT

lib=$(ls -d "$prefix"/lib*/libbpf-shim.so.1 "$prefix"/lib*/*/libbpf-shim.so.1 2>/dev/null | head -n 1)
lib=$(dirname "$lib")
preload=$lib/libbpf-shim-preload.so
for clang in clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 clang; do
	if command -v "$clang" >/dev/null; then break; fi
done
for tool in "$clang" bpftool cc pkg-config; do
	command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done

fail() { echo "FAILED: $*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }
bt() {	# bpftool on the emulated kernel, shown as typed
	echo "\$ bpftool $*"
	LD_PRELOAD=$preload bpftool "$@"
}
expect() {	# TEXT COMMAND…: its output is shown and must contain the text
	want=$1
	shift
	"$@" >"$work/out" 2>&1 || { cat "$work/out"; fail "$* (status $?)"; }
	head -n "${lines:-14}" "$work/out"
	grep -q -- "$want" "$work/out" || { cat "$work/out"; fail "no '$want' in: $*"; }
}

say "build the application: BPF part, skeleton, and twice the rest"
cd "$work"
PKG_CONFIG_PATH=$lib/pkgconfig
export PKG_CONFIG_PATH
arch_include=/usr/include/$(cc -print-multiarch 2>/dev/null)
# shellcheck disable=SC2046
"$clang" -O2 -g -target bpf -I "$here" -I "$arch_include" $(pkg-config --cflags libbpf-shim) \
	-c "$here/flows.bpf.c" -o flows.bpf.o
bpftool gen skeleton flows.bpf.o name flows_bpf >flows.skel.h
# shellcheck disable=SC2046
cc -O2 -Wall -I. -I "$here" $(pkg-config --cflags libbpf-shim) "$here/flows.c" -o flows \
	$(pkg-config --libs libbpf-shim) -Wl,-rpath,"$lib"
debian=
if [ -e /usr/include/bpf/libbpf.h ]; then
	cc -O2 -Wall -I. -I "$here" "$here/flows.c" -o flows-debian -lbpf
	debian=yes
fi

say "count the packets of a capture with libbpf-shim"
./flows "$capture" | tee first.txt
grep -q '^tcp  *80$' first.txt || fail "the table is wrong"
grep -q '12 new flows told, 0 lost' first.txt || fail "the ring buffer lost flows"

say "keep it running and look at it from other processes with bpftool $(bpftool version | sed -n 1p)"
mkfifo hold
./flows "$capture" --hold lo <hold >held.txt &
hold_pid=$!
exec 9>hold
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	if [ -s held.txt ]; then break; fi
	sleep 0.1
done
cmp first.txt held.txt || fail "another run counted otherwise"
expect count_packet bt prog show name count_packet
expect 'flow_key key = {}' bt prog dump xlated name count_packet
expect 'percpu_array  name protocols' bt map show
expect '"packets": 11' bt map dump name flows
expect '"value": 10' bt map lookup name protocols key 1 0 0 0
bt map update name flows_bp.bss key 0 0 0 0 value hex 07 00 00 00 00 00 00 00 \
	07 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00
expect '"packets_seen": 7' bt map dump name flows_bp.bss
bt prog pin name count_packet /sys/fs/bpf/counter
expect count_packet bt prog show pinned /sys/fs/bpf/counter
printf '\001\002\003\004\005\006\007\010\011\012\013\014\000\000too short for IP' >packet
expect 'Return value: 1' bt prog run pinned /sys/fs/bpf/counter data_in packet data_out packet.out
cmp packet packet.out || fail "the packet came back changed"
expect 'xdp  prog' bt link show
expect 'vmlinux' bt btf show
expect 'struct flow_key {' bt btf dump map name flows key format c
bt prog loadall flows.bpf.o /sys/fs/bpf/again pinmaps /sys/fs/bpf/again_maps
expect flows_rodata env LD_PRELOAD="$preload" ls -l /sys/fs/bpf/again_maps
expect count_packet bt prog show pinned /sys/fs/bpf/again/count_packet
LD_PRELOAD=$preload rm -r /sys/fs/bpf/again /sys/fs/bpf/again_maps /sys/fs/bpf/counter
exec 9>&-
wait "$hold_pid"
hold_pid=
LD_PRELOAD=$preload bpftool prog show >left.txt
if [ -s left.txt ]; then cat left.txt; fail "programs outlived their last reference"; fi

if [ -n "$debian" ]; then
	say "the same application built against Debian's libbpf-dev, library path changed"
	LD_LIBRARY_PATH=$lib/libbpf-shim ./flows-debian "$capture" >second.txt
	diff first.txt second.txt || fail "it counted otherwise"
	say "the same on Debian's own libbpf.so.1, with the preload library"
	LD_PRELOAD=$preload ./flows-debian "$capture" >third.txt
	diff first.txt third.txt || fail "it counted otherwise"
	if [ "$(id -u)" = 0 ] && unshare -n ./flows-debian "$capture" >fourth.txt 2>/dev/null; then
		say "and on the real kernel"
		diff first.txt fourth.txt || fail "the real kernel counted otherwise"
	fi
fi
say "all tables are the same"
