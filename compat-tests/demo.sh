#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# From a fresh machine to the main jobs: installs what is missing (as root), builds, installs into
# the build tree and runs examples/flows and examples/owners, also as an ordinary user with bpf(2)
# blocked.
set -eu
cd "$(dirname "$0")/.."
sh compat-tests/setup.sh test
cmake --preset release >/dev/null
cmake --build build-release -j "$(nproc)" | tail -n 1
cmake --install build-release --prefix build-release/prefix >/dev/null
echo
echo "#### as $(id -un)"
sh compat-tests/examples/flows/run.sh build-release/prefix
sh compat-tests/examples/owners/run.sh build-release/prefix
if [ "$(id -u)" = 0 ]; then
	echo
	echo "#### as an ordinary user, with bpf(2) blocked"
	# What "nobody" needs is put where everybody can reach it.
	place=$(mktemp -d /tmp/bpf-shim-demo.XXXXXX)
	trap 'rm -rf "$place"' EXIT
	chmod 755 "$place"
	cp -a build-release/prefix "$place/prefix"
	mkdir "$place/compat-tests"
	cp -a compat-tests/data compat-tests/examples "$place/compat-tests"
	for example in flows owners; do
		build-release/compat-tests/as_user /bin/sh \
			"$place/compat-tests/examples/$example/run.sh" "$place/prefix"
	done
fi
