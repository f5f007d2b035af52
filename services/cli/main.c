/* bourse - the operator's and analyst's command. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#define EVENTS_OPTIONS                                                                             \
    "  --from POSITION   where to begin: beginning (default), end, an offset, or a time\n"         \
    "                    (2026-11-30T09:30:00Z)\n"                                                 \
    "  --to POSITION     what to stop before\n"                                                    \
    "  -n COUNT          stop after so many events\n"                                              \
    "  --partition P     of this partition only\n"                                                 \
    "  --type NAME       of this type only, as OrderEntered; again: or of this\n"                  \
    "  --key KEY         of this record key only: an account, an instrument, a person\n"           \
    "  --command ID      what came of this command, in whatever service\n"                         \
    "  --all             also records that are void, with the reason (\"inert\")\n"                \
    "  --json            (default) an object a line\n"                                             \
    "  --cloudevents     CloudEvents 1.0 (structured mode), one a line; data is the event\n"       \
    "  --csv             lines of CSV; with one --type a column for each of its fields\n"
#define EVENTS_NOTES                                                                               \
    "It reads from the first record whatever is printed, for only so is known which records "      \
    "count.\n"                                                                                     \
    "Setting: BOURSE_KAFKA.\n"

static const struct cli_command COMMANDS[] = {
    {"init", "", "make topics, log, vault and the first admin; again: what is missing",
     "Waits for the broker and the databases, at most a minute each. What exists is checked and\n"
     "never changed. Settings: bourse init needs BOURSE_KAFKA, BOURSE_PG, BOURSE_VAULT_PG,\n"
     "BOURSE_SEAL_KEY_FILE and, for the admin, BOURSE_ADMIN_EMAIL and "
     "BOURSE_ADMIN_PASSWORD_FILE; with BOURSE_KAFKA_TLS_DIR it makes the broker's rules, too.\n",
     cli_init},
    {"access database", "", "print who may do what with the databases, as bourse init sees to it",
     "A right a line: role, database, tables (* is all of a schema, and of those made anew beside\n"
     "it), tables that it is not about, privileges, the columns that it is about where it is not "
     "all\n"
     "of them, with tabs between. The roles have to be there, with a login; what they need beside\n"
     "this (CONNECT, USAGE) goes with it. What is not printed is not allowed, but for the owner "
     "of\n"
     "both databases, as whom bourse commands are run.\n",
     cli_access_database},
    {"access", "", "print who may do what with the topics, as the brokers' rules have to say",
     "A rule a line: principal, operation, topic or group, literal or prefix, name, with tabs "
     "between.\n"
     "bourse init makes them where BOURSE_KAFKA_TLS_DIR is set and it may; other brokers are to "
     "be\n"
     "given them by who runs them. A principal is the name in a certificate (CN). What is not "
     "printed\n"
     "is not allowed, but for whom bourse commands are run as: a super user of the brokers.\n",
     cli_access},
    {"events tail", "TOPIC [OPTION...]", "print the events of a topic that count, as they come",
     "TOPIC is bourse.orders.events, or only orders. A partition's events come in their order, "
     "the\n"
     "partitions as they happen to: events replay puts them in one.\n" EVENTS_OPTIONS
     "  --follow          go on at the end of the log; with --from end this is so anyway\n"
     "Without --follow it stops at the end that the log had at the start.\n" EVENTS_NOTES,
     cli_events_tail},
    {"events replay", "[TOPIC...] [OPTION...]", "print what happened, in one order",
     "Of all topics where none is named; TOPIC is bourse.orders.events, or only orders. Events "
     "come\n"
     "by the log's time, but none before what caused it, and none whose cause lies behind the "
     "range:\n"
     "the same order each time.\n" EVENTS_OPTIONS
     "Offsets are those of one topic. It keeps a connection for each partition.\n" EVENTS_NOTES,
     cli_events_replay},
    {"commands lost", "SERVICE/PARTITION",
     "give up commands that were deleted before they were read",
     "A partition that finds that commands are missing which it has not answered stops. This says\n"
     "which they are.\n"
     "  --yes             give them up: what they asked for will not happen. The log keeps who "
     "said\n"
     "                    so (CommandsLost), with a ticket, once the service is started again\n"
     "  --reason TEXT     what happened, for the ticket\n",
     cli_commands_lost},
    {"doctor", "", "look at the ground that the venue stands on, and say what to do",
     "A line for what is well, two for what is wrong: what it is, and the way to mend it. Looked "
     "at\n"
     "are the topics with their settings, how many brokers hold each and are in step, who may "
     "write\n"
     "events (ACLs), which role may do what in the databases, how each log begins, whether its "
     "newest\n"
     "records are known to this version, each projection against its log, the clock against the\n"
     "database's, the vault and its key, whether tickets get signed, and until when the gateway's\n"
     "certificate is good. It changes nothing; status 1\n"
     "where anything is wrong. Settings: BOURSE_KAFKA, BOURSE_PG, BOURSE_VAULT_PG,\n"
     "BOURSE_SEAL_KEY_FILE; with BOURSE_TLS_CERT_FILE the certificate.\n",
     cli_doctor},
    {"backup", "FOLDER", "copy all that is truth of a running venue into a folder",
     "Every record of the topics, and the vault: sealing keys, wrapped, and sealed documents. "
     "Stops\n"
     "nothing; all that was answered before it began is in it. Not in it is what is made from the "
     "log\n"
     "again (projections, snapshots), and what is kept in files: the seal key, without which the "
     "vault\n"
     "opens for nobody, and the keys of tokens, checkpoints and TLS.\n"
     "  --only log|vault  one of them\n"
     "FOLDER is made, or has no backup in it. Settings: BOURSE_KAFKA, BOURSE_VAULT_PG.\n",
     cli_backup},
    {"restore", "FOLDER", "make the venue of a backup, where there is none",
     "Into a broker without topics and databases without tables: what is not empty is refused, "
     "and\n"
     "nothing is ever reset. First the files are held against what they were, and their chains "
     "against\n"
     "their heads; in the end all is read back from the broker. Whom the log says to be erased "
     "has no\n"
     "key then, however old the vault is. Start nothing before it is done; then everything, and\n"
     "projections are made anew.\n"
     "  --only log|vault  one of them: the log beside a vault that is still there, or keys from a "
     "newer\n"
     "                    backup than the log\n"
     "Settings as of bourse init, but for the number of partitions, which is the backup's.\n",
     cli_restore},
    {"audit export", "FOLDER", "copy the event topics into files, to be verified elsewhere",
     "A file for each partition, as libs/eventlog/copy.h says; none that is there is written "
     "over.\n"
     "Settings: BOURSE_KAFKA.\n",
     cli_audit_export},
    {"audit verify", "FOLDER | --proof FILE",
     "hold a copied log, or a proof, against signed checkpoints",
     "Offline, with nothing but the public key. Of a copied log: every partition's chain against "
     "the\n"
     "heads, and the tickets against the trees, of all checkpoints in it that are signed. The "
     "first\n"
     "bad record of a partition is named; status 1.\n"
     "  --key KEY           NAME+ID+KEY, as GET admin/logging/public-key shows it; again: another\n"
     "  --published FOLDER  checkpoints from elsewhere, which the log cannot have changed\n"
     "  --ticket ID         also says where this one is signed\n"
     "  --whole             what lies behind the last signed head is a fault, too\n"
     "  --proof FILE        instead: what GET admin/logging/tickets/ID shows of a ticket, or GET\n"
     "                      admin/logging/checkpoints/N/consistency-proof of two checkpoints\n",
     cli_audit_verify},
    {"feed", "--instrument SYMBOL --csv FILE [OPTION...]",
     "replay a file of prices into an instrument",
     "Rows become due as far apart as their times are, at --speed times the pace of life.\n"
     "  --csv FILE            - reads standard input\n"
     "  --column NAME         of the prices (default Close); rows without one are passed over\n"
     "  --time-column NAME    of the times (default: the first column): a date, a date and time, "
     "or\n"
     "                        seconds or milliseconds since 1970\n"
     "  --speed N             60 (default) makes a minute of an hour\n"
     "  --scale FACTOR        what prices are multiplied by before they are rounded to the tick\n"
     "  --limit N             stop after so many rows\n"
     "  --mode mark           (default) an operator feeds each price in as the mark price\n"
     "  --mode trade          two accounts trade at each price, selling and buying in turns\n"
     "    --maker EMAIL       the one that quotes; needs twice --quantity, then the money for it\n"
     "    --client EMAIL      the one that takes\n"
     "    --quantity N        of each trade (default: the instrument's least)\n"
     "SIGINT ends it in good order. Settings: BOURSE_URL, BOURSE_CA; for marks BOURSE_ADMIN_EMAIL "
     "and\nBOURSE_ADMIN_PASSWORD_FILE, for trades BOURSE_FEED_PASSWORD_FILE, of both accounts.\n",
     cli_feed},
    {"canary", "--maker EMAIL --client EMAIL [OPTION...]",
     "trade with oneself, again and again, and count whether all of it works",
     "Two accounts of the venue's own trade the least quantity of CANARY-EUR at a price of 1, "
     "selling "
     "and\n"
     "buying in turns, and read what it did to them. What is ordered in CANARY-EUR is not among "
     "the\n"
     "orders that gateways count. Make it without fees, and give each account twice the quantity, "
     "and\nthe money for it; no more is ever needed.\n"
     "  --every SECONDS       between two of them (default 10)\n"
     "  --port PORT           of /metrics and /health (default: none)\n"
     "  --address ADDRESS     to listen on there, as digits (default 127.0.0.1)\n"
     "SIGINT and SIGTERM end it in good order. Settings: BOURSE_URL, BOURSE_CA,\n"
     "BOURSE_FEED_PASSWORD_FILE, of both accounts.\n",
     cli_canary},
    {"news import", "FILE [OPTION...]", "publish the articles of a file of RSS 2.0 or Atom",
     "Each is published once, however often its file is imported: by its guid. FILE - reads "
     "standard\ninput.\n"
     "  --category NAME     of articles that say none (default news)\n"
     "  --symbols A,B       what all of them are about\n"
     "Settings: BOURSE_URL, BOURSE_CA, BOURSE_ADMIN_EMAIL, BOURSE_ADMIN_PASSWORD_FILE.\n",
     cli_news_import},
    {"calendar import", "FILE --country CC [OPTION...]",
     "publish the dates of an iCalendar file as dates of the economy",
     "Each is published once, however often its file is imported: by its UID. FILE - reads "
     "standard\ninput.\n"
     "  --country CC        whose dates they are: ISO 3166, or EU\n"
     "  --importance LEVEL  low, medium (default) or high, of dates without a PRIORITY\n"
     "What repeats or is canceled is passed over, and told. Settings as of news import.\n",
     cli_calendar_import},
    {"small-deposits", "", "print what is to be sent by payment methods that wait to be verified",
     "A line each: its id, its kind, the two amounts, and where it leads to, as JSON, with tabs "
     "between.\nNothing but this shows the amounts: who knows them verifies the payment method. "
     "Settings:\nBOURSE_PG, BOURSE_VAULT_PG, BOURSE_SEAL_KEY_FILE.\n",
     cli_small_deposits},
    {"projection status", "", "how far the tables of each service have followed its log",
     "SERVICE_next are tables that were made anew beside the live ones, SERVICE_previous those "
     "that\n"
     "were live before.\n",
     cli_projection_status},
    {"projection rebuild", "SERVICE [--beside]", "make the tables of a service anew",
     "Reads its log from the first record, up to where the live tables are, and tells of each "
     "table\n"
     "whether it has the same rows as the live one; then switches, and drops the old ones. "
     "Requests\n"
     "and the running projector go on meanwhile.\n"
     "  --beside          without the switch: they stand as SERVICE_next. Status 1 where rows are\n"
     "                    not the same\n"
     "SERVICE is what `bourse projection status` names. A rebuild that ended half-way is finished "
     "by\n"
     "projection switch, which reads on.\n",
     cli_projection_rebuild},
    {"projection switch", "SERVICE", "put SERVICE_next in the place of the live tables",
     "Reads on to where those are, and switches in one transaction, which the running projector\n"
     "waits for. The old ones stay as SERVICE_previous, for the way back. They are not kept in\n"
     "step, but a person erased meanwhile is taken out of them, too, unless another version made\n"
     "them. Whom new live tables still know is taken out of them within seconds of the switch.\n",
     cli_projection_switch},
    {"projection switch-back", "SERVICE", "put SERVICE_previous in the place of the live tables",
     "As projection switch; what was live stays as SERVICE_next.\n", cli_projection_switch_back},
    {"projection drop", "SERVICE", "drop SERVICE_next and SERVICE_previous", "",
     cli_projection_drop},
    {"vault rewrap", "", "wrap the vault's keys under the first key of BOURSE_SEAL_KEY_FILE",
     "The last step but one of changing that key, with everything running:\n"
     "  1. put a new key on a line behind the old one, wherever the file is; each process reads "
     "it\n"
     "     again within 5 s (bourse_settings_reread_total{group=\"seal_keys\"})\n"
     "  2. put the new line first: it wraps from now on\n"
     "  3. bourse vault rewrap, until it says that nothing was left to wrap\n"
     "  4. take the old line out; keep it as long as backups of the vault that it opens\n"
     "May end anywhere and begin again. Settings: BOURSE_VAULT_PG, BOURSE_SEAL_KEY_FILE.\n",
     cli_vault_rewrap},
};

static void print_help(FILE *out)
{
    fputs("usage: bourse COMMAND [ARGUMENT...]\n\n", out);
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++)
        fprintf(out, "  %-23s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    fputs("  help, --version\n\n`bourse COMMAND -h` says more of one.\n", out);
}

/* How many words of the line are this command's name; 0: it is another one. */
static int words_of(const struct cli_command *command, int argc, char **argv)
{
    const char *space = strchr(command->name, ' ');
    struct text first = text_of(command->name);
    if (space != NULL)
        first.size = (size_t)(space - command->name);
    if (!text_is(first, argv[1]))
        return 0;
    if (space == NULL)
        return 1;
    return argc > 2 && strcmp(argv[2], space + 1) == 0 ? 2 : 0;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            printf("usage: bourse %s%s%s\n\n%s\n%s", command->name,
                   command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary,
                   command->help);
            return CLI_OK;
        }
    }
    return command->run(argc, argv);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("bourse " BOURSE_VERSION);
        return CLI_OK;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return CLI_OK;
    }
    if (seal_init() != OK)
        return cli_fail("this machine gives no randomness");
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        int words = words_of(&COMMANDS[i], argc, argv);
        if (words > 0)
            return run(&COMMANDS[i], argc - words, argv + words);
    }
    print_help(stderr);
    return cli_usage("there is no command '%s%s%s'", argv[1], argc > 2 ? " " : "",
                     argc > 2 ? argv[2] : "");
}
