#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Check the files of this tree, those not committed yet as well: with tools that
# Debian packages, and with DPDK's own checks when a DPDK git tree is at hand.
# What cannot be run is named, with the reason. --help tells the rest.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" || exit 1

# In the order in which they run; each is a function check_NAME.
GENERAL="license whitespace private spelling shell python cppcheck clang-tidy headers docs page series figures"
DPDK="overlay checkpatches git-log meson doc-vs-code spdx-tag maintainers dup-includes guide"

usage()
{
	cat <<-END
	usage: devtools/check.sh [option...] [check...]
	  --dpdk GIT_TREE    also run DPDK's checks, on a copy of this git tree with our
	                     files in it (default: the git tree that the build is made with)
	  --no-dpdk          leave DPDK's checks out
	  --build DIR        build directory, for what needs compiler flags (default: build)
	  --no-download      do without checkpatch.pl rather than fetch Debian's package
	                     of the kernel source (140 MB, once; DPDK's checks need it)
	  --tap              print in the Test Anything Protocol
	  --list             print the names of the checks
	Without names all checks are run. Exit status 1 if one failed.
	Packages: sudo devtools/setup.sh --check
	END
}

dpdk=auto
download=yes
tap=no
names=
while [ $# -gt 0 ]; do
	case $1 in
	--dpdk | --build)
		[ $# -ge 2 ] || die "$1 needs a directory"
		[ "$1" != --dpdk ] || dpdk=$(realpath -m "$2")
		[ "$1" != --build ] || RTAP_BUILD=$(realpath -m "$2")
		shift
		;;
	--no-dpdk) dpdk= ;;
	--no-download) download=no ;;
	--tap) tap=yes ;;
	--list)
		# shellcheck disable=SC2086 # lists of words
		printf '%s\n' $GENERAL $DPDK
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
	*)
		[[ " $GENERAL $DPDK " == *" $1 "* ]] || die "there is no check $1, see --list"
		names+=" $1"
		;;
	esac
	shift
done

cd "$RTAP_SRC" || exit 1
git rev-parse --git-dir >/dev/null 2>&1 || die "$RTAP_SRC is no git checkout"
FARM=subprojects/dpdk
SENDER_NAME="A Sender"
SENDER_ADDRESS=sender@example.org
SENDER="$SENDER_NAME <$SENDER_ADDRESS>"
# What a check that cannot be run returns, its last line being the reason.
NOT_RUN=77

not_run()
{
	say "$*"
	return $NOT_RUN
}

# need TOOL... : not run without.
need()
{
	local tool

	for tool; do
		command -v "$tool" >/dev/null || {
			not_run "there is no $tool (sudo devtools/setup.sh --check)"
			return
		}
	done
}

need_build()
{
	[ -f "$RTAP_BUILD/compile_commands.json" ] ||
		not_run "there is no build in $RTAP_BUILD (meson setup build && ninja -C build)"
}

# ours PATTERN... : the files of this tree, by git's patterns.
ours()
{
	local file

	git ls-files -co --exclude-standard -- "$@" | sort -u | while read -r file; do
		[ ! -f "$file" ] || say "$file"
	done
}

# nothing TEXT : nothing was found; otherwise what was.
nothing()
{
	[ -z "$1" ] || {
		say "$1"
		return 1
	}
}

# ---- checks with packaged tools ----------------------------------------------

# Data, and what DPDK keeps without a license tag, too.
check_license()
{
	local file found=

	for file in $(ours ':!license/' ':!MAINTAINERS' ':!*.ini' ':!*.gitignore'); do
		head -n 4 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' ||
			found+="$file: no SPDX-License-Identifier: BSD-3-Clause in its first lines"$'\n'
		head -n 5 "$file" | grep -q 'Copyright(c) 20[0-9-]* The net_rtap authors' ||
			found+="$file: no copyright line"$'\n'
	done
	nothing "${found%$'\n'}"
}

check_whitespace()
{
	local file found

	found=$(ours | while read -r file; do
		grep -HnE $'[ \t]+$|\r' "$file" | sed 's/$/ <- white space at the end/'
		[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] ||
			say "$file: no newline at the end"
		[ -n "$(tail -n 1 "$file")" ] || say "$file: empty line at the end"
	done)
	nothing "$found"
}

