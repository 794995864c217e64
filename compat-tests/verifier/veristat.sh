#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# The kernel's veristat, linked with the shim's library, walks a folder of objects on the emulated and on the
# real kernel: verdict, instructions and states must be the same.
#
#	veristat.sh BUILD_DIR OBJECT...
#
# Needs the kernel's source (linux-source-6.12: SELFTESTS_SOURCE names another archive); 77 where it or
# bpf(2) is missing. Nothing of it is copied into the project.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
source=${SELFTESTS_SOURCE:-/usr/src/linux-source-6.12.tar.xz}
work=$build/veristat

skip() {
	echo "veristat: skipped: $1"
	exit 77
}

[ -e "$source" ] || skip "no $source"
if [ ! -x "$work/veristat" ]; then
	mkdir -p "$work"
	tar -xf "$source" -C "$work" --strip-components=1 --wildcards \
		'*/tools/testing/selftests/bpf/veristat.c' '*/tools/include/linux/compiler*.h'
	cc -O1 -o "$work/veristat.new" -I"$here/../../headers" -I"$work/tools/include" \
		"$work/tools/testing/selftests/bpf/veristat.c" \
		-L"$build/lib" -lbpf-shim -lelf -lz -lm -Wl,-rpath,"$build/lib"
	mv "$work/veristat.new" "$work/veristat"
fi

walk() {	# backend, objects
	backend=$1
	shift
	BPF_SHIM_BACKEND=$backend "$work/veristat" -o csv \
		-e file,prog,verdict,insns,states,peak_states "$@" 2>/dev/null
}

export BPF_SHIM_STORE=private
walk emulated "$@" >"$work/emulated.csv"
programs=$(($(wc -l <"$work/emulated.csv") - 1))
[ "$programs" -ge "$#" ] || { echo "veristat: only $programs programs"; exit 1; }
walk kernel "$@" >"$work/kernel.csv" || :
grep -q success "$work/kernel.csv" || skip "bpf(2) is not permitted here"
if ! diff "$work/kernel.csv" "$work/emulated.csv" >"$work/diff"; then
	echo "veristat: the real kernel (<) and the emulated one (>) differ:"
	cat "$work/diff"
	exit 1
fi
echo "veristat: $programs programs of $# objects, the same table on both kernels"
