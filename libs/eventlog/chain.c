#include "eventlog/chain.h"

#include "base/uuid.h"

#include <string.h>

void chain_begin(struct chain *chain, enum service_id service, int32_t partition,
                 const struct chain_head *heads, size_t heads_count)
{
    *chain = (struct chain){.heads = heads,
                            .heads_count = heads_count,
                            .last_counted = -1,
                            .before_claim = -1,
                            .first_inert = -1};
    fold_init(&chain->fold, service, partition);
    while (chain->met < heads_count && heads[chain->met].next_offset == 0)
        chain->met++; /* of when nothing had been read */
}

void chain_free(struct chain *chain)
{
    fold_free(&chain->fold);
}

static bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* --- doubts --- */

static void doubt(struct chain *chain, int64_t offset, const char *what)
{
    if (chain->doubt.raised)
        return;
    chain->doubt.raised = chain->doubt.settled = true;
    chain->doubt.fault = (struct chain_fault){offset, offset, what};
}

/* A record does not continue the chain: whether it or the one before is to blame, the next record
 * says, which has the head behind it. */
static void doubt_link(struct chain *chain, const struct log_record *record,
                       const struct event_meta *meta)
{
    if (chain->doubt.raised)
        return;
    if (chain->first_inert >= 0) {
        doubt(chain, chain->first_inert, "does not count, and the next ones do not without it");
        return;
    }
    bool claim_is_sound = chain->before_claim >= 0 && hash_equal(&meta->prev_hash, &chain->claim);
    chain->doubt = (struct chain_doubt){
        .raised = true,
        .offset = record->offset,
        .before = claim_is_sound ? chain->before_claim : chain->last_counted,
        .gap = meta->wseq > chain->fold.state.wseq + 1,
        .head = fold_hash(&meta->prev_hash, record->key, record->value),
    };
}

/* `sound`: what lies behind the record that did not fit has its head, so it is as it was written.
 */
static void settle(struct chain *chain, bool sound)
{
    struct chain_doubt *link = &chain->doubt;
    if (!link->raised || link->settled)
        return;
    link->settled = true;
    bool before_it = sound && !link->gap && link->before >= chain->trusted;
    int64_t offset = before_it ? link->before : link->offset;
    link->fault =
        (struct chain_fault){offset, offset,
                             before_it            ? "is not what was written there"
                             : sound && link->gap ? "comes too early: one is missing before it"
                                                  : "does not continue the log"};
}

/* --- verdicts --- */

/* There is a fault: where the doubt says, if there is one, for that came first. */
static bool fail(struct chain *chain, int64_t first, int64_t last, const char *what)
{
    settle(chain, false);
    chain->fault =
        chain->doubt.raised ? chain->doubt.fault : (struct chain_fault){first, last, what};
    return false;
}

/* A signed head was missed. */
static bool conclude(struct chain *chain, const struct chain_head *head)
{
    settle(chain, hash_equal(&chain->doubt.head, &head->head));
    if (chain->first_inert >= 0)
        return fail(chain, chain->first_inert, chain->first_inert, "does not count, and must");
    return fail(chain, chain->trusted, head->next_offset - 1, "is not what was signed");
}

/* Compares the fold with the heads that are due behind the last record. */
static bool meet_heads(struct chain *chain)
{
    while (chain->met < chain->heads_count &&
           chain->heads[chain->met].next_offset <= chain->next_offset) {
        const struct chain_head *head = &chain->heads[chain->met++];
        if (head->next_offset < chain->next_offset || chain->stopped ||
            !hash_equal(&head->head, &chain->fold.state.head))
            return conclude(chain, head);
        chain->trusted = head->next_offset;
        chain->doubt = (struct chain_doubt){0};
        chain->first_inert = -1;
    }
    return true;
}

/* --- records --- */

/* `head`: before the record. */
static void note_counted(struct chain *chain, enum fold_verdict verdict,
                         const struct log_record *record, const struct event_meta *meta,
                         const struct hash *head)
{
    chain->before_claim = -1;
    if (verdict == FOLD_CLAIM && !hash_equal(&meta->prev_hash, head)) {
        chain->before_claim = chain->first_inert >= 0 ? chain->first_inert : chain->last_counted;
        chain->claim = fold_hash(&meta->prev_hash, record->key, record->value);
    }
    chain->is_claim = verdict == FOLD_CLAIM || chain->last_counted < 0;
    chain->last_counted = record->offset;
    chain->first_inert = -1;
    if (chain->doubt.tentative)
        chain->doubt = (struct chain_doubt){0};
}

/* True when it may be the claim or the creation right before the record that was changed, so that
 * nothing of its writer, or of this log, counts. */
static bool may_be_before(const struct chain *chain, const struct event_meta *meta)
{
    if (chain->first_inert >= 0 || !chain->is_claim || !chain->fold.readable)
        return false;
    return chain->last_counted > 0 ? meta->wseq == 1
                                   : !uuid_equal(meta->incarnation, chain->fold.incarnation);
}

static void note_inert(struct chain *chain, const struct log_record *record,
                       const struct event_meta *meta)
{
    if (may_be_before(chain, meta) && !chain->doubt.raised) {
        doubt_link(chain, record, meta);
        chain->doubt.tentative = true;
        chain->doubt.gap = false;
    }
    if (chain->first_inert < 0)
        chain->first_inert = record->offset;
}

static void judge(struct chain *chain, const struct log_record *record, struct arena *arena,
                  struct event *ret_event, bool *ret_counts)
{
    struct fold *fold = &chain->fold;
    const struct hash head = fold->state.head;
    bool poisoned = fold->state.poisoned;
    enum fold_verdict verdict = fold_step(fold, record, arena, ret_event);
    if (fold->readable)
        settle(chain, hash_equal(&ret_event->meta.prev_hash, &chain->doubt.head));
    else
        settle(chain, false);
    *ret_counts = verdict == FOLD_VALID;
    switch (verdict) {
    case FOLD_VALID:
    case FOLD_CLAIM: note_counted(chain, verdict, record, &ret_event->meta, &head); break;
    case FOLD_INERT:
        if (fold->state.poisoned && !poisoned)
            doubt_link(chain, record, &ret_event->meta);
        else if (!poisoned)
            note_inert(chain, record, &ret_event->meta);
        break;
    case FOLD_STOP:
        chain->stopped = true;
        doubt(chain, chain->first_inert >= 0 ? chain->first_inert : record->offset, "cannot be");
        break;
    }
}

bool chain_step(struct chain *chain, const struct log_record *record, struct arena *arena,
                struct event *ret_event, bool *ret_counts)
{
    *ret_counts = false;
    if (record->offset < chain->next_offset)
        return fail(chain, chain->next_offset, chain->next_offset,
                    "is not there, but an older one");
    if (record->offset > chain->next_offset)
        doubt(chain, chain->next_offset, "is missing");
    if (!chain->stopped)
        judge(chain, record, arena, ret_event, ret_counts);
    chain->next_offset = record->offset + 1;
    return meet_heads(chain);
}

bool chain_end(struct chain *chain)
{
    if (chain->met == chain->heads_count)
        return true;
    return fail(chain, chain->next_offset, chain->next_offset, "is missing, and all behind it");
}
