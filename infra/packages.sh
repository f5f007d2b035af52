# shellcheck shell=bash
# packages.sh - the Debian packages of packages.txt: installed when one is missing, otherwise apt is
# not even asked.

# Prints the packages of a list that are not installed.
packages_missing()
{
    local wanted installed
    wanted=$(grep -v '^#' "$1" | sort)
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' |
        sed -n 's/^installed //p' | sort)
    comm -23 <(echo "$wanted") <(echo "$installed")
}

# Installs what is missing of a list, infra/packages.txt unless another is named.
# Package lists are fetched only when installing fails without: they are missing, or too old.
packages_install()
{
    local missing
    command -v dpkg-query >/dev/null ||
        fail "this is not Debian: the packages are those of Debian 12"
    mapfile -t missing < <(packages_missing "${1:-$REPO_DIR/infra/packages.txt}")
    if ((${#missing[@]} == 0)); then
        note "all installed"
        return
    fi
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q
        --no-install-recommends "${missing[@]}")
    as_root "${install[@]}" || { as_root apt-get update -q && as_root "${install[@]}"; }
    note "${#missing[@]} installed"
}
