#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# tools_test.sh BPF_SHIM: exitsnoop of libbpf-tools, as it is installed, shows processes that end. They
# are told of by bpf-shim in another process; the tool has a libbpf of its own, linked in.
set -eu
shim=$1
PATH=$PATH:/usr/sbin:/sbin
command -v exitsnoop >/dev/null || { echo "exitsnoop is not installed: skipped"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-tools.XXXXXX")
BPF_SHIM_STORE=$work/store
[ -d /dev/shm ] && [ -w /dev/shm ] && BPF_SHIM_STORE=$(mktemp -d /dev/shm/bpf-shim-tools.XXXXXX)
export BPF_SHIM_STORE
trap 'rm -rf "$work" "$BPF_SHIM_STORE"' EXIT

"$shim" run -- exitsnoop >"$work/out" 2>"$work/err" &
tool=$!
tries=0
# Nothing is attached at first: no program runs. The tool writes when it ends.
until "$shim" fire --event '{"pid": 4321, "tid": 4321, "parent_pid": 7, "comm": "worker", "exit_code": 512}' \
		tp.sched_process_exit | grep -q '^1 program ran' || [ $tries -ge 100 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
sleep 0.5
kill -INT $tool
wait $tool || :
sed -n 2p "$work/out"
grep -q '^worker  *4321  *7  *4321  *[0-9.]*  *code 2 *$' "$work/out" || { cat "$work/out" "$work/err"; exit 1; }
