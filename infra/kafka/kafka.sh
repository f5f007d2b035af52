# shellcheck shell=bash
# kafka.sh - one Kafka broker (KRaft, its own controller) bound to loopback; its jars come from
# Maven once.

KAFKA_VERSION=4.1.1

kafka_libs()
{
    echo "$CACHE_DIR/kafka-$KAFKA_VERSION"
}

# Fetches the broker's jars into the cache unless they are there. The rename makes a half-done fetch
# invisible.
kafka_fetch()
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

# Writes the broker's settings from the template. What comes through a proxy has a listener of its
# own, which tells clients to come back through the proxy.
kafka_configure()
{
    local listeners='' advertised='' instance
    if proxied; then
        for instance in 1 2; do
            listeners+=",PROXY$instance://127.0.0.1:$(proxy_listener_port "$instance")"
            advertised+=",PROXY$instance://127.0.0.1:$(proxy_kafka_port "$instance")"
        done
    fi
    sed -e "s|@PROXY_LISTENERS@|$listeners|" -e "s|@PROXY_ADVERTISED@|$advertised|" \
        -e "s|@PORT@|$BOURSE_KAFKA_PORT|g" \
        -e "s|@CONTROLLER_PORT@|$BOURSE_KAFKA_CONTROLLER_PORT|g" \
        -e "s|@DATA_DIR@|$RUN_DIR/kafka/data|g" \
        "$REPO_DIR/infra/kafka/broker.properties.in" >"$RUN_DIR/kafka/broker.properties"
}

# Formats the broker's data folder with a cluster id of its own, once.
kafka_format()
{
    local cluster_id
    if [[ -e $RUN_DIR/kafka/data/meta.properties ]]; then
        return
    fi
    # 16 random bytes in base64url; the first letter is fixed, so that the id is never taken for an
    # option.
    cluster_id=B$(openssl rand -base64 16 | tr '+/' '-_' | cut -c 2-22)
    "${AS_USER[@]}" java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(kafka_libs)/*" \
        kafka.tools.StorageTool format --cluster-id "$cluster_id" \
        --config "$RUN_DIR/kafka/broker.properties"
}

kafka_launch()
{
    local flags
    require_port kafka BOURSE_KAFKA_PORT "$BOURSE_KAFKA_PORT"
    require_port kafka BOURSE_KAFKA_CONTROLLER_PORT "$BOURSE_KAFKA_CONTROLLER_PORT"
    read -ra flags <<<"$BOURSE_KAFKA_JVM"
    launch kafka -- /usr/bin/java "${flags[@]}" -Dorg.slf4j.simpleLogger.showDateTime=true \
        '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS' \
        -cp "$(kafka_libs)/*" kafka.Kafka "$RUN_DIR/kafka/broker.properties"
}

kafka_ready()
{
    # Not a pipe into grep -q: that ends at the first match, and a long log's writer with an error.
    [[ $(log_since_start kafka) == *'Kafka Server started'* ]]
}

# Writes the librdkafka properties of a consumer that only reads, as kcat -F takes them.
kafka_write_reader_properties()
{
    cat >"$RUN_DIR/kafka/reader.properties" <<EOF
bootstrap.servers=127.0.0.1:$BOURSE_KAFKA_PORT
client.id=bourse-reader
security.protocol=plaintext
isolation.level=read_committed
auto.offset.reset=earliest
enable.auto.commit=false
allow.auto.create.topics=false
check.crcs=true
EOF
}
