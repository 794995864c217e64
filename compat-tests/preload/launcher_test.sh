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

# What there is, events, and what was refused.
export BPF_SHIM_STORE="$work/t"
expect 125 "$shim" hooks --nonsense
expect 125 "$shim" fire
expect 125 "$shim" fire xdp sample
expect 125 "$shim" doctor now
expect 0 "$shim" fire --help
says 'pcap FILE'
expect 0 "$shim" hooks
says '^cgroup_inet4_connect *cgroup_sock_addr *net  *0$'
expect 0 "$shim" hooks --attached
expect 0 "$shim" hooks --json sample
says '"name": *"verdict"'
expect 1 "$shim" hooks nobody
says "no hook is named 'nobody'"
expect 1 "$shim" hooks sample nobody
says "no hook is named 'nobody'"
expect 0 "$shim" hooks --attached sample
expect 1 "$shim" fire nobody
says 'nobody here has a hook named nobody'
expect 0 "$shim" fire --event '{"value": 7}' sample
says '^0 programs ran, result 0, verdict 0$'
expect 125 "$shim" fire --event '[1]' sample
expect 125 "$shim" fire --event '{"value"' sample
expect 125 "$shim" fire --event @/nowhere sample
expect 1 "$shim" fire --event '{"value": [1]}' sample
says 'value is not a number'
expect 1 "$shim" fire --event '{"source": "0x100000000"}' sample
says 'source: 4294967296 does not fit into 4 bytes'
echo '{"address": "192.0.2.1", "port": 80}' >"$work/event"
expect 0 "$shim" fire --event @"$work/event" cgroup_inet4_connect
says 'verdict 0, address 192.0.2.1, port 80'
expect 0 sh -c "'$shim' fire --json --event - cgroup_inet4_connect <'$work/event'"
says '{"verdict":0,"address":"192.0.2.1","port":80,"programs":0}'
expect 1 "$shim" fire --event '{"address": "::1"}' cgroup_inet4_connect
says 'address is not an IPv4 address'
expect 1 "$shim" fire --event '{"address": "192.0.2.1", "port": 65536}' cgroup_inet4_connect
expect 1 "$shim" fire --event '{"op": "nonsense"}' cgroup_sock_ops
says "op: 'nonsense' is unknown"
expect 1 env BPF_SHIM_EXTENSIONS=/nowhere.so "$shim" fire --event '{"comm": 5}' raw_tp.sched_process_exit
says 'comm is not a text'
expect 1 "$shim" fire xdp
says 'needs a packet'
expect 125 "$shim" fire --hex 'ff f' xdp
expect 125 "$shim" fire --dev no-such-device xdp
expect 125 "$shim" fire --cgroup / xdp
expect 125 "$shim" fire --target x xdp
expect 125 "$shim" fire --target 0x10000000000000000 sample
expect 125 "$shim" fire --repeat -1 sample
expect 1 "$shim" fire --event '{"value": "99999999999999999999"}' sample
says 'value is not a number'
expect 125 "$shim" fire --pcap /etc/passwd xdp
says 'not a pcap file'
expect 125 "$shim" fire --pcap "$work" xdp
expect 0 "$shim" fire --dev lo --hex 'ff:ff:ff:ff:ff:ff 00 00 00 00 00 00 08 00' xdp
says 'action 2, data ffffffffffff0000000000000800'
expect 0 "$shim" fire --dev lo --pcap "$(dirname "$0")/../data/flows.pcap" --repeat 2 xdp
head -c 100 "$(dirname "$0")/../data/flows.pcap" >"$work/cut.pcap"
expect 125 "$shim" fire --pcap "$work/cut.pcap" xdp
says 'ends within a packet'
head -c 24 "$(dirname "$0")/../data/flows.pcap" >"$work/head.pcap"
expect 125 "$shim" fire --pcap "$work/head.pcap" xdp
says 'no packets'
head -c 39 "$(dirname "$0")/../data/flows.pcap" >"$work/cut.pcap"	# 15 of 16 bytes
expect 125 "$shim" fire --pcap "$work/cut.pcap" xdp
says 'ends within a packet'
expect 0 "$shim" doctor
says 'nothing is wrong here'
expect 0 "$shim" doctor --json
says '"findings": *\['
expect 1 env BPF_SHIM_EXTENSIONS=/nowhere.so "$shim" doctor
says '/nowhere.so'
expect 1 env BPF_SHIM_KERNEL_BTF=/nowhere "$shim" doctor
says "BPF_SHIM_KERNEL_BTF names '/nowhere'"
expect 1 env BPF_SHIM_STORE=/proc/nowhere "$shim" doctor
says 'the store cannot be used'
exit $failed
