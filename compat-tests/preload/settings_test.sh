#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# settings_test.sh BPF_SHIM BPF_OBJECT: settings of /proc/sys are the store's, what is written to them counts,
# also while programs run, and the machine's own stay as they are.
set -eu
shim=$1
object=$2
PATH=$PATH:/usr/sbin:/sbin
settings="unprivileged_bpf_disabled bpf_stats_enabled"

machine() {
	for setting in $settings; do
		cat /proc/sys/kernel/$setting 2>&1 || :
	done
}

if [ -z "${INSIDE:-}" ]; then
	before=$(machine)
	INSIDE=yes "$shim" run --private -- sh "$0" "$@"
	[ "$(machine)" = "$before" ] && exit 0
	echo "settings of the machine were '$before', are '$(machine)'"
	exit 1
fi

packet=$BPF_SHIM_STORE/packet
head -c 60 /dev/zero >"$packet"
progs=/sys/fs/bpf/progs

expect() {	# what, what it should be, what it is
	[ "$2" = "$3" ] || { echo "$1: '$3', not '$2'"; exit 1; }
}
run() {
	bpftool prog run pinned $progs/on_packet data_in "$packet" repeat "$1" >/dev/null
}
runs() {
	bpftool prog show pinned $progs/on_packet | sed -n 's/.* run_cnt //p'
}

expect "at first" "2 0" "$(echo $(machine))"
# Nothing of the machine is written to below.
for setting in $settings; do
	[ -e "$BPF_SHIM_STORE/root/$setting" ] || { echo "no file of the store is $setting"; exit 1; }
done
bpftool prog loadall "$object" $progs
run 2
expect "runs that nobody counts" "" "$(runs)"
echo 1 >/proc/sys/kernel/bpf_stats_enabled
run 3
expect "runs, counted" 3 "$(runs)"
echo 0 >/proc/sys/kernel/bpf_stats_enabled
run 4
expect "runs, no longer counted" 3 "$(runs)"

# Somebody's runs between open and write.
(
	run 1
	: >"$BPF_SHIM_STORE/opened"
	while [ ! -e "$BPF_SHIM_STORE/stop" ]; do run 20; done
) &
until [ -e "$BPF_SHIM_STORE/opened" ]; do sleep 0.05; done
{ sleep 0.5; echo 1; } >/proc/sys/kernel/bpf_stats_enabled
: >"$BPF_SHIM_STORE/stop"
wait $!
before=$(runs)
run 5
expect "runs after a late write" $((before + 5)) "$(runs)"

echo 10 >/proc/sys/kernel/unprivileged_bpf_disabled
dd of=/proc/sys/kernel/unprivileged_bpf_disabled conv=notrunc status=none <<END
0
END
expect "a shorter number" 0 "$(cat /proc/sys/kernel/unprivileged_bpf_disabled)"
size=$(wc -c </sys/kernel/btf/vmlinux)
if sh -c 'echo 1 >/sys/kernel/btf/vmlinux' 2>/dev/null; then
	echo "the kernel's BTF was written to"
	exit 1
fi
expect "size of the kernel's BTF" "$size" "$(wc -c </sys/kernel/btf/vmlinux)"
