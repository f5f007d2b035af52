# shellcheck shell=bash
# postgres.sh - one Postgres 15 cluster on loopback TCP: databases `bourse` (projections) and
# `bourse_vault` (keys), their owner `bourse`, and a role for each process and for who reads reports,
# which may do what `bourse access database` says. They sign in by passwords, which are made here, or
# where BOURSE_TLS_INSIDE is on by certificates alone.

POSTGRES_BIN=/usr/lib/postgresql/15/bin

# Prints the roles that the table of who may do what is about.
postgres_roles()
{
    find_program cli "$CLI_PROGRAM"
    "${PROGRAM[@]}" access database | cut -f 1 | sort -u
}

# Prints the folder with the certificate that a role is known by.
postgres_identity()
{
    case $1 in
    bourse) identity_dir operator ;;
    bourse_reader) identity_dir reader ;;
    *) identity_dir "$1" ;;
    esac
}

# Prints what a role shows and whom it believes, as settings of libpq with one between them.
postgres_credentials()
{
    local identity
    if [[ $BOURSE_TLS_INSIDE == on ]]; then
        identity=$(postgres_identity "$1")
        echo "sslmode=verify-full$2sslrootcert=$identity/ca.crt$2sslcert=$identity/user.crt$2sslkey=$identity/user.key"
    else
        echo "passfile=$RUN_DIR/secrets/$1.pgpass"
    fi
}

# Prints the connection string of a role: database, role, port unless it is the server's. Secrets stay
# in files.
postgres_conninfo()
{
    local database=$1 role=$2 port=${3:-$BOURSE_PG_PORT}
    echo "host=127.0.0.1 port=$port dbname=$database user=$role $(postgres_credentials "$role" " ")"
}

# Makes the password of a role and its libpq password file, once.
postgres_make_password()
{
    local role=$1 password
    if [[ -e $RUN_DIR/secrets/$role.pgpass ]]; then
        return
    fi
    password=$(openssl rand -hex 16)
    write_secret "$RUN_DIR/secrets/$role.pgpass" <<<"*:*:*:$role:$password"
}

# Prints the password of a role.
postgres_password()
{
    "${AS_USER[@]}" sed 's/.*://' "$RUN_DIR/secrets/$1.pgpass"
}

# Makes the cluster, once.
postgres_create()
{
    local role data=$RUN_DIR/postgres/data
    for role in postgres bourse $(postgres_roles); do
        postgres_make_password "$role"
    done
    if [[ -e $data/PG_VERSION ]]; then
        return
    fi
    postgres_password postgres | write_secret "$RUN_DIR/secrets/postgres.password"
    rm -rf "$data.part"
    "${AS_USER[@]}" env HOME="$RUN_DIR" "$POSTGRES_BIN/initdb" -D "$data.part" -U postgres \
        --pwfile "$RUN_DIR/secrets/postgres.password" --auth scram-sha-256 \
        --encoding UTF8 --locale C.UTF-8 --lc-collate C --data-checksums
    rm "$RUN_DIR/secrets/postgres.password"
    "${AS_USER[@]}" mv "$data.part" "$data"
}

# Removes the lock of a server that was killed. A pid that is gone, or a zombie that nobody has
# buried yet (Postgres takes it for alive), holds nothing; sessions that outlive their server are
# found by the next one in shared memory.
postgres_unlock()
{
    local pid lock=$RUN_DIR/postgres/data/postmaster.pid
    if { read -r pid <"$lock"; } 2>/dev/null && ! process_began "$pid" >/dev/null; then
        rm "$lock"
    fi
}

# Writes who is let in, where certificates say it: nobody without one, nobody by a password. Their names
# are those of roles, but for who runs commands and who reads.
postgres_configure()
{
    local folder=$RUN_DIR/postgres
    echo 'hostssl all all 127.0.0.1/32 cert map=bourse' >"$folder/hba.conf"
    printf 'bourse %s\n' 'operator bourse' 'reader bourse_reader' '/^(.*)$ \1' >"$folder/ident.conf"
}

# Settings stand on the command line, so that those of the stack win over the cluster's own file. The
# write-ahead log's files are not filled with zeros first: that was to write twice what is written
# most, and a file is no safer for it, since a commit waits for its own blocks either way.
postgres_launch()
{
    local settings=() setting identity inside=()
    if [[ $BOURSE_TLS_INSIDE == on ]]; then
        postgres_configure
        identity=$(postgres_identity postgres)
        inside=(ssl=on ssl_min_protocol_version=TLSv1.3 "ssl_ca_file=$identity/ca.crt"
            "ssl_cert_file=$identity/user.crt" "ssl_key_file=$identity/user.key"
            "hba_file=$RUN_DIR/postgres/hba.conf" "ident_file=$RUN_DIR/postgres/ident.conf")
    fi
    for setting in listen_addresses=127.0.0.1 "port=$BOURSE_PG_PORT" unix_socket_directories= \
        fsync=on synchronous_commit=on max_connections=100 shared_buffers=1GB \
        wal_init_zero=off max_wal_size=4GB checkpoint_timeout=15min jit=off timezone=UTC log_timezone=UTC 'log_line_prefix=%m [%p] %q%u@%d ' \
        "${inside[@]}"; do
        settings+=(-c "$setting")
    done
    require_port postgres BOURSE_PG_PORT "$BOURSE_PG_PORT"
    postgres_unlock
    launch postgres -- "$POSTGRES_BIN/postgres" -D "$RUN_DIR/postgres/data" "${settings[@]}"
}

postgres_ready()
{
    "$POSTGRES_BIN/pg_isready" -q -h 127.0.0.1 -p "$BOURSE_PG_PORT"
}

# Makes or repairs roles and databases; what is there already stays. Rights are made with the tables,
# by `bourse init`.
postgres_grant()
{
    local role
    {
        for role in bourse $(postgres_roles); do
            echo "\\set role $role"
            echo "\\set password $(postgres_password "$role")"
            cat "$REPO_DIR/infra/postgres/role.sql"
        done
        cat "$REPO_DIR/infra/postgres/databases.sql"
    } |
        "${AS_USER[@]}" "$POSTGRES_BIN/psql" -X -q -v ON_ERROR_STOP=1 \
            "$(postgres_conninfo postgres postgres)"
}

# Prints the connection string for readers of the projections, as a URL that any client understands.
postgres_reader_url()
{
    local password
    if [[ $BOURSE_TLS_INSIDE == on ]]; then
        echo "postgresql://bourse_reader@127.0.0.1:$BOURSE_PG_PORT/bourse?$(postgres_credentials bourse_reader "&")"
        return
    fi
    password=$(postgres_password bourse_reader) ||
        fail "only $(stat -c %U "$RUN_DIR") and root may read the passwords of this stack"
    echo "postgresql://bourse_reader:$password@127.0.0.1:$BOURSE_PG_PORT/bourse"
}