# Traces of the machine where something was written.
check_private()
{
	local found

	# The brackets keep this line from being found.
	found=$(ours ':!*.svg' | xargs grep -nE '(^|[^[:alnum:]_.$}/"-])/([w]ork|[h]ome|[r]oot)/')
	nothing "$found"
}

check_spelling()
{
	need codespell || return
	ours ':!*.svg' | xargs codespell
}

check_shell()
{
	need shellcheck || return
	ours '*.sh' '.ci/run' | xargs shellcheck -x -P SCRIPTDIR -e SC1091,SC2129
}

check_python()
{
	need flake8 || return
	# Black's way of slices.
	ours '*.py' | xargs flake8 --max-line-length 100 --extend-ignore E203
}

# It takes the complement of a short integer for one that was not cut, and -errno
# for what may be positive, without what the function would have filled in.
check_cppcheck()
{
	need cppcheck || return
	mapfile -t SOURCES < <(ours '*.c')
	# What stands in for a function of others has its parameters.
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,style,performance,portability \
		--suppress=knownConditionTrueFalse \
		--suppress=uninitvar --suppress=uninitStructMember \
		--suppress=unusedStructMember --suppress=variableScope \
		--suppress='constParameter:devtools/fuzz/*' \
		-D__rte_cache_aligned= -D__rte_unused= -D'RTE_ATOMIC(type)=type' \
		-D'RTE_TRACE_POINT(...)=' -D'RTE_TRACE_POINT_FP(...)=' \
		-D'RTE_TRACE_POINT_REGISTER(...)=' \
		-I drivers/net/rtap "${SOURCES[@]}" 2>&1
}

check_clang-tidy()
{
	local sources file

	need clang-tidy && need_build || return
	sources=$(ours 'drivers/net/rtap/*.c')
	for file in $sources; do
		say "$FARM/$file"
	done | nice xargs -P "$(nproc)" -n 1 clang-tidy -p "$RTAP_BUILD" --quiet \
		--config-file=devtools/check/clang-tidy.yaml \
		--extra-arg=-Wno-unknown-warning-option >"$SCRATCH/tidy" 2>"$SCRATCH/tidy.err"
	nothing "$(grep -A 3 -E '(warning|error): ' "$SCRATCH/tidy"; grep -h '^error: ' "$SCRATCH/tidy.err")"
}

check_headers()
{
	need_build || return
	ours '*.h' ':!devtools/compat/' | xargs python3 devtools/check/headers.py "$RTAP_BUILD"
}

check_docs()
{
	[ -f $FARM/VERSION ] || not_run "there is no DPDK in $FARM (meson setup build)" || return
	python3 devtools/check/docs.py $FARM
}

# The page of the guide as DPDK makes it, with the pages that it refers to: the rest
# of DPDK's takes ten times as long. It stays in the build, to be looked at.
check_page()
{
	local guides=$FARM/doc/guides out=$RTAP_BUILD/guide others

	[ -f $FARM/VERSION ] || not_run "there is no DPDK in $FARM (meson setup build)" || return
	need sphinx-build || return
	[ -d "$RTAP_BUILD" ] || out=$SCRATCH/guide
	others=$(cd "$guides" && printf '%s**\n' */ | grep -vxE '(nics|howto)/\*\*' | paste -s -d,)
	# What it reads for a second time, it warns of no more.
	DPDK_VERSION=$(cat $FARM/VERSION) sphinx-build -q -j auto -b html -d "$SCRATCH/doctrees" \
		-D "exclude_patterns=$others" "$guides" "$out/html" >"$SCRATCH/page" 2>&1 ||
		nothing "$(tail -n 20 "$SCRATCH/page")" || return
	[ -f "$out/html/nics/rtap.html" ] || nothing "no page nics/rtap.html was made" || return
	nothing "$(grep rtap "$SCRATCH/page")"
}

# The table of exceptions fits the history.
check_series()
{
	[ "$(git rev-parse --is-shallow-repository)" = false ] ||
		not_run "this clone has no history (git fetch --unshallow)" || return
	python3 devtools/series/export.py --check
}

check_figures()
{
	ours '*.[ch]' | xargs python3 devtools/check/figures.py
}

# ---- DPDK's own checks -------------------------------------------------------

