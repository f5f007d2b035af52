# shellcheck shell=bash
# processes.sh - start, stop, kill and watch the processes of a stack, each known by its name and
# its pid file. A pid file holds the pid and, on a second line, when that process began, so that a
# reused pid is never taken for ours.

source "$REPO_DIR/infra/kafka/kafka.sh"
source "$REPO_DIR/infra/mail/mail.sh"
source "$REPO_DIR/infra/postgres/postgres.sh"
source "$REPO_DIR/infra/proxy/proxy.sh"

# All names, in the order they start.
process_names()
{
    local row
    if proxied; then
        echo toxiproxy
    fi
    echo postgres
    kafka_names
    echo mail
    for row in "${SERVICES[@]}"; do
        echo "${row%% *}"
    done
}

# Sets FOUND to the row of a service as an array (name, metrics offset, program, arguments). False:
# no such service.
find_service()
{
    local row
    for row in "${SERVICES[@]}"; do
        read -ra FOUND <<<"$row"
        if [[ ${FOUND[0]} == "$1" ]]; then
            return 0
        fi
    done
    return 1
}

# Ends with a message unless the name is one of this stack's processes.
require_process()
{
    local names
    names=$(process_names | paste -sd ' ')
    [[ " $names " == *" $1 "* ]] || fail "no process is called '$1'; there are: $names"
}

# Prints when a living process began, in clock ticks since boot. False: it is gone, or a zombie.
process_began()
{
    local line fields
    # $(<file) would end the shell where the process ends while its file is read.
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fields <<<"${line##*) }"
    [[ ${fields[0]} != [ZX] ]] && echo "${fields[19]}"
}

# Prints the pid of a running process of this stack. False: it is down.
process_pid()
{
    local pid began
    { read -r pid && read -r began; } 2>/dev/null <"$RUN_DIR/pids/$1.pid" || return 1
    [[ $(process_began "$pid") == "$began" ]] && echo "$pid"
}

process_log()
{
    echo "$RUN_DIR/logs/$1.log"
}

# True when something listens on a loopback port.
port_taken()
{
    (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Starts a command in the background: name, its environment, --, the command.
launch()
{
    local name=$1 log environment=() pid prefix=("${AS_USER[@]}")
    log=$(process_log "$name")
    if find_service "$name"; then
        prefix=("${AS_SERVICE[@]}")
    elif [[ $name == mail ]]; then
        choose_service_user
        prefix=("${AS_SERVICE[@]}")
    fi
    shift
    while [[ $1 != -- ]]; do
        environment+=("$1")
        shift
    done
    shift
    touch "$log"
    stat -c %s "$log" >"$RUN_DIR/pids/$name.log-start"
    setsid "${prefix[@]}" env --ignore-environment --chdir="$RUN_DIR" --default-signal=INT,QUIT \
        PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "HOME=$RUN_DIR" "${environment[@]}" "$@" \
        </dev/null >>"$log" 2>&1 3>&- 9>&- &
    pid=$!
    printf '%s\n%s\n' "$pid" "$(process_began "$pid")" >"$RUN_DIR/pids/$name.pid"
}

# Prints what a process has logged since it was last started.
log_since_start()
{
    tail -c "+$(($(<"$RUN_DIR/pids/$1.log-start") + 1))" "$(process_log "$1")"
}

# Says what failed about a process, with the last lines that it logged since it was started, and
# ends: name, message.
fail_process()
{
    echo "the last lines of $(process_log "$1"):" >&2
    log_since_start "$1" | tail -n 15 | sed 's/^/    /' >&2
    fail "$1 $2"
}

# Ends with a message when a port that a process is about to use stays taken: process, setting, port.
# A killed process is soon a zombie, but listens until the last of its threads is gone.
require_port()
{
    local deadline=$((SECONDS + 3))
    while port_taken "$3"; do
        ((SECONDS < deadline)) || fail "$1 cannot start: port $3 is in use; set $2 to a free one"
        sleep 0.05
    done
}

# Starts one process and returns at once. Nothing happens when it runs already.
process_start()
{
    if process_pid "$1" >/dev/null; then
        return
    fi
    case $1 in
    postgres) postgres_launch ;;
    kafka*) kafka_launch "$1" ;;
    mail) mail_launch ;;
    toxiproxy) proxy_launch ;;
    *) service_launch "$1" ;;
    esac
}

