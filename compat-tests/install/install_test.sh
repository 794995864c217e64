#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# install_test.sh BUILD_DIR CC: installs, moves the prefix, and builds and runs small programs from it in
# the ways a user would: both pkg-config files, CMake, C++, together with a library that needs
# libbpf.so.1.
set -eu
build=$1
cc=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-install.XXXXXX")
trap 'rm -rf "$work"' EXIT
export BPF_SHIM_STORE="$work/store"
fail() { echo "FAILED: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
lib=$(dirname "$(ls "$work"/moved/lib*/libbpf-shim.so.1 "$work"/moved/lib*/*/libbpf-shim.so.1 2>/dev/null | head -n 1)")
[ ! -e "$work/first" ] || fail "the first prefix is still there"

cat >"$work/app.c" <<'EOF'
#include <bpf/libbpf.h>
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
const char *other_version(void);
int main(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "installed", 4, 8, 1, NULL);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int found = 0;
	char last[512] = "";
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) || strcmp(info.name, "installed"))
		return 1;
#ifdef WITH_OTHER
	if (strcmp(other_version(), libbpf_version_string()))
		return 2;
#endif
	/* How many files of that name are mapped: there must be one libbpf. */
	while (maps && fgets(line, sizeof(line), maps)) {
		char *name = strstr(line, "/libbpf");
		if (name && !strstr(name, "kernel") && !strstr(name, "preload") &&
		    strcmp(strchr(line, '/'), last)) {
			found++;
			strcpy(last, strchr(line, '/'));
		}
	}
	return found == 1 ? 0 : 3;
}
EOF
cd "$work"

# shellcheck disable=SC2046
"$cc" app.c -o plain $(PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --cflags --libs libbpf-shim)
./plain || fail "linked through libbpf-shim.pc: status $?"
# shellcheck disable=SC2046
"$cc" app.c -o private $(PKG_CONFIG_PATH=$lib/libbpf-shim/pkgconfig pkg-config --cflags --libs libbpf)
./private || fail "linked through the private libbpf.pc: status $?"
[ "$(PKG_CONFIG_PATH=$lib/libbpf-shim/pkgconfig pkg-config --modversion libbpf)" = 1.8.0 ] ||
	fail "libbpf.pc has another version"

# A library that was linked with the system's libbpf.so.1, as libxdp is.
system=$(ls /usr/lib/*/libbpf.so.1 /usr/lib64/libbpf.so.1 /usr/lib/libbpf.so.1 2>/dev/null | head -n 1)
if [ -n "$system" ]; then
	cat >other.c <<'EOF'
const char *libbpf_version_string(void);
const char *other_version(void);
const char *other_version(void) { return libbpf_version_string(); }
EOF
	"$cc" -shared -fPIC other.c -o libother.so "$system"
	# shellcheck disable=SC2046
	"$cc" -DWITH_OTHER app.c -o both -L. -lother -Wl,-rpath,"$work" \
		$(PKG_CONFIG_PATH=$lib/libbpf-shim/pkgconfig pkg-config --cflags --libs libbpf)
	./both || fail "together with a library that needs libbpf.so.1: status $?"
fi

mkdir project
cp app.c project/
cat >project/CMakeLists.txt <<'EOF'
cmake_minimum_required(VERSION 3.13)
project(app C)
find_package(libbpf-shim REQUIRED)
add_executable(app app.c)
target_link_libraries(app libbpf-shim::libbpf-shim)
EOF
cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$work/moved" >cmake.log 2>&1 ||
	{ cat cmake.log; fail "find_package"; }
cmake --build project/build >cmake.log 2>&1 || { cat cmake.log; fail "build with the CMake package"; }
./project/build/app || fail "linked through the CMake package: status $?"

# Every installed header compiles alone, those for applications also as C++.
cd "$work/moved/include/libbpf-shim"
for header in bpf/libbpf.h bpf/bpf.h bpf/btf.h bpf/libbpf_common.h bpf/libbpf_legacy.h \
	bpf/libbpf_version.h linux/*.h bpfx/*.h; do
	"$cc" -Wall -Wextra -Werror -I. -fsyntax-only -x c "$header" || fail "$header in C"
	if command -v c++ >/dev/null; then
		c++ -Wall -I. -fsyntax-only -x c++ "$header" || fail "$header in C++"
	fi
done
"$work/moved/bin/bpf-shim" run --private -- true || fail "the moved launcher"
echo "installed, moved, built with pkg-config and CMake, one libbpf"