# The tree of the build, if it is a git tree.
find_dpdk()
{
	[ "$dpdk" = auto ] || return 0
	dpdk=
	[ ! -f $FARM/.source ] || dpdk=$(cat $FARM/.source)
	[ -e "$dpdk/.git" ] || dpdk=
}

# GRAFTED, a clone of the user's tree, which it does not change, with one commit
# more: all our files.
check_overlay()
{
	local trunk

	[ -n "$dpdk" ] || not_run "there is no DPDK git tree (--dpdk GIT_TREE)" || return
	trunk=$(git -C "$dpdk" rev-parse HEAD) || return 1
	git clone -q --shared --no-checkout "$dpdk" "$SCRATCH/dpdk" &&
		git -C "$SCRATCH/dpdk" checkout -q -B check "$trunk" &&
		python3 devtools/check/overlay.py "$SCRATCH/dpdk" || return 1
	# Whoever sends a first patch to DPDK adds a line there.
	say "$SENDER" >>"$SCRATCH/dpdk/.mailmap"
	GRAFTED=$SCRATCH/dpdk
	cd "$GRAFTED" && git add -A && git -c "user.name=$SENDER_NAME" \
		-c "user.email=$SENDER_ADDRESS" commit -q -s -F - <<-END || return 1
		net/rtap: add driver on multi-queue TAP interface

		One patch of all its files, to be checked.
	END
	git -C "$GRAFTED" update-ref refs/remotes/origin/main "$trunk"
}

need_overlay()
{
	[ -n "$GRAFTED" ] || not_run "there is no DPDK git tree with our files in it" || return
	cd "$GRAFTED" || return 1
	[ -e "${1:-.}" ] || not_run "this DPDK has no $1"
}

# Where it was kept, or in the kernel's source package.
find_checkpatch()
{
	local cache=$RTAP_BUILD/checkpatch file

	for file in "${DPDK_CHECKPATCH_PATH:-}" "$cache/checkpatch.pl" \
		"/lib/modules/$(uname -r)/source/scripts/checkpatch.pl"; do
		[ ! -x "$file" ] || {
			CHECKPATCH=$file
			return
		}
	done
	[ "$download" = yes ] || return
	mkdir -p "$cache" && (cd "$cache" && download_checkpatch) &&
		CHECKPATCH=$cache/checkpatch.pl
}

# Into the current directory.
download_checkpatch()
{
	local package

	package=$(apt-cache depends linux-source | sed -n 's/^ *Depends: *//p' | head -n 1)
	[ -n "$package" ] || return
	warn "Fetching $package for its checkpatch.pl, 140 MB"
	rm -rf package && mkdir package && cd package || return
	apt-get -q download "$package" >&2 &&
		dpkg-deb --fsys-tarfile ./"$package"_*.deb |
		tar -xO "./usr/src/$package.tar.xz" |
			tar -xJ --strip-components=2 -C .. "$package/scripts/checkpatch.pl" \
				"$package/scripts/spelling.txt" "$package/scripts/const_structs.checkpatch"
	cd .. && rm -rf package
	[ -x checkpatch.pl ]
}

