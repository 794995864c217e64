#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# netlink_test.sh PRELOAD PROGRAM: answers of routing netlink arrive as without us, with and without a store.
set -eu
preload=$1 program=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-netlink.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$program" >"$work/theirs"
for store in "$work/store" /nowhere/store; do
	BPF_SHIM_STORE=$store BPF_SHIM_LOG=error:"$work/log" LD_PRELOAD=$preload "$program" >"$work/ours"
	diff "$work/theirs" "$work/ours"
done
