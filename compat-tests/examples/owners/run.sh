#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# run.sh PREFIX: programs of three extensions in one object on an installed libbpf-shim. One process
# watches, others make events happen; whose socket it is counts, not who fires.
set -eu
prefix=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
shim=$prefix/bin/bpf-shim
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-demo.XXXXXX")
watcher=
finish() {
	if [ -n "$watcher" ]; then kill "$watcher" 2>/dev/null || :; fi
	rm -rf "$work" "$BPF_SHIM_STORE"
}
BPF_SHIM_STORE=$(mktemp -d "${XDG_RUNTIME_DIR:-/dev/shm}/bpf-shim-demo.XXXXXX" 2>/dev/null ||
	mktemp -d /tmp/bpf-shim-demo.XXXXXX)
export BPF_SHIM_STORE
trap finish EXIT
lib=$(ls -d "$prefix"/lib*/libbpf-shim.so.1 "$prefix"/lib*/*/libbpf-shim.so.1 2>/dev/null | head -n 1)
lib=$(dirname "$lib")
for clang in clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 clang; do
	if command -v "$clang" >/dev/null; then break; fi
done
for tool in "$clang" bpftool cc pkg-config; do
	command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
fail() { echo "FAILED: $*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }
fire() {
	echo "\$ bpf-shim fire $*"
	"$shim" fire "$@" | tee -a "$work/fired"
}

say "build: one object with programs on processes, connections and sockets"
cd "$work"
export PKG_CONFIG_PATH="$lib/pkgconfig"
arch_include=/usr/include/$(cc -print-multiarch 2>/dev/null)
# shellcheck disable=SC2046
"$clang" -O2 -g -target bpf -I "$here" -I "$arch_include" $(pkg-config --cflags libbpf-shim) \
	-c "$here/owners.bpf.c" -o owners.bpf.o
bpftool gen skeleton owners.bpf.o name owners_bpf >owners.skel.h
# shellcheck disable=SC2046
cc -O2 -Wall -I. -I "$here" $(pkg-config --cflags libbpf-shim) "$here/owners.c" -o owners \
	$(pkg-config --libs libbpf-shim) -Wl,-rpath,"$lib"

say "watch a cgroup; nobody may connect to port 25"
cgroup=$("$shim" store)/root/sys/fs/cgroup/demo
mkdir -p "$cgroup/inner"
mkfifo hold
./owners "$cgroup" 25 <hold >table &
watcher=$!
exec 9>hold
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	if grep -q watching table; then break; fi
	sleep 0.1
done
"$shim" hooks --attached
"$shim" hooks --attached | grep -q "on_socket.*owners\[$watcher\]" || fail "hooks does not tell who is attached"

say "events, from other processes"
fire --event '{"operation": "create", "pid": 4321, "image_path": "/usr/bin/mail"}' process
fire --cgroup "$cgroup" --event '{"address": "192.0.2.7", "port": 25, "pid": 4321}' cgroup_inet4_connect
fire --cgroup "$cgroup" --event '{"address": "192.0.2.7", "port": 443, "pid": 4321}' cgroup_inet4_connect
fire --cgroup "$cgroup" --event '{"op": "active_established", "remote": "192.0.2.7",
	"remote_port": 443, "pid": 4321}' cgroup_sock_ops
fire --cgroup "$cgroup/inner" --event '{"op": "passive_established", "remote": "198.51.100.9",
	"remote_port": 40000, "pid": 777}' cgroup_sock_ops
exec 9>&-
wait "$watcher" || fail "the watching process failed"
watcher=

say "what was told"
cat table
cat >wanted <<'END'
watching
process  pid  4321  /usr/bin/mail
denied   pid  4321  192.0.2.7:25
active   pid  4321  192.0.2.7:443
passive  pid   777  198.51.100.9:40000
END
cmp wanted table || fail "the table is wrong"
grep -q 'verdict -1, address 192.0.2.7, port 25' fired || fail "the connection to port 25 was not denied"
grep -q 'verdict 0, address 192.0.2.7, port 443' fired || fail "the connection to port 443 was denied"
