#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

# Install the Debian packages that building and testing need.
#
# usage: setup.sh [--check] [--list]
#
#   --check  also those of devtools/check.sh
#   --list   print the names of the packages and do nothing
#
# Quick when nothing is missing. Installing needs root.

# shellcheck disable=SC2005,SC2046,SC2086,SC2116 # lists of words

set -eu

build='gcc libc6-dev liburing-dev libnuma-dev meson ninja-build pkg-config python3
	python3-pyelftools tar xz-utils'
check='clang-tidy codespell cppcheck flake8 gawk git python3-sphinx
	python3-sphinx-rtd-theme shellcheck'
tests='babeltrace2 clang ethtool iperf3 iproute2 iputils-ping libclang-rt-dev
	tcpdump util-linux valgrind'

die()
{
	echo "setup.sh: $1" >&2
	exit 1
}

# Print those packages of the arguments that are not installed.
missing()
{
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p') || :
	for package; do
		echo "$installed" | grep -qxF -e "$package" || echo "$package"
	done
}

install_packages()
{
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update || die 'cannot update the package lists, see above'
	apt-get -q -y --no-install-recommends install "$@" ||
		die "cannot install the packages, see above"
}

list=no
for option; do
	case $option in
	--check) tests="$tests $check" ;;
	--list) list=yes ;;
	*) die "unknown option $option; usage: setup.sh [--check] [--list]" ;;
	esac
done
[ $list = no ] || {
	printf '%s\n' $build $tests
	exit
}

command -v dpkg-query >/dev/null ||
	die 'this is no Debian system: install what these packages hold: '"$(echo $build $tests)"
packages=$(echo $(missing $build $tests))
if [ -z "$packages" ]; then
	echo 'All packages for building and testing are installed.'
	exit
fi
[ "$(id -u)" -eq 0 ] || die "missing: $packages; to install them run: sudo devtools/setup.sh${*:+ $*}"
echo "Installing: $packages"
install_packages $packages
