/* bourse audit verify: a copied log against signed checkpoints, offline. */
#include "cli/audit.h"
#include "cli/cli.h"
#include "eventlog/copy.h"
#include "eventlog/follower.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_ARENA_SIZE = 256 << 20, HEADS_MAX = 1 << 24 };

struct verification {
    struct audit_notes notes;
    struct audit_tickets tickets;
    struct merkle tree;
    const char *folder, *published, *proof;
    bool whole; /* what lies behind the last signed head is a fault, too */
    struct event event;
    struct arena *arena; /* of one event */
};

/* --- one partition --- */

struct partition {
    enum service_id service;
    int32_t partition;
    struct chain_head *heads;
    size_t heads_count;
    int64_t records;
    struct chain chain;
};

static bool take_event(struct verification *all, struct partition *at)
{
    if (at->service != SERVICE_AUDIT || all->tickets.failed)
        return true;
    if (event_decode_rest(at->chain.fold.rest, all->arena, &all->event) == OK)
        all->tickets.failed = !audit_tickets_take(&all->tickets, &all->event);
    return true;
}

/* Reads a partition's copy to its end, or to the first fault. */
static enum err read_copy(struct verification *all, struct partition *at, struct log_copy *copy)
{
    struct log_record record;
    enum err err = OK;
    bool good = true, counts = false;
    while (good && (err = log_copy_next(copy, &record)) == OK) {
        arena_reset(all->arena);
        good = chain_step(&at->chain, &record, all->arena, &all->event, &counts);
        at->records++;
        if (good && counts)
            good = take_event(all, at);
    }
    if (good && err == ERR_NOT_FOUND)
        good = chain_end(&at->chain);
    return !good ? ERR_LOG : err == ERR_NOT_FOUND ? OK : err;
}

static bool is_narrow(const struct chain_fault *fault)
{
    return fault->first == fault->last;
}

static bool says_fault(const struct partition *at)
{
    const struct chain_fault *fault = &at->chain.fault;
    const char *name = service_name(at->service);
    if (is_narrow(fault))
        printf("%s/%d: record %lld %s\n", name, at->partition, (long long)fault->first,
               fault->what);
    else
        printf("%s/%d: one of the records %lld to %lld %s\n", name, at->partition,
               (long long)fault->first, (long long)fault->last, fault->what);
    return false;
}

/* Behind the last signed head nobody can tell. */
static bool says_good(const struct verification *all, const struct partition *at)
{
    int64_t behind = at->chain.next_offset - at->chain.trusted;
    printf("%s/%d: %lld records, of which %lld are signed\n", service_name(at->service),
           at->partition, (long long)at->records, (long long)(at->records - behind));
    if (!all->whole || behind == 0)
        return true;
    printf("%s/%d: record %lld is not signed, nor is any behind it\n", service_name(at->service),
           at->partition, (long long)at->chain.trusted);
    return false;
}

static bool opens(const struct verification *all, const struct partition *at,
                  struct log_copy *ret_copy)
{
    char name[LOG_COPY_NAME_SIZE];
    const struct log_copy_place place = {.service = at->service, .partition = at->partition};
    enum err err = log_copy_find(all->folder, &place, ret_copy);
    if (err == OK)
        return true;
    log_copy_name(&place, name);
    printf("%s/%d: %s/%s %s\n", service_name(at->service), at->partition, all->folder, name,
           err == ERR_NOT_FOUND ? "is missing" : "is no copy of it");
    return false;
}

/* Shows a partition's records to its chain. */
static enum err judge(struct verification *all, struct partition *at)
{
    struct log_copy copy;
    at->records = 0;
    if (!opens(all, at, &copy))
        return ERR_NOT_FOUND;
    chain_begin(&at->chain, at->service, at->partition, at->heads, at->heads_count);
    enum err err = read_copy(all, at, &copy);
    log_copy_close(&copy);
    return err;
}

/* --- what audit has heard of the others --- */

/* Adds the heads of `at` that audit's events have seen in a range of its records. */
static void add_heads(struct partition *at, const struct event_meta *meta, int64_t from, int64_t to)
{
    for (size_t i = 0; i < meta->cause_count; i++) {
        const struct cause_run *run = &meta->cause[i];
        if (!run->has_fold || run->partition != at->partition || run->last_offset < from ||
            run->last_offset >= to || at->heads_count == HEADS_MAX ||
            !text_is(run->topic, follower_events_topic(at->service)))
            continue;
        at->heads = realloc(at->heads, (at->heads_count + 1) * sizeof *at->heads);
        CHECK(at->heads != NULL);
        at->heads[at->heads_count++] = (struct chain_head){run->last_offset + 1, run->fold.head};
    }
}

static int by_offset(const void *a, const void *b)
{
    const struct chain_head *first = a, *second = b;
    return (first->next_offset > second->next_offset) - (first->next_offset < second->next_offset);
}

/* Where nothing but a range is known, the heads that audit had met in it, which are signed as its
 * records are, make it narrower. */
