#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

# Fetch the DPDK source package of this distribution and unpack it.
#
# usage: get-dpdk.sh WORK DEST
#
# apt does all of it, from the package sources that this machine is configured
# with and with its checks of signatures, but all that it writes goes to the
# directory WORK: source entries are added and indexes fetched there only.

set -eu

work=$1
dest=$2
otherwise='or give -Ddpdk_source=PATH, a DPDK source tree of your own'

die()
{
	echo "$1" >&2
	exit 1
}

# Write to $work/sources what /etc/apt has, binary entries made source entries.
source_entries()
{
	list='' parts=''
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	for file in "$list" "$parts"*.list; do
		[ -r "$file" ] || continue
		sed -nE '/cdrom:/d; s/^[[:space:]]*deb(-src)?[[:space:]]/deb-src /p' "$file" |
			sort -u > "$work/sources/${file##*/}"
	done
	for file in "$parts"*.sources; do
		[ -r "$file" ] || continue
		sed -E 's/^types:.*/Types: deb-src/I' "$file" > "$work/sources/${file##*/}"
	done
	find "$work/sources" -type f -size 0 -delete
}

# Read after the machine's own settings, which it overrides.
private_settings()
{
	cat <<-END
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$work/sources";
	Dir::State::lists "$work/lists";
	Dir::Cache "$work/cache";
	Acquire::Retries "0";
	Acquire::http::Timeout "10";
	Acquire::https::Timeout "10";
	// The user for downloads may have no access to the build directory.
	APT::Sandbox::User "";
	// Hooks act on the machine's indexes, which are left as they are.
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	END
}

apt_get()
{
	(cd "$work" && LC_ALL=C apt-get -q -c apt.conf "$@")
}

# Say why there is no archive, from what apt-get left in its logs.
explain()
{
	cause=$(sed -n 's/^[EW]: *//p' "$work/update.log" |
		grep -m 1 -e '[Ff]ailed' -e 'not signed' -e 'Release file') || :
	[ -z "$cause" ] ||
		die "cannot fetch the index of package sources: check the network, $otherwise (apt-get: $cause)"
	cause=$(sed -n 's/^E: *//p' "$work/source.log" | head -n 1)
	case $cause in
	'Unable to find a source package'*)
		die "this machine's package sources have no dpdk: add the distribution's, $otherwise" ;;
	*)
		die "cannot fetch the source package of DPDK: check the network, $otherwise (apt-get: $cause)" ;;
	esac
}

unpack()
{
	rm -rf "$dest.new"
	mkdir -p "$dest.new"
	tar -xf "$1" -C "$dest.new" --strip-components=1 ||
		die "cannot unpack $1"
	rm -rf "$dest"
	mv "$dest.new" "$dest"
}

command -v apt-get >/dev/null ||
	die "this machine has no apt-get: get a DPDK source tree and give -Ddpdk_source=PATH"
rm -rf "$work"
mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial"
source_entries
[ -n "$(ls "$work/sources")" ] ||
	die "apt has no package sources configured on this machine: add one, $otherwise"
private_settings > "$work/apt.conf"
apt_get update > "$work/update.log" 2>&1 || :
apt_get source --download-only --tar-only dpdk > "$work/source.log" 2>&1 || explain
unpack "$work"/dpdk_*.orig.tar.*
rm -rf "$work"
