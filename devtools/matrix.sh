#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Build with several releases of DPDK, compilers and ways to build, run what can
# be run here, and print a table of all that. --help tells the rest.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" || exit 1

usage()
{
	cat <<-END
	usage: devtools/matrix.sh [option...] [DPDK_TREE...]
	  DPDK_TREE      source trees of DPDK, none of which is changed; without any, the
	                 source package of the distribution
	  --all          build all of DPDK that tests need in every way to build, not only
	                 the driver and its autotest where nothing is run
	  --only REGEX   only the ways that match, e.g. 'clang|arm64'
	  --autotest REGEX
	                 the releases whose autotest is run (default: 22.11 and main)
	  --out DIR      where to build (default: matrix in the build directory)
	  --jobs N       of the builds (default: all CPUs)
	  --list         print the ways to build
	Building is quick the second time. Running needs root. Other architectures need
	  sudo apt-get install gcc-aarch64-linux-gnu gcc-i686-linux-gnu \\
	      libc6-dev-arm64-cross libc6-dev-i386-cross
	and fetch liburing and libnuma for them, which are not installed.
	Exit status 1 if something failed.
	END
}

# Supported releases; the last stands for all that come.
RELEASES="22.11 23.11 24.11 25.11 main"
# Compiler, build type, library, architecture.
WAYS="gcc-release-static gcc-debug-static gcc-release-shared gcc-debug-shared
	clang-release-static clang-debug-static clang-release-shared clang-debug-shared
	gcc-release-static-i386 gcc-release-static-arm64"

all=no
only=.
autotest='^(22\.11|main)$'
out=
jobs=$(nproc)
trees=()
while [ $# -gt 0 ]; do
	case $1 in
	--only | --autotest | --out | --jobs)
		[ $# -ge 2 ] || die "$1 needs an argument"
		case $1 in
		--only) only=$2 ;;
		--autotest) autotest=$2 ;;
		--out) out=$2 ;;
		--jobs) jobs=$2 ;;
		esac
		shift
		;;
	--all) all=yes ;;
	--list)
		# shellcheck disable=SC2086 # list of words
		printf '%s\n' $WAYS
		exit 0
		;;
	-h | --help)
		usage
		exit 0
		;;
	-*)
		usage >&2
		exit 2
		;;
	*) trees+=("$(realpath "$1")") || exit ;;
	esac
	shift
done
out=$(realpath -m "${out:-$RTAP_BUILD/matrix}")

# release_of TREE : one of RELEASES, or its version.
release_of()
{
	local version

	version=$(sed -n '1s/^\([0-9]*\.[0-9]*\).*/\1/p' "$1/VERSION" 2>/dev/null)
	[ "${version%.*}" -lt 26 ] || version=main
	say "$version"
}

# copy_tree DEST : one checkout takes one DPDK, so each has a copy, with what is
# not committed, and without what is gone.
copy_tree()
{
	mkdir -p "$1" && cd "$RTAP_SRC" || return
	git ls-files -co --exclude-standard | while read -r file; do
		[ ! -f "$file" ] || printf '%s\0' "$file"
	done | xargs -0 cp -pu --parents -t "$1" || return
	cd "$1" || return
	find app doc drivers devtools -type f | while read -r file; do
		[ -e "$RTAP_SRC/$file" ] || rm -f "$file"
	done
	cd "$RTAP_SRC" || return
}

# ---- one way to build --------------------------------------------------------

# Each sets WHY if it fails.

# cross_file ARCHITECTURE FAMILY CPU TRIPLE PREFIX : CROSS, or the reason why not.
cross_file()
{
	local arch=$1 family=$2 cpu=$3 triple=$4 prefix=$5 sysroot=$out/sysroot-$1

	command -v "$prefix-gcc" >/dev/null || {
		WHY="not run: there is no $prefix-gcc"
		return 1
	}
	[ -d "$sysroot" ] || WHY=$("$RTAP_SRC/devtools/matrix/sysroot.sh" "$arch" "$sysroot" 2>&1) || {
		WHY="not run: $WHY"
		return 1
	}
	CROSS=$out/$arch.ini
	cat >"$CROSS" <<-END
	[binaries]
	c = $(compiler "$prefix-gcc")
	ar = '$prefix-ar'
	strip = '$prefix-strip'
	pkgconfig = 'pkg-config'
	pkg-config = 'pkg-config'
	[host_machine]
	system = 'linux'
	cpu_family = '$family'
	cpu = '$cpu'
	endian = 'little'
	[properties]
	platform = 'generic'
	pkg_config_libdir = '$sysroot/usr/lib/$triple/pkgconfig'
	[built-in options]
	c_args = ['-isystem', '$sysroot/usr/include', '-isystem', '$sysroot/usr/include/$triple']
	c_link_args = ['-L$sysroot/usr/lib/$triple', '-Wl,-rpath-link,$sysroot/usr/lib/$triple']
	END
}

# compiler NAME : as meson wants it, with the cache that it would take by itself.
compiler()
{
	if command -v ccache >/dev/null; then
		say "['ccache', '$1']"
	else
		say "'$1'"
	fi
}

