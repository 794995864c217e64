#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# exports.sh LIBBPF_SHIM KERNEL_LIBRARY SYMBOLS_TSV: libbpf-shim exports libbpf's symbols with their
# version nodes and the fixed list of fd functions, the kernel library its door; nothing else.
set -eu
library=$1
kernel=$2
facts=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-abi.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

exported() {	# library: "name version" of each defined dynamic symbol
	readelf --dyn-syms -W "$1" | awk '$5 != "LOCAL" && $7 != "UND" && NR > 3 && $8 != "" {
		n = split($8, part, "@+"); if ($4 != "OBJECT" || part[1] !~ /^(LIBBPF|BPF_SHIM)_/)
		print part[1], (n > 1 ? part[2] : "-") }' | sort -u
}

# Stands before libc's names so that closing and duplicating of bpf fds is seen.
cat >"$work/fd_functions" <<EOF
close
close_range
dup
dup2
dup3
epoll_ctl
fcntl
fcntl64
mmap
mmap64
munmap
EOF

tail -n +2 "$facts" | awk -F '\t' '{ print $1, $2 }' | sort -u >"$work/libbpf"
exported "$library" | grep -v '^LIBBPF_\|^BPF_SHIM_' >"$work/ours"
awk '{ print $1 }' "$work/ours" | sort -u >"$work/names"
comm -23 "$work/ours" "$work/libbpf" | while read -r name version; do
	grep -qx "$name" "$work/fd_functions" && continue
	echo "exported, but not libbpf's: $name@$version"
done >"$work/wrong"
if [ -s "$work/wrong" ]; then cat "$work/wrong"; failed=1; fi
if exported "$kernel" | grep -v '^kern_\|^bpfx_\|^BPF_SHIM_'; then
	echo "the kernel library exports more than its door"
	failed=1
fi
have=$(comm -12 "$work/ours" "$work/libbpf" | wc -l)
all=$(wc -l <"$work/libbpf")
echo "$have of libbpf's $all symbols, each with its version node"
[ "$have" -ge 250 ] || { echo "too few"; failed=1; }
exit $failed
