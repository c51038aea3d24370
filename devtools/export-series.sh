#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Write the patches that bring the driver into DPDK, made of the history of this
# tree (devtools/series/export.py tells how). --help tells the rest.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" || exit 1

usage()
{
	cat <<-END
	usage: devtools/export-series.sh [option...] DPDK_GIT_TREE
	  DPDK_GIT_TREE    a git tree of DPDK's main branch; it is not changed
	  --output DIR     where the patches go (default: series in the build directory)
	  --author 'NAME <ADDRESS>'
	                   who sends them, if not the authors of the commits
	  --build          build every patch with warnings as errors, and run its
	                   autotest, which needs root
	  --from N         begin --build with the N-th patch
	  --jobs N         of the builds (default: all CPUs)
	Only what is committed is exported. The patches are applied to a clean tree, which
	then has to have exactly our files.
	END
}

output=
author=
build=no
first=1
jobs=$(nproc)
tree=
while [ $# -gt 0 ]; do
	case $1 in
	--output | --author | --from | --jobs)
		[ $# -ge 2 ] || die "$1 needs an argument"
		case $1 in
		--output) output=$(realpath -m "$2") ;;
		--author) author=$2 ;;
		--from) first=$2 ;;
		--jobs) jobs=$2 ;;
		esac
		shift
		;;
	--build) build=yes ;;
	-h | --help)
		usage
		exit 0
		;;
	-*)
		usage >&2
		exit 2
		;;
	*)
		[ -z "$tree" ] || die "one tree, not two: $tree and $1"
		tree=$1
		;;
	esac
	shift
done
[ -n "$tree" ] || {
	usage >&2
	exit 2
}
: "${output:=$RTAP_BUILD/series}"
base=$(git -C "$tree" rev-parse --verify -q 'HEAD^{commit}') || die "$tree is no git tree"

# write_patches : of the range that is made in a clone, which nothing is checked out of.
write_patches()
{
	local clone=$SCRATCH/clone range address

	git clone -q --shared --no-checkout "$tree" "$clone" || return
	range=$(python3 "$RTAP_SRC/devtools/series/export.py" "$clone" "$base" \
		${author:+--author "$author"}) || return
	mkdir -p "$output" && rm -f "$output"/*.patch || return
	git -C "$clone" branch series "${range#*..}" &&
		git -C "$clone" config branch.series.description \
			"$(python3 "$RTAP_SRC/devtools/series/export.py" --cover)" || return
	[ -z "$author" ] || {
		address=${author##*<}
		git -C "$clone" config user.name "${author% <*}"
		git -C "$clone" config user.email "${address%>}"
	}
	git -C "$clone" format-patch -q -o "$output" --cover-letter \
		--cover-from-description=subject --find-renames "$base..series"
}

# patches : all but the cover letter.
patches()
{
	find "$output" -name '*.patch' ! -name '0000-*' | sort
}

# apply_patches : as a maintainer does, one commit each, in SCRATCH/applied.
apply_patches()
{
	APPLIED=$SCRATCH/applied
	git clone -q --shared --no-checkout "$tree" "$APPLIED" &&
		git -C "$APPLIED" checkout -q --detach "$base" || return
	patches | xargs git -C "$APPLIED" am -q
}

# compare_files : those added are ours to the last byte, and nothing else is
# changed but DPDK's lists.
compare_files()
{
	local files

	files=$(git -C "$RTAP_SRC" ls-tree -r HEAD -- app doc drivers | sed 's/^[0-9]* //' | sort)
	git -C "$APPLIED" diff --no-renames --diff-filter=A --raw --abbrev=40 "$base" HEAD |
		awk '{ print "blob " $4 "\t" $6 }' | sort >"$SCRATCH/added"
	diff <(printf '%s\n' "$files") "$SCRATCH/added" || return
	git -C "$APPLIED" diff --no-renames --diff-filter=a --name-only "$base" HEAD |
		grep -vxE '\.mailmap|MAINTAINERS|app/test/meson\.build|doc/guides/nics/index\.rst|doc/guides/rel_notes/release_[0-9_]+\.rst|drivers/net/meson\.build' |
		sed 's/^/changed although it is no list: /' >"$SCRATCH/changed"
	cat "$SCRATCH/changed"
	[ ! -s "$SCRATCH/changed" ]
}

# build_applied : no more than the autotest and its application need.
build_applied()
{
	{
		configure_applied && ninja -C "$APPLIED/build" -j "$jobs" &&
			[ -f "$APPLIED/build/drivers/librte_net_rtap.a" ]
	} >"$SCRATCH/log" 2>&1
}

configure_applied()
{
	[ ! -f "$APPLIED/build/build.ninja" ] || return 0
	meson setup "$APPLIED/build" "$APPLIED" -Dwerror=true -Ddeveloper_mode=disabled \
		-Dbuildtype=release -Ddefault_library=static -Dtests=true -Denable_docs=false \
		-Denable_apps=test -Denable_libs=cryptodev,dmadev,eventdev,gso,security,timer \
		-Denable_drivers=bus/vdev,mempool/ring,net/ring,net/null,net/rtap
}

run_applied_autotest()
{
	local test=$APPLIED/build/app/dpdk-test

	[ -f "$APPLIED/app/test/test_pmd_rtap.c" ] || {
		say "no autotest yet"
		return 0
	}
	DPDK_TEST=rtap_pmd_autotest timeout -k 5 300 unshare --net \
		"$test" --no-huge -m 512 --no-shconf --no-pci -l 0 </dev/null >"$SCRATCH/log" 2>&1 ||
		return
	# Each suite has its summary, and all of them together the last one.
	sed -n 's/.*Tests \(Passed\|Failed\) *: *\([0-9]*\).*/\2 \1/p' "$SCRATCH/log" |
		tail -n 2 | tr 'PF' 'pf' | paste -sd ,
}

# build_patches : each in turn, and its tests.
build_patches()
{
	local commit number=0 tests

	for commit in $(git -C "$APPLIED" rev-list --reverse "$base..HEAD"); do
		number=$((number + 1))
		[ "$number" -ge "$first" ] || continue
		git -C "$APPLIED" checkout -q --detach "$commit" || return
		if ! build_applied || ! tests=$(run_applied_autotest); then
			tail -n 40 "$SCRATCH/log"
			say "FAILED $number $(git -C "$APPLIED" log -1 --format=%s)"
			return 1
		fi
		say "ok $number $(git -C "$APPLIED" log -1 --format=%s): $tests"
	done
}

new_scratch
# DPDK's build wants the ELF tools of the first interpreter that it finds.
python3 -c 'import elftools, tomllib' 2>/dev/null || PATH=/usr/bin:$PATH
[ -z "$(git -C "$RTAP_SRC" status --porcelain -- app doc drivers MAINTAINERS devtools/series)" ] ||
	warn "There are changes that are not committed: they are left out."
write_patches || die "no series, see above"
say "$(patches | wc -l) patches and a cover letter in $output"
apply_patches || die "the patches do not apply"
compare_files || die "applied, they give other files than this tree has"
say "Applied to $(git -C "$tree" log -1 --format='%h (%s)' "$base"), they give exactly our files."
[ "$build" = no ] || build_patches
