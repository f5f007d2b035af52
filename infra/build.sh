# shellcheck shell=bash
# build.sh - builds the checkout with one of its CMake presets, as the owner of the checkout.

# Runs a command as the owner of the checkout, so that what it makes is theirs.
as_owner()
{
    local owner home
    owner=$(stat -c %U "$REPO_DIR")
    if ((EUID == 0)) && [[ $owner != root ]]; then
        home=$(getent passwd "$owner" | cut -d : -f 6)
        setpriv "--reuid=$owner" "--regid=$owner" --init-groups -- env "HOME=$home" "$@"
    else
        "$@"
    fi
}

# Configures and builds: preset, build directory, CMake target.
build_preset()
{
    local preset=$1 directory=$2 target=$3
    cd "$REPO_DIR" || return
    # Debian's Python, whatever else is on the PATH: PyYAML is installed there.
    as_owner cmake --preset "$preset" -B "$directory" -DPython3_EXECUTABLE=/usr/bin/python3
    as_owner cmake --build "$directory" --target "$target"
}
