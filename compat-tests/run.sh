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
