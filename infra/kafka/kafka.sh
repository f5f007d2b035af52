# shellcheck shell=bash
# kafka.sh - Kafka's brokers (KRaft, each a controller too) bound to loopback: "kafka" and, where
# BOURSE_BROKERS says more than one, "kafka-2" and so on. Their jars come from Maven once.

KAFKA_VERSION=4.1.1
JMX_EXPORTER_VERSION=1.0.1

kafka_libs()
{
    echo "$CACHE_DIR/kafka-$KAFKA_VERSION"
}

# Prints the file of the agent by which a broker counts for Prometheus.
kafka_exporter()
{
    echo "$CACHE_DIR/jmx_prometheus_javaagent-$JMX_EXPORTER_VERSION.jar"
}

# Fetches what the brokers run into the cache unless it is there.
kafka_fetch()
{
    kafka_fetch_libs
    if [[ -n $BOURSE_BROKER_METRICS_PORT && ! -e $(kafka_exporter) ]]; then
        kafka_fetch_exporter
    fi
}

# Fetches the agent. The rename makes a half-done fetch invisible.
kafka_fetch_exporter()
{
    local folder
    folder=$(kafka_exporter).part
    rm -rf "$folder"
    mvn -B -ntp -f "$REPO_DIR/infra/kafka/pom.xml" dependency:copy "-DoutputDirectory=$folder" \
        "-Dartifact=io.prometheus.jmx:jmx_prometheus_javaagent:$JMX_EXPORTER_VERSION"
    mv "$folder"/*.jar "$(kafka_exporter)"
    rmdir "$folder"
    note ", with the exporter of its metrics"
}

# Fetches the broker's jars. The rename makes a half-done fetch invisible.
kafka_fetch_libs()
{
    local libs
    libs=$(kafka_libs)
    if [[ -d $libs ]]; then
        note "Kafka $KAFKA_VERSION is in the cache"
        return
    fi
    mkdir -p "$CACHE_DIR"
    rm -rf "$libs.part"
    mvn -B -ntp -f "$REPO_DIR/infra/kafka/pom.xml" "-Dkafka.version=$KAFKA_VERSION" \
        dependency:copy-dependencies "-DoutputDirectory=$libs.part"
    mv "$libs.part" "$libs"
    note "Kafka $KAFKA_VERSION fetched"
}

# Prints the names of the brokers.
kafka_names()
{
    local number
    echo kafka
    for ((number = 2; number <= BOURSE_BROKERS; number++)); do
        echo "kafka-$number"
    done
}

# Prints the number of a broker by its name.
kafka_number()
{
    if [[ $1 == kafka ]]; then
        echo 1
    else
        echo "${1#kafka-}"
    fi
}

# Prints the port of a broker's clients: its number. Those behind the first have two ports each, from
# BOURSE_BROKER_PORT on.
kafka_port()
{
    (($1 == 1)) && echo "$BOURSE_KAFKA_PORT" || echo $((BOURSE_BROKER_PORT + 2 * $1 - 4))
}

# Prints the port of a broker as a controller: its number.
kafka_controller_port()
{
    (($1 == 1)) && echo "$BOURSE_KAFKA_CONTROLLER_PORT" || echo $((BOURSE_BROKER_PORT + 2 * $1 - 3))
}

# Prints all brokers' addresses, as clients take them.
kafka_bootstrap()
{
    local number addresses=()
    for ((number = 1; number <= BOURSE_BROKERS; number++)); do
        addresses+=("127.0.0.1:$(kafka_port "$number")")
    done
    (IFS=, && echo "${addresses[*]}")
}

# Prints how often each record is stored.
kafka_replication()
{
    ((BOURSE_BROKERS >= 3)) && echo 3 || echo 1
}

# Prints the folder of a broker's data: its name.
kafka_data_dir()
{
    echo "$RUN_DIR/kafka/data${1#kafka}"
}

# Prints the file of a broker's settings: its name.
kafka_settings()
{
    echo "$RUN_DIR/kafka/broker${1#kafka}.properties"
}

# Ends with a message where there can be no such brokers.
kafka_check()
{
    ((BOURSE_BROKERS == 1)) && return
    ((BOURSE_BROKERS >= 3)) || fail "BOURSE_BROKERS is 1, or 3 and more: two outvote nobody"
    [[ -n $BOURSE_BROKER_PORT ]] ||
        fail "BOURSE_BROKERS=$BOURSE_BROKERS takes BOURSE_BROKER_PORT, the first of the others' ports"
    ! proxied || fail "there are no proxies for several brokers: unset BOURSE_PROXY_PORT"
}

# Writes the settings of all brokers from the template. What comes through a proxy has a listener of
# its own, which tells clients to come back through the proxy.
kafka_configure()
{
    local listeners='' advertised='' instance name number voters=() replication
    local protocol=PLAINTEXT templates=(broker.properties.in)
    kafka_check
    if proxied; then
        for instance in 1 2; do
            listeners+=",PROXY$instance://127.0.0.1:$(proxy_listener_port "$instance")"
            advertised+=",PROXY$instance://127.0.0.1:$(proxy_kafka_port "$instance")"
        done
    fi
    if [[ $BOURSE_TLS_INSIDE == on ]]; then
        protocol=SSL
        templates+=(tls.properties.in)
    fi
    for ((number = 1; number <= BOURSE_BROKERS; number++)); do
        voters+=("$number@127.0.0.1:$(kafka_controller_port "$number")")
    done
    replication=$(kafka_replication)
    for name in $(kafka_names); do
        number=$(kafka_number "$name")
        sed -e "s|@PROXY_LISTENERS@|$listeners|" -e "s|@PROXY_ADVERTISED@|$advertised|" \
            -e "s|@NODE@|$number|" -e "s|@VOTERS@|$(IFS=, && echo "${voters[*]}")|" \
            -e "s|@PORT@|$(kafka_port "$number")|g" \
            -e "s|@CONTROLLER_PORT@|$(kafka_controller_port "$number")|g" \
            -e "s|@REPLICATION@|$replication|" -e "s|@MIN_ISR@|$(((replication + 1) / 2))|" \
            -e "s|@PROTOCOL@|$protocol|g" -e "s|@INSIDE_DIR@|$RUN_DIR/secrets/inside|g" \
            -e "s|@DATA_DIR@|$(kafka_data_dir "$name")|g" \
            "${templates[@]/#/$REPO_DIR/infra/kafka/}" >"$(kafka_settings "$name")"
    done
}

# Formats the data folders of the brokers that have none, with a cluster id of their own, once.
kafka_format()
{
    local cluster_id name
    # 16 random bytes in base64url; the first letter is fixed, so that the id is never taken for an
    # option.
    cluster_id=B$(openssl rand -base64 16 | tr '+/' '-_' | cut -c 2-22)
    for name in $(kafka_names); do
        if [[ ! -e $(kafka_data_dir "$name")/meta.properties ]]; then
            "${AS_USER[@]}" java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(kafka_libs)/*" \
                kafka.tools.StorageTool format --cluster-id "$cluster_id" \
                --config "$(kafka_settings "$name")"
        fi
    done
}

# Starts a broker: its name.
kafka_launch()
{
    local flags number port
    number=$(kafka_number "$1")
    require_port "$1" BOURSE_KAFKA_PORT "$(kafka_port "$number")"
    require_port "$1" BOURSE_KAFKA_CONTROLLER_PORT "$(kafka_controller_port "$number")"
    read -ra flags <<<"$BOURSE_KAFKA_JVM"
    # It counts by the rules that the operator of a cluster's brokers is given.
    if [[ -n $BOURSE_BROKER_METRICS_PORT ]]; then
        port=$((BOURSE_BROKER_METRICS_PORT + number - 1))
        require_port "$1" BOURSE_BROKER_METRICS_PORT "$port"
        flags+=("-javaagent:$(kafka_exporter)=127.0.0.1:$port:$REPO_DIR/k8s/platform/metrics/kafka.yaml")
    fi
    launch "$1" -- /usr/bin/java "${flags[@]}" -Dorg.slf4j.simpleLogger.showDateTime=true \
        '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS' \
        -cp "$(kafka_libs)/*" kafka.Kafka "$(kafka_settings "$1")"
}

kafka_ready()
{
    # Not a pipe into grep -q: that ends at the first match, and a long log's writer with an error.
    [[ $(log_since_start "$1") == *'Kafka Server started'* ]]
}

# Writes the librdkafka properties of a consumer that only reads, as kcat -F takes them.
kafka_write_reader_properties()
{
    {
        cat <<EOF
bootstrap.servers=$(kafka_bootstrap)
client.id=bourse-reader
isolation.level=read_committed
auto.offset.reset=earliest
enable.auto.commit=false
allow.auto.create.topics=false
check.crcs=true
EOF
        kafka_security reader
    } >"$RUN_DIR/kafka/reader.properties"
}

# Prints the librdkafka properties by which a client of that name is let in.
kafka_security()
{
    local folder
    if [[ $BOURSE_TLS_INSIDE != on ]]; then
        echo security.protocol=plaintext
        return
    fi
    folder=$(identity_dir "$1")
    cat <<EOF
security.protocol=ssl
ssl.ca.location=$folder/ca.crt
ssl.certificate.location=$folder/user.crt
ssl.key.location=$folder/user.key
EOF
}
