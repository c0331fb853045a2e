#!/usr/bin/env bash
#
# Installs what cargo cannot: OpenBLAS, a C++ compiler and libtorch. Run it once
# per clone; a run that finds nothing missing prints nothing.
#
#   LIBTORCH=/path            use this libtorch 2.11, download nothing
#   LIBTORCH_USE_PYTORCH=1    use the one of the active Python environment
#   ADAACT_CACHE=/path        keep the download here (default: ~/.cache/adaact)

set -euo pipefail

readonly VERSION=2.11.0
# The wheel's libtorch_cpu.so links one library out of each of these two.
readonly WHEELS=(
    "torch==$VERSION"
    nvidia-cuda-runtime==13.0.96
    nvidia-cuda-cupti==13.0.85
)

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${ADAACT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/adaact}
readonly ROOT CACHE
readonly CACHED=$CACHE/libtorch-$VERSION-cpu

main() {
    local libtorch=$CACHED
    install_packages
    if [[ -n ${LIBTORCH_USE_PYTORCH+set} ]]; then
        libtorch=$(libtorch_of_python)
    elif [[ -n ${LIBTORCH+set} ]]; then
        libtorch=$(libtorch_of_user)
    else
        is_whole "$CACHED" || fetch_libtorch
    fi
    record "$libtorch"
}

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# ---------------------------------------------------------------- packages

