#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# Installs what is missing on Debian or Ubuntu: by itself as root, else it says which line does.
#   setup.sh build   what building needs
#   setup.sh test    and what the tests need
set -eu

build="gcc cmake make pkg-config libelf-dev zlib1g-dev libmd-dev libjson-c-dev"
test="libcmocka-dev bpftool libbpf-dev iproute2"

packages=$build
[ "${1:-build}" = build ] || packages="$build $test"

missing=
for package in $packages; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
		missing="$missing $package"
done
# Any clang from 14 on compiles the BPF programs of the tests.
if [ "${1:-build}" != build ]; then
	found=
	for clang in clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 clang; do
		command -v "$clang" >/dev/null && found=$clang && break
	done
	[ -n "$found" ] || missing="$missing clang"
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
	echo "installing:$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
	echo "Please install what is missing, then run this again:"
	echo "  sudo apt-get install --no-install-recommends$missing"
	exit 1
fi
