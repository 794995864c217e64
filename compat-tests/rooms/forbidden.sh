#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# forbidden.sh BUILD_DIR CC: an include across a wall must not compile, one that is allowed must.
set -eu
build=$1
cc=${2:-cc}
failed=0

compiles() {	# room, header: does a file of the room find the header
	flags=$(tr ' ' '\n' <"$build/syscall/CMakeFiles/room_$1.dir/flags.make" |
		grep '^-I' | tr '\n' ' ')
	# shellcheck disable=SC2086
	printf '#include "%s"\n' "$2" | $cc -std=gnu11 -D_GNU_SOURCE $flags -fsyntax-only -x c - 2>/dev/null
}

expect() {	# yes or no, room, header
	if compiles "$2" "$3"; then got=yes; else got=no; fi
	[ $got = "$1" ] && return
	echo "room $2 including $3: want $1, got $got" >&2
	failed=1
}

expect yes maps store.h
expect no store map_ops.h
expect no verifier store.h
expect no verifier map_ops.h
expect no verifier kern.h
expect yes verifier btf.h
expect no btf store.h
expect no exec store.h
expect no helpers kern.h
expect yes commands links.h
expect no commands layout.h
expect no preload store.h
expect yes preload kern.h
exit $failed
