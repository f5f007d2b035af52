# shellcheck shell=bash disable=SC2034
# lib.sh - what every infra command shares: the processes of a stack, its settings, its user,
# progress and failure. Sourced, never run. A stack is one run directory; several stacks stand side
# by side when their ports differ.

umask 022
shopt -s inherit_errexit
export LC_ALL=C.UTF-8
REPO_DIR=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The services, in the order they start: name, offset of its metrics port, program below the build
# directory, arguments.
SERVICES=(
    "settings            1 services/settings/bourse-settings"
    "settings-projector  2 services/settings/bourse-settings --project"
    "accounts            3 services/accounts/bourse-accounts"
    "accounts-projector  4 services/accounts/bourse-accounts --project"
    "orders              5 services/orders/bourse-orders"
    "orders-projector    6 services/orders/bourse-orders --project"
    "audit               7 services/audit/bourse-audit"
    "audit-projector     8 services/audit/bourse-audit --project"
    "settings-deliverer  9 services/settings/bourse-settings --deliver"
    "desk               10 services/desk/bourse-desk"
    "desk-projector     11 services/desk/bourse-desk --project"
    "audit-signer       12 services/audit/bourse-audit --deliver"
    "gateway             0 services/gateway/bourse-gateway"
)
CLI_PROGRAM=services/cli/bourse

# The settings of a stack and their defaults. The environment wins, then what the stack was started
# with, then these. A setting without a default is passed on to the services only when it has a
# value.
SETTINGS=(
    BOURSE_PRESET=release
    "BOURSE_BUILD_DIR=$REPO_DIR/build/release"
    BOURSE_IMAGES=off
    BOURSE_HTTPS_PORT=8443
    BOURSE_HTTP_PORT=8080
    BOURSE_METRICS_PORT=9090
    BOURSE_KAFKA_PORT=19092
    BOURSE_KAFKA_CONTROLLER_PORT=19093
    BOURSE_BROKERS=1
    BOURSE_BROKER_PORT=
    BOURSE_BROKER_METRICS_PORT=
    BOURSE_PG_PORT=15432
    "BOURSE_KAFKA_JVM=-Xms128m -Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    BOURSE_SECOND_PORT=
    BOURSE_PROXY_PORT=
    BOURSE_PARTITIONS=1
    BOURSE_ADMIN_EMAIL=admin@bourse.test
    BOURSE_LIMIT_LOGIN=10000/60s
    BOURSE_LIMIT_REGISTER=5000/3600s
    BOURSE_LIMIT_WRITE=50000/1s
    BOURSE_LIMIT_READ=200000/1s
    BOURSE_LIMIT_STREAMS=1000
    BOURSE_GATEWAYS=
    BOURSE_TLS=
    BOURSE_TLS_INSIDE=off
    BOURSE_TRUSTED_PROXIES=
    BOURSE_CORS_ORIGINS=
    BOURSE_CACHE_TTL_TRADING=
    BOURSE_CACHE_TTL_RISK=
    BOURSE_CACHE_TTL_OVERVIEW=
    BOURSE_ACCESS_TTL=
    BOURSE_REFRESH_TTL=
    BOURSE_VENUE_MODE=
    BOURSE_LOG_LEVEL=
    BOURSE_SCHEMA_DIR=
    BOURSE_GEO_DB=
    BOURSE_OTLP_ENDPOINT=
    BOURSE_TRACE_SAMPLE=
    BOURSE_TRACE_CLIENTS=
)

# Says what failed and ends.
fail()
{
    echo "error: $*" >&2
    exit 1
}

# Runs one step of several: title, then a command. Its output is kept in a log and shown only when
# it fails. The command says its result in a few words with note.
step()
{
    local title=$1 started=$SECONDS status=0 log=$RUN_DIR/logs/step.log
    shift
    steps_done=$((${steps_done:-0} + 1))
    printf '[%d/%d] %-16s' "$steps_done" "$STEPS" "$title"
    exec 3>&1
    # A subshell outside any condition, as bash ignores errexit inside one.
    set +e
    (set -e; "$@") >"$log" 2>&1
    status=$?
    set -e
    exec 3>&-
    if ((status != 0)); then
        printf 'failed after %d s:\n' $((SECONDS - started))
        tail -n 25 "$log" | sed 's/^/    /'
        exit 1
    fi >&2
    printf ' (%d s)\n' $((SECONDS - started))
}

# What a step found or did, in a few words.
note()
{
    printf '%s' "$*" >&3
}

# Adds the second instance of every service where the stack has one: "orders-2" beside "orders".
add_second_instances()
{
    local row
    [[ -n $BOURSE_SECOND_PORT ]] || return 0
    for row in "${SERVICES[@]}"; do
        SERVICES+=("${row%% *}-2 ${row#* }")
    done
}

