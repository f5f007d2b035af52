# shellcheck shell=bash
# mail.sh - the mail server of a development stack, which takes text messages, too: what it is sent
# becomes files in the run directory's mail folder.

mail_launch()
{
    make_dir 700 "$RUN_DIR/mail"
    launch mail -- /usr/bin/python3 -B "$REPO_DIR/infra/mail/catcher.py" "$RUN_DIR/mail"
}

# Prints the port that it listens on.
mail_port()
{
    cat "$RUN_DIR/mail/port"
}

mail_ready()
{
    [[ -s $RUN_DIR/mail/port ]] && port_taken "$(mail_port)"
}

# Adds what a sender of mail needs.
mail_environment()
{
    ENVIRONMENT+=(
        "BOURSE_SMTP_URL=smtp://127.0.0.1:$(mail_port)"
        "BOURSE_MAIL_FROM=bourse@localhost"
        "BOURSE_PUBLIC_URL=https://localhost:$BOURSE_HTTPS_PORT"
        "BOURSE_WEBHOOKS=anywhere"
    )
    message_environment
}

# Adds where text messages go, and what browsers know the venue by.
message_environment()
{
    ENVIRONMENT+=(
        "BOURSE_SMS_URL=http://127.0.0.1:$(cat "$RUN_DIR/mail/text-port")/"
        "BOURSE_PUSH_KEY_FILE=$RUN_DIR/secrets/push.key"
    )
}
