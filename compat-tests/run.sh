#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# Sets up, builds and passes the tests: plain, with ASan and UBSan, and with kill points.
#   run.sh            everything
#   run.sh release    one of release, asan, kill
set -eu
cd "$(dirname "$0")/.."
sh compat-tests/setup.sh test
jobs=$(nproc)

build_and_test() {	# preset, arguments of ctest
	preset=$1
	shift
	echo "== $preset: build"
	cmake --preset "$preset" -DBPF_SHIM_WERROR=ON >/dev/null
	cmake --build "build-$preset" -j "$jobs" >"build-$preset/build.log" 2>&1 ||
		{ cat "build-$preset/build.log"; exit 1; }
	echo "== $preset: test"
	(cd "build-$preset" && ctest --output-on-failure "$@")
	summary "build-$preset/Testing/Temporary/LastTest.log"
}

# How many test cases ran on which kernel: tests say so in their last line, and by their name.
summary() {
	awk '/ on the emulated kernel, [0-9]+ on the real one/ {
		for (i = 2; i < NF; i++) {
			if ($i == "on" && $(i + 2) == "emulated") emulated += $(i - 1)
			if ($i == "command" && $(i + 4) == "emulated") emulated += $(i - 1)
			if ($i == "on" && $(i + 2) == "real") real += $(i - 1)
		}
		if (/skipped/) skipped++
	}
	/Testing: .*\.kernel$/ { kernel_files++ }
	/Testing: .*\.(emulated|user)$/ { emulated_files++ }
	END {
		printf "both-kernel tests: %d cases on the emulated kernel, %d on the real one", emulated, real
		if (skipped) printf " (%d runs without it: bpf(2) not permitted there)", skipped
		printf "; library and user runs: %d emulated, %d real\n", emulated_files, kernel_files
	}' "$1"
}

case ${1:-all} in
release) build_and_test release ;;
asan) build_and_test asan ;;
kill) build_and_test kill -L kill ;;
all)
	build_and_test release
	# The other compiler's warnings, where it is installed.
	if command -v clang >/dev/null; then
		echo "== clang: build"
		cmake --preset clang >/dev/null
		cmake --build build-clang -j "$jobs" >build-clang/build.log 2>&1 ||
			{ cat build-clang/build.log; exit 1; }
	fi
	build_and_test asan
	build_and_test kill -L kill
	;;
*)
	echo "usage: run.sh [release | asan | kill]" >&2
	exit 2
	;;
esac