install_packages() {
    local missing=()
    has_compiler || missing+=(g++)
    has_openblas || missing+=(libopenblas-dev)
    needs_pip && ! has_pip && missing+=(python3-pip)
    ((${#missing[@]})) || return 0

    if ! command -v apt-get >/dev/null; then
        die "missing, as Debian calls it: ${missing[*]}. Install it with this system's package manager, then run ./setup.sh again."
    elif ((EUID != 0)); then
        die "missing: ${missing[*]}. Type: sudo apt-get install -y ${missing[*]} && ./setup.sh"
    fi
    say "installing ${missing[*]} with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    # A foreign package source that cannot be reached need not matter here.
    apt-get update -qq </dev/null || say "apt-get update failed, going on with the lists at hand"
    apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null >&2
}

has_compiler() { command -v "${CXX:-c++}" >/dev/null; }

# The compiler knows where libraries lie, LIBRARY_PATH included; for a file
# that it does not find it prints the bare name.
has_openblas() {
    [[ $("${CC:-cc}" -print-file-name=libopenblas.so 2>/dev/null) == /* ]]
}

needs_pip() {
    [[ -z ${LIBTORCH+set}${LIBTORCH_USE_PYTORCH+set} ]] && ! is_whole "$CACHED"
}

has_pip() { python3 -m pip --version >/dev/null 2>&1; }

# ---------------------------------------------------------------- libtorch

libtorch_of_user() {
    [[ $LIBTORCH == /* ]] || die "LIBTORCH=$LIBTORCH is not an absolute path"
    [[ -e $LIBTORCH/lib/libtorch_cpu.so ]] || die "LIBTORCH=$LIBTORCH has no lib/libtorch_cpu.so"
    printf '%s' "$LIBTORCH"
}

# A Python package `torch` is laid out like a libtorch. Importing it would take
# seconds; where it lies is known without.
libtorch_of_python() {
    python3 - "$VERSION" 2>/dev/null <<'PYTHON' ||
import sys
from importlib import metadata, util

assert metadata.version("torch").split("+")[0] == sys.argv[1]
print(util.find_spec("torch").submodule_search_locations[0], end="")
PYTHON
        die "LIBTORCH_USE_PYTORCH is set, but python3 has no package torch $VERSION"
}

# Fills a directory beside the final one and renames it last: what bears the
# final name was whole once, and its manifest says whether it still is.
fetch_libtorch() {
    [[ $(uname -sm) == "Linux x86_64" ]] ||
        die "no libtorch is known to fetch for $(uname -sm): set LIBTORCH to a libtorch $VERSION"
    mkdir -p "$CACHE"
    take_lock
    ! is_whole "$CACHED" || return 0 # another clone was faster

    # Of runs that were broken off; one's pip may still be writing.
    rm -rf "$CACHE"/partial.* || true
    partial=$(mktemp -d "$CACHE/partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    say "fetching libtorch $VERSION with pip (about 550 MB, kept in $CACHED)"
    download "$partial/wheels"
    say "unpacking what the CPU needs"
    unpack "$partial/wheels" "$partial/libtorch"
    echo "$VERSION" >"$partial/libtorch/build-version"
    list_files "$partial/libtorch" >"$partial/manifest"
    mv "$partial/manifest" "$partial/libtorch/manifest"

    rm -rf "$CACHED"
    mv -T "$partial/libtorch" "$CACHED"
    rm -rf "$partial"
    trap - EXIT
}

# Held until this script ends. The programs it starts do not inherit it (9>&-),
# so one that outlives a killed run does not block the next.
take_lock() {
    exec 9>"$CACHE/lock"
    flock --nonblock 9 && return
    say "waiting for another setup.sh that fills $CACHE"
    flock 9
}

# The wheels are archives of C++ files to us: any Python and pip will do,
# system-wide settings about installing do not apply, and the version of Python
# is fixed so that everybody gets the same file.
download() {
    mkdir -p "$1"
    # pip's temporary files are as large as the download: not under /tmp.
    TMPDIR=$1 python3 -m pip --disable-pip-version-check download \
        --no-cache-dir --no-deps --only-binary :all: --python-version 3.11 \
        --dest "$1" "${WHEELS[@]}" </dev/null >&2 9>&- ||
        die "pip could not fetch ${WHEELS[*]}; run ./setup.sh again, or set LIBTORCH to a libtorch $VERSION"
}

unpack() {
    python3 - "$1" "$2" <<'PYTHON' 9>&- || die "the wheels do not hold a libtorch that loads"
import ctypes, pathlib, shutil, sys, zipfile

wheels, libtorch = map(pathlib.Path, sys.argv[1:])
LIBRARIES = {
    "libtorch_cpu.so",
    "libc10.so",
    "libgomp.so.1",
    "libcudart.so.13",
    "libcupti.so.13",
}

def target(member):
    path = pathlib.PurePosixPath(member)
    if path.parts[:2] == ("torch", "include"):
        return libtorch.joinpath(*path.parts[1:])
    if path.parent.name == "lib" and path.name in LIBRARIES:
        return libtorch / "lib" / path.name

for wheel in wheels.glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            file = target(member)
            if file and not member.endswith("/"):
                file.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, file.open("wb") as copy:
                    shutil.copyfileobj(source, copy)

lib = libtorch / "lib"
# The names that torch-sys links. The wheel's own libtorch.so draws in CUDA.
(lib / "libtorch.so").symlink_to("libtorch_cpu.so")
(lib / "libgomp.so").symlink_to("libgomp.so.1")
ctypes.CDLL(lib / "libtorch.so")  # fails if anything it needs is absent
PYTHON
}

is_whole() {
    [[ -f $1/manifest ]] && list_files "$1" | cmp -s - "$1/manifest"
}

# Every file with its size, every link with its target.
list_files() {
    (cd "$1" && find . ! -type d ! -name manifest -printf '%P %s %l\n' | LC_ALL=C sort)
}

# ------------------------------------------------------------------- cargo

# Tells cargo, for this clone, where libtorch lies.
record() {
    local file=$ROOT/.cargo/libtorch.toml path=$1
    path=${path//\\/\\\\}
    path=${path//\"/\\\"}
    local content="# Written by setup.sh for this machine.
[env.LIBTORCH]
value = \"$path\"
relative = false"
    [[ -f $file && $(<"$file") == "$content" ]] && return
    printf '%s\n' "$content" >"$file.$$"
    mv "$file.$$" "$file"
}

main
