# shellcheck shell=bash
# proxy.sh - toxiproxy between the services and their broker and database, for tests that cut, delay
# and drop what they say to each other. Only stacks with a BOURSE_PROXY_PORT have it.
#
# From that port on: its API; the broker as the first and as the second instances see it; the
# database likewise; and the two listeners that the broker has for it.

TOXIPROXY_VERSION=2.5.0 # the newest that Debian's Go builds

proxied()
{
    [[ -n $BOURSE_PROXY_PORT ]]
}

# Prints the port that the first or the second instances reach the broker at: 1 or 2.
proxy_kafka_port()
{
    echo $((BOURSE_PROXY_PORT + $1))
}

proxy_postgres_port()
{
    echo $((BOURSE_PROXY_PORT + 2 + $1))
}

# Prints the port that the broker itself has for what comes through that proxy.
proxy_listener_port()
{
    echo $((BOURSE_PROXY_PORT + 4 + $1))
}

proxy_program()
{
    echo "$CACHE_DIR/toxiproxy-$TOXIPROXY_VERSION"
}

# Builds it into the cache unless it is there.
proxy_fetch()
{
    local work=$CACHE_DIR/toxiproxy.part
    if [[ -x $(proxy_program) ]]; then
        note "$TOXIPROXY_VERSION is in the cache"
        return
    fi
    packages_install "$REPO_DIR/infra/proxy/packages.txt"
    rm -rf "$work"
    mkdir -p "$work"
    env "GOPATH=$work/path" "GOCACHE=$work/cache" "GOBIN=$work" GOTOOLCHAIN=local \
        GOFLAGS='-mod=mod -modcacherw' /usr/bin/go install \
        "github.com/Shopify/toxiproxy/v2/cmd/server@v$TOXIPROXY_VERSION"
    mv "$work/server" "$(proxy_program)"
    rm -rf "$work"
    note ", $TOXIPROXY_VERSION built"
}

# Writes the proxies that it begins with.
proxy_configure()
{
    local instance rows=()
    for instance in 1 2; do
        rows+=("$(proxy_row "kafka-$instance" "$(proxy_kafka_port "$instance")" \
            "$(proxy_listener_port "$instance")")")
        rows+=("$(proxy_row "postgres-$instance" "$(proxy_postgres_port "$instance")" \
            "$BOURSE_PG_PORT")")
    done
    (IFS=, && echo "[${rows[*]}]") >"$RUN_DIR/toxiproxy.json"
}

# Prints one proxy for the configuration: name, port, port behind it.
proxy_row()
{
    printf '{"name": "%s", "listen": "127.0.0.1:%d", "upstream": "127.0.0.1:%d", "enabled": true}' \
        "$1" "$2" "$3"
}

proxy_launch()
{
    require_port toxiproxy BOURSE_PROXY_PORT "$BOURSE_PROXY_PORT"
    proxy_configure
    launch toxiproxy -- "$(proxy_program)" -host 127.0.0.1 -port "$BOURSE_PROXY_PORT" \
        -config "$RUN_DIR/toxiproxy.json"
}

proxy_ready()
{
    curl -sf -m 5 -o /dev/null "http://127.0.0.1:$BOURSE_PROXY_PORT/version"
}
