#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

# Fetch the libraries that a build for another architecture needs.
#
# usage: sysroot.sh ARCHITECTURE DEST
#
# The packages come through apt from the sources that this machine has, with its
# checks of signatures. They are unpacked to DEST and not installed; neither the
# architectures nor the package lists of the machine are changed.

set -eu

arch=$1
dest=$2
packages='libnuma-dev libnuma1 liburing-dev liburing2'

die()
{
	echo "$1" >&2
	exit 1
}

# Read after the machine's own settings, which it overrides.
private_settings()
{
	cat <<-END
	APT::Architecture "$arch";
	APT::Architectures { "$arch"; };
	Dir::State::lists "$work/lists";
	Dir::State::status "$work/status";
	Dir::Cache "$work/cache";
	Acquire::Retries "0";
	Acquire::http::Timeout "10";
	Acquire::https::Timeout "10";
	APT::Sandbox::User "";
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	END
}

command -v apt-get >/dev/null || die 'there is no apt-get'
work=$dest.apt
rm -rf "$work" "$dest"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: > "$work/status"
private_settings > "$work/apt.conf"
APT_CONFIG=$work/apt.conf
export APT_CONFIG
apt-get -q update > "$work/log" 2>&1 || :
# shellcheck disable=SC2086 # list of words
(cd "$work" && apt-get -q download $packages >> log 2>&1) ||
	die "no packages for $arch: $(sed -n 's/^[EW]: *//p' "$work/log" | head -n 1)"
mkdir -p "$dest.new"
for package in "$work"/*.deb; do
	dpkg-deb -x "$package" "$dest.new"
done
mv "$dest.new" "$dest"
rm -rf "$work"