# True when a process answers.
process_ready()
{
    case $1 in
    postgres) postgres_ready ;;
    kafka*) kafka_ready "$1" ;;
    mail) mail_ready ;;
    toxiproxy) proxy_ready ;;
    *) service_ready "$1" ;;
    esac
}

# Waits until a process is ready: name, most seconds. Ends with the tail of its log when it dies or
# takes too long.
process_wait()
{
    local name=$1 deadline=$((SECONDS + $2))
    until process_ready "$name"; do
        process_pid "$name" >/dev/null || fail_process "$name" "ended while it was starting"
        ((SECONDS < deadline)) || fail_process "$name" "was not ready after $2 s"
        sleep 0.1
    done
}

# Asks a process to end and returns at once. Postgres is told to end its sessions too.
process_ask_to_stop()
{
    local pid signal=TERM
    pid=$(process_pid "$1") || return 0
    if [[ $1 == postgres ]]; then
        signal=INT
    fi
    kill -s "$signal" "$pid"
}

# Waits until a process has ended: name, most seconds; kills it when they have passed.
process_wait_stopped()
{
    local deadline=$((SECONDS + $2))
    while process_pid "$1" >/dev/null; do
        if ((SECONDS >= deadline)); then
            echo "$1 did not end within $2 s: killing it" >&2
            process_kill "$1"
        fi
        sleep 0.05
    done
    rm -f "$RUN_DIR/pids/$1.pid" "$RUN_DIR/pids/$1.log-start"
}

process_stop()
{
    process_ask_to_stop "$1"
    process_wait_stopped "$1" 30
}

# Kills a process with SIGKILL, and waits until it and its children are gone: Postgres's sessions
# notice that they are orphans by themselves, and it cannot start again before.
process_kill()
{
    local pid children=() child
    pid=$(process_pid "$1") || return 0
    mapfile -t children < <(pgrep -P "$pid" || true)
    kill -KILL "$pid"
    for child in "$pid" "${children[@]}"; do
        while process_began "$child" >/dev/null; do
            sleep 0.02
        done
    done
}

# Prints 2 for a second instance, otherwise 1.
instance_number()
{
    [[ $1 == *-2 ]] && echo 2 || echo 1
}

# Prints the metrics port of the service in FOUND.
metrics_port()
{
    local base=$BOURSE_METRICS_PORT
    if [[ ${FOUND[0]} == *-2 ]]; then
        base=$((BOURSE_SECOND_PORT + 2))
    fi
    echo $((base + FOUND[1]))
}

# Sets HTTPS_PORT and HTTP_PORT of a gateway.
gateway_ports()
{
    HTTPS_PORT=$BOURSE_HTTPS_PORT HTTP_PORT=$BOURSE_HTTP_PORT
    if [[ $1 == *-2 ]]; then
        HTTPS_PORT=$BOURSE_SECOND_PORT HTTP_PORT=$((BOURSE_SECOND_PORT + 1))
    fi
}

# Prints where a gateway's clients find it, after gateway_ports.
gateway_url()
{
    if [[ $BOURSE_TLS == off ]]; then
        echo "http://localhost:$HTTP_PORT"
    else
        echo "https://localhost:$HTTPS_PORT"
    fi
}

# The same of the stack's first gateway.
venue_url()
{
    gateway_ports gateway
    gateway_url
}

# Prints the folder with the identity of a process; two instances of a service have one.
identity_dir()
{
    echo "$RUN_DIR/secrets/inside/${1%-2}"
}