# Forbidden tokens, and more with checkpatch.pl.
check_checkpatches()
{
	local dictionary

	need_overlay devtools/checkpatches.sh && need gawk || return
	git format-patch -q -1 --find-renames --no-stat -o "$SCRATCH/patch"
	dictionary=$(python3 -c 'import codespell_lib, os
print(os.path.dirname(codespell_lib.__file__) + "/data/dictionary.txt")' 2>/dev/null)
	CHECKPATCH=
	find_checkpatch
	# gawk is meant by awk there: mawk knows no \< of its expressions.
	mkdir -p "$SCRATCH/bin" && ln -sf "$(command -v gawk)" "$SCRATCH/bin/awk"
	PATH=$SCRATCH/bin:$PATH RTAP_CHECKPATCH=${CHECKPATCH:-$(command -v true)} \
		DPDK_CHECKPATCH_PATH=$RTAP_SRC/devtools/check/checkpatch.py \
		DPDK_CHECKPATCH_CODESPELL=${DPDK_CHECKPATCH_CODESPELL:-$dictionary} \
		devtools/checkpatches.sh -q "$SCRATCH"/patch/*.patch || return 1
	[ -n "$CHECKPATCH" ] ||
		not_run "without checkpatch.pl only the forbidden tokens were looked for, none found"
}

# The messages of the series, from someone with a short address.
check_git-log()
{
	local range

	need_overlay devtools/check-git-log.sh || return
	range=$(python3 "$RTAP_SRC/devtools/series/export.py" "$PWD" HEAD~ --author "$SENDER") ||
		return
	devtools/check-git-log.sh -r "$range"
}

check_meson()
{
	local out

	need_overlay devtools/check-meson.py || return
	out=$(python3 devtools/check-meson.py -d drivers/net/rtap 2>&1 &&
		python3 devtools/check-meson.py -d app/test 2>&1) || {
		say "$out"
		return 1
	}
	nothing "$out"
}

check_doc-vs-code()
{
	need_overlay devtools/check-doc-vs-code.sh || return
	nothing "$(devtools/check-doc-vs-code.sh HEAD~)"
}

# The older of these scripts tell of the whole tree: what is ours matters.
check_spdx-tag()
{
	need_overlay devtools/check-spdx-tag.sh || return
	nothing "$(devtools/check-spdx-tag.sh -v | grep rtap)"
}

check_maintainers()
{
	local out

	need_overlay devtools/check-maintainers.sh || return
	out=$(devtools/check-maintainers.sh 2>&1)
	grep -q 'wrong patterns' <<<"$out" || {
		say "$out"
		return 1
	}
	nothing "$(grep -i -e rtap -e 'Hemminger' <<<"$out")"
}

check_dup-includes()
{
	need_overlay devtools/check-dup-includes.sh || return
	nothing "$(devtools/check-dup-includes.sh | grep rtap)"
}

# All pages, with warnings as errors: what others have wrong is not ours to mend.
check_guide()
{
	need_overlay doc/guides/conf.py && need sphinx-build || return
	DPDK_VERSION=$(cat VERSION) sphinx-build -q -j auto -b html -d "$SCRATCH/doctrees" \
		doc/guides "$SCRATCH/html" >"$SCRATCH/guide" 2>&1 ||
		nothing "$(tail -n 20 "$SCRATCH/guide")" || return
	[ -f "$SCRATCH/html/nics/rtap.html" ] || nothing "no page nics/rtap.html was made" || return
	nothing "$(grep rtap "$SCRATCH/guide")"
}

# ---- running them ------------------------------------------------------------

failed=0
passed=0
left_out=0

# result STATUS NAME : as a line, with what the check printed when that matters.
result()
{
	local status=$1 name=$2 output

	output=$(cat "$SCRATCH/out")
	case $status in
	0)
		passed=$((passed + 1))
		if [ $tap = yes ]; then ok "$name"; else say "ok       $name"; fi
		[ "$name" != figures ] || show "$output"
		;;
	"$NOT_RUN")
		left_out=$((left_out + 1))
		if [ $tap = yes ]; then
			skip "$name" "${output##*$'\n'}"
		else
			say "not run  $name: ${output##*$'\n'}"
		fi
		;;
	*)
		failed=$((failed + 1))
		if [ $tap = yes ]; then not_ok "$name"; else say "FAILED   $name"; fi
		show "$output"
		;;
	esac
}

show()
{
	if [ $tap = yes ]; then
		note "$1"
	else
		printf '%s\n' "$1" | sed 's/^/         /'
	fi
}

# The overlay is made for the checks that need it; it has to outlive its check.
run_check()
{
	if [ "$1" = overlay ]; then
		check_overlay >"$SCRATCH/out" 2>&1
	else
		(check_"$1") >"$SCRATCH/out" 2>&1
	fi
	result $? "$1"
	cd "$RTAP_SRC" || exit 1
}

new_scratch
find_dpdk
GRAFTED=
made=no
if [ -z "$names" ]; then
	names=$GENERAL
	[ $tap = yes ] && [ -z "$dpdk" ] || names+=" $DPDK"
fi
for name in $names; do
	# The others of its kind need it.
	[[ $made = yes || " $DPDK " != *" $name "* ]] || {
		made=yes
		run_check overlay
	}
	[ "$name" = overlay ] || run_check "$name"
done
if [ $tap = yes ]; then
	tap_plan_after
else
	say "$passed ok, $failed failed, $left_out not run"
fi
[ $failed -eq 0 ]