# configure TREE COPY BUILD WAY : once, and after files came or went; what else
# changes, meson sees by itself.
configure()
{
	local compiler type library arch options configured

	IFS=- read -r compiler type library arch <<<"$4"
	CROSS=
	case $arch in
	i386) cross_file i386 x86 corei7 i386-linux-gnu i686-linux-gnu || return ;;
	arm64) cross_file arm64 aarch64 armv8-a aarch64-linux-gnu aarch64-linux-gnu || return ;;
	*)
		command -v "$compiler" >/dev/null || {
			WHY="not run: there is no $compiler"
			return 1
		}
		;;
	esac
	options=("-Dbuildtype=$type" "-Ddefault_library=$library" -Dwerror=true)
	options+=("-Ddpdk:default_library=$library" ${1:+"-Ddpdk_source=$1"})
	options+=("-Ddpdk:enable_drivers=bus/vdev,mempool/ring,net/null,net/ring,net/rta[p]")
	configured=$(printf '%s\n' "${options[@]}" && cd "$2" && find app devtools doc drivers -type f)
	: >"$LOG"
	[ "$configured" != "$(cat "$3/configured" 2>/dev/null)" ] || return 0
	[ ! -f "$3/build.ninja" ] || options+=(--reconfigure)
	CC=$(command -v ccache >/dev/null && printf 'ccache ')$compiler \
		meson setup "${options[@]}" ${CROSS:+--cross-file "$CROSS"} "$3" "$2" >"$LOG" 2>&1 ||
		WHY="the configuration failed, see $LOG"
	[ -z "$WHY" ] && say "$configured" >"$3/configured"
}

# our_targets BUILD WAY : the driver, its autotest and the tools, but for what these
# are once more for the sanitizers. DPDK has rules for both kinds of library in each
# build, but a shared one is linked with all others.
our_targets()
{
	local library='a'

	[[ $2 != *-shared* ]] || library='so[.0-9]*'
	ninja -C "$1" -t targets all | sed 's/: [^:]*$//' |
		grep -E '/librte_net_rtap\.('"$library"')$|/[a-z_]*test_pmd_rtap\w*\.c\.o$|^devtools/.*\.o$' |
		grep -v '^devtools/sanitize/'
}

# compile BUILD WAY : COMPILED tells how much.
compile()
{
	local targets=()

	COMPILED=all
	if [ $all = no ] && ! is_run "$2"; then
		COMPILED=ours
		mapfile -t targets < <(our_targets "$1" "$2")
		[ ${#targets[@]} -gt 1 ] || {
			WHY="there is nothing to build"
			return 1
		}
	fi
	ninja -C "$1" -j "$jobs" "${targets[@]}" >>"$LOG" 2>&1 ||
		WHY="the build failed, see $LOG"
	[ -z "$WHY" ]
}

# One build of each tree is run, and one installed.
is_run()
{
	[ "$1" = gcc-release-static ] || [ "$1" = gcc-release-shared ]
}

# run_script COPY BUILD SCRIPT : its failed cases go to the log.
run_script()
{
	local name=${3##*/} counts

	RTAP_BUILD=$2 "$1/devtools/tests/$3" </dev/null >"$LOG.tap" 2>&1
	cat "$LOG.tap" >>"$LOG"
	counts="$(grep -c '^ok' "$LOG.tap") passed"
	name=${name#*-}
	RAN+="${RAN:+, }${name%.sh} $counts"
	if grep -q '^not ok' "$LOG.tap" || ! grep -qE '^1\.\.[1-9]' "$LOG.tap"; then
		WHY="${name%.sh} failed, see $LOG"
		return 1
	fi
}

run_demo()
{
	"$1/devtools/demo.sh" --no-build --build "$2" </dev/null >>"$LOG" 2>&1 || {
		WHY="the demo failed, see $LOG"
		return 1
	}
	RAN+="${RAN:+, }demo"
}

# run COPY BUILD WAY RELEASE
run()
{
	RAN=
	is_run "$3" || return 0
	if [ "$(id -u)" -ne 0 ]; then
		RAN="not run: needs root"
	elif [ "$3" = gcc-release-shared ]; then
		run_script "$1" "$2" 40-install.sh
	else
		run_demo "$1" "$2" || return
		[[ ! $4 =~ $autotest ]] || run_script "$1" "$2" 10-autotest-no-huge.sh
	fi
}

# ---- the table ---------------------------------------------------------------

failed=0

# row RELEASE WAY RESULT...
row()
{
	printf '%-7s %-25s %s\n' "$1" "$2" "${*:3}"
}

# try TREE RELEASE WAY
try()
{
	local copy=$out/$2/tree build=$out/$2/$3 warnings

	LOG=$out/$2/$3.log
	WHY=
	COMPILED=
	RAN=
	if configure "$1" "$copy" "$build" "$3" && compile "$build" "$3" && run "$copy" "$build" "$3" "$2"; then
		warnings=$(grep -c 'warning:' "$LOG")
		row "$2" "$3" "ok, $COMPILED built, $warnings warnings${RAN:+, $RAN}"
	elif [[ $WHY == "not run"* ]]; then
		row "$2" "$3" "$WHY"
	else
		failed=$((failed + 1))
		row "$2" "$3" "FAILED: $WHY"
	fi
}

# try_tree TREE RELEASE
try_tree()
{
	local way

	copy_tree "$out/$2/tree" || die "cannot copy this tree to $out/$2/tree"
	for way in $WAYS; do
		if [[ $way =~ $only ]]; then
			try "$1" "$2" "$way"
		else
			row "$2" "$way" "not run: not asked for"
		fi
	done
}

new_scratch
mkdir -p "$out"
given=
if [ ${#trees[@]} -eq 0 ]; then
	trees=('')
fi
row DPDK build result
for tree in "${trees[@]}"; do
	if [ -n "$tree" ]; then
		release=$(release_of "$tree")
		[ -n "$release" ] || die "$tree is no DPDK source tree"
	else
		release=package
	fi
	given+=" $release"
	try_tree "$tree" "$release"
done
for release in $RELEASES; do
	[[ "$given " == *" $release "* ]] || row "$release" all "not run: no tree given"
done
[ $failed -eq 0 ]