# True for a process that only runs when it is asked for: of two projectors one is to find out that
# it is one too many.
on_demand()
{
    [[ $1 == *-projector-2 ]]
}

# Sets every setting, RUN_DIR and CACHE_DIR from the environment, the stack's own record, and the
# defaults.
load_settings()
{
    local entry name
    RUN_DIR=$(realpath -m "${BOURSE_RUN_DIR:-$REPO_DIR/.run}")
    CACHE_DIR=$(realpath -m "${BOURSE_CACHE_DIR:-$REPO_DIR/.run/cache}")
    declare -gA SAVED=()
    if [[ -r $RUN_DIR/stack.env ]]; then
        while IFS='=' read -r name entry; do
            SAVED[$name]=$entry
        done <"$RUN_DIR/stack.env"
    fi
    for entry in "${SETTINGS[@]}"; do
        name=${entry%%=*}
        if [[ -z ${!name+set} ]]; then
            printf -v "$name" '%s' "${SAVED[$name]-${entry#*=}}"
        fi
    done
    add_second_instances
    choose_user
}

# Records the settings, so that later commands on this stack need to be told its run directory only.
save_settings()
{
    local entry name
    for entry in "${SETTINGS[@]}"; do
        name=${entry%%=*}
        printf '%s=%s\n' "$name" "${!name}"
    done >"$RUN_DIR/stack.env"
}

# The unprivileged user that owns the run directory and runs everything, and AS_USER, the command
# prefix that becomes it.
choose_user()
{
    AS_USER=()
    STACK_USER=$(id -un)
    if ((EUID != 0)); then
        return
    fi
    STACK_USER=bourse
    if [[ -d $RUN_DIR && $(stat -c %u "$RUN_DIR") != 0 ]]; then
        STACK_USER=$(stat -c %U "$RUN_DIR")
    elif [[ -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
        STACK_USER=$SUDO_USER
    fi
    AS_USER=(setpriv "--reuid=$STACK_USER" "--regid=$STACK_USER" --init-groups --)
}

# Runs a command with root's rights: as it is, or by sudo.
as_root()
{
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

# Makes the folders of a stack, owned by its user. When that user may not enter the checkout's
# folder (a clone below /root), they live under /var/lib/bourse and the run directory is a link to
# them.
make_run_dir()
{
    if ((EUID == 0)) && ! getent passwd "$STACK_USER" >/dev/null; then
        useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin "$STACK_USER"
    fi
    if [[ ! -d $RUN_DIR ]]; then
        mkdir -p "$(dirname "$RUN_DIR")"
        if ! "${AS_USER[@]}" test -x "$(dirname "$RUN_DIR")"; then
            local real
            real=/var/lib/bourse/$(cksum <<<"$RUN_DIR" | cut -d ' ' -f 1)
            mkdir -p "$real"
            ln -sfn "$real" "$RUN_DIR"
        fi
    fi
    RUN_DIR=$(realpath -m "$RUN_DIR")
    CACHE_DIR=$(realpath -m "$CACHE_DIR")
    make_dir 755 "$RUN_DIR"
    make_dir 755 "$RUN_DIR"/{logs,pids,tls,state,kafka,postgres}
    make_dir 700 "$RUN_DIR"/{secrets,mail}
}

# Sets AS_SERVICE, the command prefix for programs of the checkout: the stack's user, or root as it
# is when that user may not enter the checkout.
choose_service_user()
{
    AS_SERVICE=()
    if "${AS_USER[@]}" test -x "$REPO_DIR"; then
        AS_SERVICE=("${AS_USER[@]}")
    fi
}

# Makes folders with a mode, owned by the stack's user.
make_dir()
{
    local mode=$1
    shift
    install -d -m "$mode" -o "$STACK_USER" -g "$(id -gn "$STACK_USER")" "$@"
}

# Writes standard input to a file that only the stack's user may read.
write_secret()
{
    # shellcheck disable=SC2016
    "${AS_USER[@]}" bash -c 'umask 077 && cat >"$1.new" && mv "$1.new" "$1"' write_secret "$1"
}

# Takes the stack's lock, so that two commands never start or stop the same stack at once.
lock_stack()
{
    exec 9>"$RUN_DIR/lock"
    flock -w 600 9 || fail "another command has been busy with $RUN_DIR for ten minutes"
}

# Deletes a stack's folders, but not the download cache, which other stacks may be running from.
wipe_run_dir()
{
    [[ -d $RUN_DIR ]] || return 0
    if [[ -d $CACHE_DIR && $CACHE_DIR == "$RUN_DIR"/* ]]; then
        find "$RUN_DIR" -mindepth 1 -maxdepth 1 ! -path "$CACHE_DIR" -exec rm -rf {} +
    else
        find "$RUN_DIR" -mindepth 1 -delete
        rmdir "$RUN_DIR"
    fi
}
