#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# The kernel's own BPF selftests as a yardstick for the verifier: compiles their programs, loads each
# on the emulated and on the real kernel, and prints how they agree.
#
#	selftests.sh BUILD_DIR [-r FILE] [-w FILE] [-n] [-f] [-s] [PATTERN]
#	-r	verdicts recorded in FILE instead of the real kernel's
#	-w	record the real kernel's verdicts in FILE
#	-n	name every program they disagree on
#	-f	a line for each file
#	-s	only compile, without stack traces, into BUILD_DIR/selftests/speed: for verifier_speed
#	PATTERN	of the programs' files: 'verifier_*'
#
# Needs clang-19, bpftool and the kernel's source (linux-source-6.12: SELFTESTS_SOURCE names another
# archive or an unpacked tree); 77 where something is missing. Nothing of it is copied into the project.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
record= replay= names= files= speed=
while getopts r:w:nfs option; do
	case $option in
	r) replay=$OPTARG ;;
	w) record=$OPTARG ;;
	n) names=1 ;;
	f) files=1 ;;
	s) speed=1 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
pattern=${1:-*}

skip() {
	echo "selftests: skipped: $1"
	exit 77
}

source=${SELFTESTS_SOURCE:-/usr/src/linux-source-6.12.tar.xz}
btf=${BPF_SHIM_KERNEL_BTF:-/sys/kernel/btf/vmlinux}
loader=$build/compat-tests/verifier/verifier_load_progs
work=$build/selftests
PATH=$PATH:/usr/sbin:/sbin
[ -e "$source" ] || skip "no $source"
[ -r "$btf" ] || skip "no $btf"
command -v clang-19 >/dev/null || skip "no clang-19"
command -v bpftool >/dev/null || skip "no bpftool"

# ---- the programs, compiled once ----

unpack() {
	[ ! -e "$work/unpacked" ] || return 0
	mkdir -p "$work/tree" "$work/include/bpf"
	if [ -d "$source" ]; then
		ln -sfn "$source" "$work/tree/source"
	else
		tar -xf "$source" -C "$work/tree" --wildcards '*/tools/testing/selftests/bpf' \
			'*/tools/lib/bpf' '*/tools/include' '*/scripts/bpf_doc.py' '*/include/uapi'
		ln -sfn "$(ls "$work/tree" | grep -v '^source$' | head -1)" "$work/tree/source"
	fi
	cp "$work"/tree/source/tools/lib/bpf/*.h "$work/include/bpf/"
	(cd "$work/tree/source" && python3 scripts/bpf_doc.py --header \
		--file include/uapi/linux/bpf.h) >"$work/include/bpf/bpf_helper_defs.h" 2>/dev/null
	bpftool btf dump file "$btf" format c >"$work/include/vmlinux.h"
	touch "$work/unpacked"
}

compile() {	# program's source
	name=$(basename "$1" .c)
	object=$objects/$name.bpf.o
	# Kernels refuse global functions whose parameters have no names, and of naked ones clang keeps none.
	[ -e "$object" ] || [ -e "$object.failed" ] || sed -E '/__naked/s/\(void \*[a-z]*\)$/(void)/' "$1" |
		clang-19 -g -O2 -mlittle-endian -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 \
		-DENABLE_ATOMICS_TESTS ${speed:+"-Dbpf_get_stackid(...)=0"} -Wno-everything \
		-I"$work/include" -I"$(dirname "$1")/.." \
		-I"$(dirname "$1")" -I"$work/tree/source/tools/include/uapi" \
		-isystem "$(clang-19 -print-resource-dir)/include" -idirafter /usr/include \
		-idirafter "/usr/include/$(uname -m)-linux-gnu" \
		-x c -c - -o "$object" 2>"$object.log" || touch "$object.failed"
}

objects=$work/objects
[ -z "$speed" ] || objects=$work/speed
mkdir -p "$objects"
unpack
for program in "$work"/tree/source/tools/testing/selftests/bpf/progs/$pattern.c; do
	compile "$program"
done
[ -z "$speed" ] || exit 0

# ---- both kernels ----

list() {
	for object in "$objects"/$pattern.bpf.o; do echo "$object"; done
}

real_kernel() {
	echo "# Linux $(uname -r)"
	list | BPF_SHIM_BACKEND=kernel unshare --mount --net xargs "$loader"
}

if [ -n "$replay" ]; then
	[ -r "$replay" ] || skip "no $replay"
	cp "$replay" "$work/real.tsv"
else
	bpftool prog show >/dev/null 2>&1 || skip "bpf(2) is not permitted"
	real_kernel >"$work/real.tsv"
	[ -z "$record" ] || cp "$work/real.tsv" "$record"
fi
# One store for all: the kernel's BTF is put there once.
rm -rf "$work/store"
trap 'rm -rf "$work/store"' EXIT
list | BPF_SHIM_STORE=$work/store BPF_SHIM_KERNEL_BTF=$btf xargs -P "$(nproc)" -n 20 "$loader" \
	>"$work/emulated.tsv"
awk -v names="$names" -v files="$files" -f "$here/selftests/compare.awk" "$work/real.tsv" \
	"$work/emulated.tsv"