static void narrow(struct verification *all, struct partition *at)
{
    struct partition audit = {.service = SERVICE_AUDIT};
    struct chain_fault fault = at->chain.fault;
    struct log_copy copy;
    struct log_record record;
    bool counts = true;
    if (!opens(all, &audit, &copy))
        return;
    audit.heads = audit_notes_heads(&all->notes, SERVICE_AUDIT, 0, &audit.heads_count);
    chain_begin(&audit.chain, SERVICE_AUDIT, 0, audit.heads, audit.heads_count);
    while (log_copy_next(&copy, &record) == OK) {
        arena_reset(all->arena);
        if (!chain_step(&audit.chain, &record, all->arena, &all->event, &counts))
            break;
        if (counts)
            add_heads(at, &all->event.meta, fault.first, fault.last + 1);
    }
    log_copy_close(&copy);
    chain_free(&audit.chain);
    free(audit.heads);
    qsort(at->heads, at->heads_count, sizeof *at->heads, by_offset);
    chain_free(&at->chain);
    (void)judge(all, at);
}

static bool verify_partition(struct verification *all, enum service_id service, int32_t partition)
{
    struct partition at = {.service = service, .partition = partition};
    at.heads = audit_notes_heads(&all->notes, service, partition, &at.heads_count);
    enum err err = judge(all, &at);
    if (err == ERR_LOG && !is_narrow(&at.chain.fault) && service != SERVICE_AUDIT)
        narrow(all, &at);
    bool good = err == OK ? says_good(all, &at) : false;
    if (err == ERR_LOG)
        good = says_fault(&at);
    else if (err == ERR_POISON)
        printf("%s/%d: record %lld is cut off, and all behind it\n", service_name(service),
               partition, (long long)at.chain.next_offset);
    if (err != ERR_NOT_FOUND)
        chain_free(&at.chain);
    free(at.heads);
    return good;
}

/* --- all --- */

static bool verify_log(struct verification *all)
{
    const struct checkpoint *newest = &all->notes.list[all->notes.count - 1];
    printf("checkpoints: %zu are signed, up to %lld\n", all->notes.count,
           (long long)newest->number);
    all->tickets.notes = &all->notes;
    all->tickets.tree = &all->tree;
    all->tickets.wanted_leaf = -1;
    bool good = verify_partition(all, SERVICE_AUDIT, 0);
    if (good)
        good = !all->tickets.failed && audit_tickets_end(&all->tickets);
    for (size_t i = 0; i < newest->heads_count; i++) {
        enum service_id service;
        if (service_named(newest->heads[i].service, &service) != OK)
            good = cli_fail("a newer version signs of '%.*s'", (int)newest->heads[i].service.size,
                            newest->heads[i].service.data) == CLI_OK;
        else if (service != SERVICE_AUDIT)
            good = verify_partition(all, service, newest->heads[i].partition) && good;
    }
    return good;
}

static int verify(struct verification *all)
{
    if (all->proof != NULL)
        return audit_verify_proof(&all->notes, all->proof);
    bool good = audit_notes_from_log(&all->notes, all->folder);
    if (good && all->published != NULL)
        good = audit_notes_from_folder(&all->notes, all->published);
    if (!good || !audit_notes_sort(&all->notes))
        return CLI_FAILED;
    if (all->notes.count == 0)
        return cli_fail("no checkpoint is signed by the key%s",
                        all->notes.keys_count > 1 ? "s" : "");
    if (!verify_log(all))
        return CLI_FAILED;
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int parse_key(const char *text, struct audit_notes *notes)
{
    if (notes->keys_count == AUDIT_KEYS_MAX)
        return cli_usage("--key comes %d times at most", AUDIT_KEYS_MAX);
    if (note_key_parse(text_of(text), &notes->keys[notes->keys_count]) != OK)
        return cli_usage("'%s' is no verifier key: NAME+ID+KEY", text);
    notes->keys_count++;
    return CLI_OK;
}

static int parse(int argc, char **argv, struct verification *all)
{
    static const struct option OPTIONS[] = {
        {"key", required_argument, NULL, 'k'},    {"published", required_argument, NULL, 'p'},
        {"ticket", required_argument, NULL, 't'}, {"proof", required_argument, NULL, 'P'},
        {"whole", no_argument, NULL, 'w'},        {0}};
    int option, status = CLI_OK;
    while (status == CLI_OK && (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 'k': status = parse_key(optarg, &all->notes); break;
        case 'p': all->published = optarg; break;
        case 't': all->tickets.wanted = text_of(optarg); break;
        case 'P': all->proof = optarg; break;
        case 'w': all->whole = true; break;
        default: return CLI_USAGE; /* getopt has said why */
        }
    }
    all->folder = argv[optind];
    if (status == CLI_OK && optind + (all->proof == NULL ? 1 : 0) != argc)
        return cli_usage(
            "audit verify takes the folder of a copied log, or --proof FILE; -h says more");
    if (status == CLI_OK && all->notes.keys_count == 0)
        return cli_usage("audit verify takes the --key that the checkpoints are signed with");
    return status;
}

int cli_audit_verify(int argc, char **argv)
{
    static struct verification all;
    int status = parse(argc, argv, &all);
    if (status != CLI_OK)
        return status;
    audit_notes_init(&all.notes);
    all.arena = arena_new(EVENT_ARENA_SIZE);
    status = verify(&all);
    arena_free(all.arena);
    audit_notes_free(&all.notes);
    return status;
}