# Fills ENVIRONMENT with the settings that every program of the stack gets: its instance name, its
# metrics port, whom the broker knows it as. The database knows it by the same name, but for who runs
# commands, the owner; who has no role there has nothing to do with it. The paths of secrets are
# settings, secrets are not.
# Services see broker and database through the proxies where there are some; commands, whose metrics
# port is 0, do not.
service_environment()
{
    local name kafka postgres=$BOURSE_PG_PORT role=${3%-2}
    kafka=$(kafka_bootstrap)
    if proxied && (($2 != 0)); then
        kafka=127.0.0.1:$(proxy_kafka_port "$(instance_number "$1")")
        postgres=$(proxy_postgres_port "$(instance_number "$1")")
    fi
    ENVIRONMENT=(
        "BOURSE_KAFKA=$kafka"
        "BOURSE_INSTANCE=$1"
        "BOURSE_STATE_DIR=$RUN_DIR/state/$1"
        "BOURSE_SEAL_KEY_FILE=$RUN_DIR/secrets/seal.key"
        "BOURSE_METRICS_PORT=$2"
    )
    if [[ $role == operator ]]; then
        role=bourse
    fi
    if [[ -e $RUN_DIR/secrets/$role.pgpass ]]; then
        ENVIRONMENT+=(
            "BOURSE_PG=$(postgres_conninfo bourse "$role" "$postgres")"
            "BOURSE_VAULT_PG=$(postgres_conninfo bourse_vault "$role" "$postgres")"
        )
    fi
    if [[ $BOURSE_TLS_INSIDE == on ]]; then
        ENVIRONMENT+=("BOURSE_KAFKA_TLS_DIR=$(identity_dir "$3")")
    fi
    for name in BOURSE_LOG_LEVEL BOURSE_VENUE_MODE BOURSE_SCHEMA_DIR BOURSE_OTLP_ENDPOINT \
        BOURSE_CRASH_AT; do
        if [[ -n ${!name-} ]]; then
            ENVIRONMENT+=("$name=${!name}")
        fi
    done
}

# Adds what only the gateway needs.
gateway_environment()
{
    local name
    ENVIRONMENT+=(
        "BOURSE_HTTP_ADDRESS=127.0.0.1"
        "BOURSE_HTTPS_PORT=$HTTPS_PORT"
        "BOURSE_HTTP_PORT=$HTTP_PORT"
        "BOURSE_PUBLIC_URL=https://localhost:$HTTPS_PORT"
        "BOURSE_TLS_CERT_FILE=$RUN_DIR/tls/server.pem"
        "BOURSE_TLS_KEY_FILE=$RUN_DIR/secrets/server.key"
        "BOURSE_TOKEN_KEY_FILE=$RUN_DIR/secrets/token.key"
        "BOURSE_PAYMENT_PROVIDER=${BOURSE_PAYMENT_PROVIDER-sandbox}"
        "BOURSE_PAYMENT_SECRET_FILE=$RUN_DIR/secrets/payment.secret"
    )
    message_environment
    if [[ $BOURSE_IMAGES == on ]]; then
        ENVIRONMENT+=(BOURSE_SCHEMA_DIR=/usr/share/bourse BOURSE_WEB_DIR=/usr/share/bourse/web)
    elif [[ -e $REPO_DIR/build/web/index.html ]]; then
        ENVIRONMENT+=("BOURSE_WEB_DIR=$REPO_DIR/build/web")
    fi
    for name in BOURSE_LIMIT_{LOGIN,REGISTER,WRITE,READ,STREAMS} BOURSE_{ACCESS,REFRESH}_TTL \
        BOURSE_CACHE_TTL_{TRADING,RISK,OVERVIEW} BOURSE_{GATEWAYS,CORS_ORIGINS,TLS,TRUSTED_PROXIES} \
        BOURSE_TRACE_{SAMPLE,CLIENTS}; do
        if [[ -n ${!name} ]]; then
            ENVIRONMENT+=("$name=${!name}")
        fi
    done
}

# Adds what only the signer of checkpoints needs, and makes the folder that it publishes to.
signer_environment()
{
    make_dir 755 "$RUN_DIR/published"
    ENVIRONMENT+=(
        "BOURSE_SIGNING_KEY_FILE=$RUN_DIR/secrets/signing.key"
        "BOURSE_PUBLISH_DIR=$RUN_DIR/published"
    )
}

