# shellcheck shell=bash
# keys.sh - the keys of a stack: an authority of its own, the gateway's certificate, those by which
# its processes know each other where BOURSE_TLS_INSIDE is on, the keys that sign tokens and
# checkpoints, the one that browsers' push services know it by, the key that seals personal data, and
# the first admin's password. Made once; a certificate is renewed when its end is near.

# Makes an EC P-256 private key, once.
make_private_key()
{
    if [[ ! -e $1 ]]; then
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | write_secret "$1"
    fi
}

# True when a certificate is there and holds for thirty days more.
certificate_holds()
{
    [[ -e $1 ]] && openssl x509 -in "$1" -noout -checkend $((30 * 86400)) >/dev/null
}

make_authority()
{
    local key=$RUN_DIR/secrets/ca.key certificate=$RUN_DIR/tls/ca.pem
    if certificate_holds "$certificate"; then
        return
    fi
    make_private_key "$key"
    openssl req -x509 -new -key "$key" -sha256 -days 3650 -subj '/CN=Bourse development authority' \
        -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
        -addext 'keyUsage=critical,keyCertSign,cRLSign' \
        -out "$certificate"
    rm -f "$RUN_DIR/tls/server.pem"
    rm -rf "$RUN_DIR/secrets/inside"
}

# Makes a private key, once, and a certificate of it: key, certificate, name, what it is for.
make_certificate()
{
    if certificate_holds "$2"; then
        return
    fi
    make_private_key "$1"
    openssl req -new -key "$1" -subj "/CN=$3" |
        openssl x509 -req -CA "$RUN_DIR/tls/ca.pem" -CAkey "$RUN_DIR/secrets/ca.key" \
            -sha256 -days 397 -set_serial "0x00$(openssl rand -hex 16)" \
            -out "$2" -extfile <(
                echo 'basicConstraints=critical,CA:FALSE'
                echo 'keyUsage=critical,digitalSignature'
                echo "extendedKeyUsage=$4"
                if [[ $4 == *serverAuth* ]]; then
                    echo 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
                fi
            )
}

# Makes an identity as BOURSE_KAFKA_TLS_DIR wants it: name, what it is for.
make_identity()
{
    local folder
    folder=$(identity_dir "$1")
    if certificate_holds "$folder/user.crt"; then
        return
    fi
    make_dir 700 "$RUN_DIR/secrets/inside" "$folder"
    make_certificate "$folder/user.key" "$folder/user.crt" "$1" "$2"
    cp "$RUN_DIR/tls/ca.pem" "$folder/ca.crt"
}

# Each service by its own name, which is what the broker's rules and the database's roles go by
# (`bourse access`, `bourse access database`); the broker; the database, whose superuser has the same;
# who only reads; and who runs `bourse` commands, who may everything.
make_identities()
{
    local row
    for row in "${SERVICES[@]}" reader operator; do
        make_identity "${row%% *}" clientAuth
    done
    make_identity postgres clientAuth,serverAuth
    make_identity broker clientAuth,serverAuth
    cat "$(identity_dir broker)"/user.{key,crt} | write_secret "$(identity_dir broker)/broker.pem"
}

# The admin's password, in the file that `bourse init` reads and in the one that people and scripts
# source.
make_admin_password()
{
    local file=$RUN_DIR/secrets/admin.password
    if [[ ! -e $file ]]; then
        openssl rand -base64 24 | tr '+/' '-_' | tr -d '\n' | write_secret "$file"
    fi
    {
        echo "BOURSE_ADMIN_EMAIL=$BOURSE_ADMIN_EMAIL"
        echo "BOURSE_ADMIN_PASSWORD=$("${AS_USER[@]}" cat "$file")"
    } | write_secret "$RUN_DIR/admin.env"
}

make_keys()
{
    make_authority
    make_certificate "$RUN_DIR/secrets/server.key" "$RUN_DIR/tls/server.pem" localhost serverAuth
    if [[ $BOURSE_TLS_INSIDE == on ]]; then
        make_identities
    fi
    make_private_key "$RUN_DIR/secrets/token.key"
    make_private_key "$RUN_DIR/secrets/push.key"
    if [[ ! -e $RUN_DIR/secrets/payment.secret ]]; then
        openssl rand -hex 32 | tr -d '\n' | write_secret "$RUN_DIR/secrets/payment.secret"
    fi
    if [[ ! -e $RUN_DIR/secrets/seal.key ]]; then
        openssl rand -hex 32 | tr -d '\n' | write_secret "$RUN_DIR/secrets/seal.key"
    fi
    if [[ ! -e $RUN_DIR/secrets/signing.key ]]; then
        openssl rand -hex 32 | tr -d '\n' | write_secret "$RUN_DIR/secrets/signing.key"
    fi
    make_admin_password
    note "in $RUN_DIR/secrets"
}
