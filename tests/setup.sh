# SPDX-License-Identifier: MIT
# What samples/demo, tests/run and .ci/run share: the lists of packages, installing what is missing of
# them, and building. Sourced by bash scripts, from the top folder of the tree.

build_packages='gcc g++ libc6-dev meson ninja-build pkg-config uthash-dev libdw-dev libelf-dev libiberty-dev
  libjansson-dev'
test_packages='bash-completion binutils cmake cmark-gfm graphviz libcriterion-dev libglib2.0-dev libsqlite3-dev
  libtbb-dev libxml2-utils mandoc node-ajv procps python3 python3-jsonschema python3-junitparser python3-pytest
  python3-yaml zsh'
demo_packages='lua5.1 lua-luv'
ci_packages='chromium clang-format clang-tidy git'

# LLVM's libunwind, its static library: the package has a version in its name, and any of these will do.
libunwind_versions='14 15 16 17 18 19 20 21'

# Something was installed: what meson did not find before may be there now.
installed_something=

give_up()
{
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

# Its output only if it fails.
quietly()
{
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        give_up "failed: $*"
    fi
    rm -f "$log"
}

is_debian_or_ubuntu()
{
    [ -r /etc/os-release ] && command -v apt-get >/dev/null || return 1
    case " $(. /etc/os-release && echo "${ID-} ${ID_LIKE-}") " in
    *' debian '* | *' ubuntu '*) return 0 ;;
    esac
    return 1
}

# A package, or a command of its name from elsewhere.
is_there()
{
    is_installed "$1" || command -v "$1" >/dev/null
}

is_installed()
{
    dpkg-query -W -f='${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

has_libunwind()
{
    local archive
    for archive in /usr/lib/llvm-*/lib/libunwind.a; do
        [ -e "$archive" ] && [ -e /usr/include/libunwind/libunwind.h ] && return 0
    done
    return 1
}

# The first one that the distribution has. After "apt-get update".
libunwind_package()
{
    local version
    for version in $libunwind_versions; do
        if apt-cache show "libunwind-$version-dev" >/dev/null 2>&1; then
            echo "libunwind-$version-dev"
            return 0
        fi
    done
    return 1
}

# Installs those of the packages, and of libunwind, that are missing. On another system: says what is
# needed, and stops.
install_missing()
{
    local package missing=''

    if ! is_debian_or_ubuntu; then
        cat >&2 <<END
$0: this is neither Debian nor Ubuntu. Please install what these packages of Debian have:
  $(echo $*) libunwind-14-dev
libunwind-14-dev is LLVM's libunwind as a static library (14 or newer), not the libunwind of nongnu.org.
If it is elsewhere than in Debian, tell meson: -Dlibunwind_archive=/path/to/libunwind.a. Then:
  meson setup build && meson test -C build
END
        exit 1
    fi
    for package in "$@"; do
        is_there "$package" || missing="$missing $package"
    done
    if ! has_libunwind && is_installed libunwind-dev; then
        give_up "the package libunwind-dev is installed. dlpin needs LLVM's libunwind (libunwind-14-dev or
newer), and the two cannot be installed together. Remove libunwind-dev first, and what needs it:
  apt-get remove libunwind-dev"
    fi
    if [ -z "$missing" ] && has_libunwind; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        has_libunwind || missing="$missing libunwind-14-dev"
        give_up "packages are missing, and installing them needs root or sudo. Please install:$missing"
    fi
    echo '== Installing what is missing'
    quietly as_root apt-get -q update
    if ! has_libunwind; then
        package=$(libunwind_package) || give_up "this system has no package libunwind-NN-dev of LLVM"
        missing="$missing $package"
    fi
    echo "  $(echo $missing)"
    quietly as_root apt-get -q -y --no-install-recommends install $missing
    installed_something=yes
}

# configure_in FOLDER [OPTION...]: also a folder that was configured before.
configure_in()
{
    local folder=$1
    shift
    if [ ! -e "$folder/build.ninja" ]; then
        quietly meson setup "$folder" "$@"
    elif [ -n "$installed_something" ] || [ $# -gt 0 ]; then
        quietly meson setup --reconfigure "$folder" "$@"
    fi
}

# build_in FOLDER [TARGET...]
build_in()
{
    local folder=$1
    shift
    quietly ninja -C "$folder" "$@"
}