# Sets PROGRAM, the command that starts one of our programs: name of the process, path below the build
# directory, whose folder is the name of its image. In an image it sees, of the stack, its keys and
# what it may write; starting it takes root's rights, which it does not keep.
find_program()
{
    local name=$1 image folder seen=("-$RUN_DIR/secrets" "-$RUN_DIR/tls")
    choose_service_user
    PROGRAM=("$BOURSE_BUILD_DIR/$2")
    if [[ $BOURSE_IMAGES == on ]]; then
        for folder in "$RUN_DIR/state/$name" "$RUN_DIR/published"; do
            [[ ! -d $folder ]] || seen+=("+$folder")
        done
        image=$(basename "$(dirname "$2")")
        PROGRAM=("$REPO_DIR/infra/containers/run" "$(id -u "$STACK_USER"):$(id -g "$STACK_USER")"
            "$image" "${seen[@]}" "/usr/bin/$(basename "$2")")
        AS_SERVICE=()
    fi
    [[ -x ${PROGRAM[0]} ]] || fail "$name cannot start: ${PROGRAM[0]} does not exist; build it first"
}

service_launch()
{
    local name=$1 metrics_port
    find_service "$name"
    metrics_port=$(metrics_port)
    require_port "$name" BOURSE_METRICS_PORT "$metrics_port"
    service_environment "$name" "$metrics_port" "$name"
    if [[ $name == gateway* ]]; then
        gateway_ports "$name"
        require_port "$name" BOURSE_HTTPS_PORT "$HTTPS_PORT"
        require_port "$name" BOURSE_HTTP_PORT "$HTTP_PORT"
        gateway_environment
    elif [[ $name == settings-deliverer* ]]; then
        mail_environment
    elif [[ $name == audit-signer* ]]; then
        signer_environment
    fi
    make_dir 700 "$RUN_DIR/state/$name"
    find_program "$name" "${FOUND[2]}"
    launch "$name" "${ENVIRONMENT[@]}" -- "${PROGRAM[@]}" "${FOUND[@]:3}"
}

service_ready()
{
    find_service "$1"
    if [[ $1 == gateway* ]]; then
        gateway_ports "$1"
        curl -sf -m 5 -o /dev/null --cacert "$RUN_DIR/tls/ca.pem" \
            "$(gateway_url)/health/ready"
    else
        curl -sf -m 5 -o /dev/null "http://127.0.0.1:$(metrics_port)/health"
    fi
}

# Adds what commands need that call the gateway as its clients do.
client_environment()
{
    local password=${BOURSE_FEED_PASSWORD_FILE-$RUN_DIR/secrets/demo.password}
    ENVIRONMENT+=(
        "BOURSE_URL=$(venue_url)"
        "BOURSE_CA=$RUN_DIR/tls/ca.pem"
    )
    if [[ -e $password ]]; then
        ENVIRONMENT+=("BOURSE_FEED_PASSWORD_FILE=$password")
    fi
}

# Runs a command with the settings that its services get, in the foreground: command, arguments.
# `bourse` alone names the stack's own command-line program.
run_with_service_settings()
{
    make_dir 700 "$RUN_DIR/state/cli"
    choose_service_user
    PROGRAM=("$1")
    if [[ $1 == bourse ]]; then
        find_program cli "$CLI_PROGRAM"
    fi
    shift
    service_environment cli 0 operator
    client_environment
    "${AS_SERVICE[@]}" env --ignore-environment PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "HOME=$RUN_DIR" \
        "${ENVIRONMENT[@]}" "BOURSE_TOKEN_KEY_FILE=$RUN_DIR/secrets/token.key" \
        "BOURSE_PARTITIONS=$BOURSE_PARTITIONS" "BOURSE_REPLICATION=$(kafka_replication)" \
        "BOURSE_ADMIN_EMAIL=$BOURSE_ADMIN_EMAIL" \
        "BOURSE_ADMIN_PASSWORD_FILE=$RUN_DIR/secrets/admin.password" \
        "BOURSE_TLS_CERT_FILE=$RUN_DIR/tls/server.pem" \
        "${PROGRAM[@]}" "$@"
}
