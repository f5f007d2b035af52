/* kyc_document.c - documents for the identity check: looked at, sealed into the vault, told of; and
 * read again. They come and go part by part: one of each is in memory.
 *
 *     POST    first part -> what is it? -> vault -> next part ... is it all of one? ->
 *             AddKycDocument; broken off, or refused: out of the vault again
 *     DELETE  RemoveKycDocument -> out of the vault
 *     GET     is it there? -> a part, as soon as the reader has taken the one before
 *
 * Once it is begun there, each part has its turn however late it is, and the last one, too, that
 * there will be no more: so whatever breaks it off leaves nothing.
 *
 * What a gateway had begun that ended goes when another document comes an hour later. One that ends
 * between the last part and the answer leaves a document that nobody knows of: it goes with its
 * person's key.
 */
#include "db/db.h"
#include "gateway/command.h"
#include "gateway/handlers.h"
#include "gateway/outcome.h"
#include "gateway/quota.h"
#include "gateway/read.h"
#include "gateway/respond.h"
#include "http/upload.h"

#include <string.h>

enum { TAIL_SIZE = 1024, PARTS_WAITING = 2 * VAULT_PART_SIZE };

/* --- what it is ------------------------------------------------------------------------------- */

static bool begins(struct bytes bytes, const char *head, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, head, size) == 0;
}

static bool ends(struct bytes bytes, const char *tail, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data + bytes.size - size, tail, size) == 0;
}

static bool find_format(struct bytes head, enum document_format *ret_format)
{
    static const struct {
        const char *text;
        size_t size;
    } HEADS[] = {[DOCUMENT_FORMAT_PDF] = {"%PDF-", 5},
                 [DOCUMENT_FORMAT_PNG] = {"\x89PNG\r\n\x1a\n", 8},
                 [DOCUMENT_FORMAT_JPEG] = {"\xff\xd8\xff", 3}};
    for (size_t i = 0; i < COUNT_OF(HEADS); i++) {
        *ret_format = (enum document_format)i;
        if (begins(head, HEADS[i].text, HEADS[i].size))
            return true;
    }
    return false;
}

/* Half of one is none. */
static bool is_whole(enum document_format format, struct bytes tail)
{
    switch (format) {
    case DOCUMENT_FORMAT_PDF: return memmem(tail.data, tail.size, "%%EOF", 5) != NULL;
    case DOCUMENT_FORMAT_PNG: return ends(tail, "IEND\xae\x42\x60\x82", 8);
    case DOCUMENT_FORMAT_JPEG: return ends(tail, "\xff\xd9", 2);
    }
    return false;
}

/* --- handing in, taking back ------------------------------------------------------------------ */

/* What nobody is to have any more goes; where the vault is away, with its person's key. */
static void drop(struct exchange *exchange, struct uuid document_id)
{
    enum err err = vault_drop_document(exchange->gateway->vault, document_id);
    if (err != OK)
        command_log_vault(exchange, err);
}

static void drop_and_respond(struct exchange *exchange, struct db *db)
{
    (void)db;
    const struct uuid *document_id = exchange->extra;
    drop(exchange, *document_id);
    outcome_respond(exchange);
}

static void drop_if(struct exchange *exchange, bool unwanted)
{
    if (unwanted)
        exchange_resume(exchange, exchange->gateway->work, drop_and_respond);
    else
        outcome_respond(exchange);
}

static void is_added(struct exchange *exchange)
{
    drop_if(exchange, exchange->outcome.refused || exchange->outcome.repeated);
}

static void is_not_added(struct exchange *exchange)
{
    const struct uuid *document_id = exchange->extra;
    drop(exchange, *document_id);
}

static void is_removed(struct exchange *exchange)
{
    drop_if(exchange, !exchange->outcome.refused && !exchange->outcome.repeated);
}

static void send(struct exchange *exchange, struct command *command, struct uuid document_id,
                 void (*completed)(struct exchange *exchange))
{
    struct uuid *kept = ARENA_NEW(exchange->arena, struct uuid, 1);
    *kept = document_id;
    exchange->extra = kept;
    exchange->completed = completed;
    command_set_key(exchange, command);
    exchange->command = command;
    command_send(exchange, SERVICE_ACCOUNTS);
}

/* A document that is coming in. */
struct upload {
    struct uuid user_id, document_id;
    enum document_format format;
    bool begun; /* in the vault */
    int32_t parts;
    int64_t size_bytes;
    struct seal_sha256 hash;
    uint8_t tail[TAIL_SIZE]; /* the last bytes so far */
    size_t tail_size;
    enum http_upload_news news; /* of what comes next */
};

static void note_part(struct upload *upload, struct bytes part)
{
    size_t size = part.size < TAIL_SIZE ? part.size : TAIL_SIZE;
    size_t kept = TAIL_SIZE - size < upload->tail_size ? TAIL_SIZE - size : upload->tail_size;
    memmove(upload->tail, upload->tail + upload->tail_size - kept, kept);
    memcpy(upload->tail + kept, part.data + part.size - size, size);
    upload->tail_size = kept + size;
    upload->size_bytes += (int64_t)part.size;
    upload->parts++;
    seal_sha256_add(&upload->hash, part.data, part.size);
}

/* It does not become one: nothing of it is left. */
static void forget(struct exchange *exchange)
{
    const struct upload *upload = exchange->extra;
    if (upload->begun)
        drop(exchange, upload->document_id);
}

static enum err keep_part(struct exchange *exchange, struct bytes part)
{
    _Static_assert((int)HTTP_UPLOAD_PART_SIZE == (int)VAULT_PART_SIZE, "as it comes, it is kept");
    struct vault *vault = exchange->gateway->vault;
    struct upload *upload = exchange->extra;
    enum err err = OK;
    if (!upload->begun)
        err = vault_begin_document(vault, upload->user_id, upload->document_id);
    upload->begun = true; /* or may be */
    exchange->undo = forget;
    if (err == OK)
        err = vault_put_part(vault, upload->user_id, upload->document_id, upload->parts, part);
    if (err == OK)
        note_part(upload, part);
    return err;
}

static void fail(struct exchange *exchange, enum err err)
{
    command_log_vault(exchange, err);
    forget(exchange);
    respond_err(exchange, err);
}

static void reject(struct exchange *exchange)
{
    forget(exchange);
    respond_problem(exchange, HTTP_PROBLEM_DOCUMENT_REJECTED,
                    TEXT("it is no PDF, PNG or JPEG, or not all of one"), TEXT("body"));
}

static enum kyc_document_kind kind_of(const struct exchange *exchange)
{
    struct text named = json_value_member(exchange->input.parameters, "kind")->text;
    uint32_t kind = 0;
    while (!text_is(named, WIRE_KYC_DOCUMENT_KIND.symbols[kind]))
        kind++; /* the document has the same list */
    return (enum kyc_document_kind)kind;
}

/* All of it is in the vault: whoever reviews it may be told. */
static void tell_of_it(struct exchange *exchange)
{
    struct upload *upload = exchange->extra;
    struct command *command = NULL;
    uint8_t *digest = arena_alloc(exchange->arena, SEAL_SHA256_SIZE);
    seal_sha256_end(&upload->hash, digest);
    exchange->body_digest = (struct bytes){digest, SEAL_SHA256_SIZE};
    exchange->received_us = gateway_now_us();
    exchange->deadline_ns = gateway_now_ns() + WAIT_OUTCOME_NS;
    enum err err = vault_end_document(exchange->gateway->vault, upload->document_id, upload->parts);
    if (err == OK)
        err = command_begin(exchange, COMMAND_ADD_KYC_DOCUMENT, true, &command);
    if (err != OK) {
        fail(exchange, err);
        return;
    }
    struct add_kyc_document *fields = &command->add_kyc_document;
    *fields = (struct add_kyc_document){.user_id = upload->user_id,
                                        .document_id = upload->document_id,
                                        .kind = kind_of(exchange),
                                        .format = upload->format,
                                        .size_bytes = upload->size_bytes};
    memcpy(fields->sha256.bytes, digest, SEAL_SHA256_SIZE);
    exchange->undo = is_not_added;
    send(exchange, command, upload->document_id, is_added);
}

static void await_part(struct exchange *exchange);

static void take_part(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct upload *upload = exchange->extra;
    struct bytes part = http_request_body(exchange->request);
    if (upload->news == HTTP_UPLOAD_GONE) {
        forget(exchange);
        respond_err(exchange, ERR_TIMEOUT); /* to nobody */
        return;
    }
    if (!upload->begun && !find_format(part, &upload->format)) {
        reject(exchange);
        return;
    }
    enum err err = part.size > 0 ? keep_part(exchange, part) : OK;
    bool last = upload->news == HTTP_UPLOAD_LAST;
    if (err != OK)
        fail(exchange, err);
    else if (!last)
        await_part(exchange);
    else if (is_whole(upload->format, (struct bytes){upload->tail, upload->tail_size}))
        tell_of_it(exchange);
    else
        reject(exchange);
}

static void part_is_there(void *context, enum http_upload_news news)
{
    struct exchange *exchange = context;
    struct upload *upload = exchange->extra;
    upload->news = news;
    exchange->deadline_ns = gateway_now_ns() + WAIT_OUTCOME_NS; /* libs/http looks at the whole */
    exchange_resume(exchange, exchange->gateway->work, take_part);
}

static void await_part(struct exchange *exchange)
{
    http_upload_await(exchange->request, part_is_there, exchange);
}

/* Whose body has a place among the large ones. */
struct place_of {
    struct quota *uploads;
    uint64_t source;
};

static void give_place_back(void *context)
{
    const struct place_of *place = context;
    quota_give_back(place->uploads, place->source);
}

/* False: its sender has enough of them on the way, and the exchange was answered before the body.
 */
static bool admit(struct exchange *exchange)
{
    if (!http_request_uploads(exchange->request))
        return true; /* it came whole, and takes nobody's place */
    struct place_of *place = ARENA_NEW(exchange->arena, struct place_of, 1);
    *place = (struct place_of){exchange->gateway->uploads, exchange->caller.source};
    enum quota_verdict verdict = quota_take(place->uploads, place->source, exchange->caller.known);
    if (verdict == QUOTA_TAKEN)
        http_upload_on_end(exchange->request, give_place_back, place);
    else if (verdict == QUOTA_OF_CALLER)
        respond_problem(exchange, HTTP_PROBLEM_RATE_LIMITED,
                        TEXT("you are sending as many documents at the same time as one caller "
                             "may; wait until one of them is in"),
                        TEXT(""));
    else
        respond_err(exchange, ERR_FULL);
    return verdict == QUOTA_TAKEN;
}

void handle_add_document(struct exchange *exchange)
{
    if (!admit(exchange))
        return;
    struct upload *upload = ARENA_NEW(exchange->arena, struct upload, 1);
    upload->user_id = exchange->caller.claims.user_id;
    upload->document_id = fill_fresh_id(uuid_owner_hash(upload->user_id));
    seal_sha256_begin(&upload->hash);
    exchange->extra = upload;
    await_part(exchange);
}

static void take_back(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct command *command = NULL;
    enum err err = command_begin(exchange, COMMAND_REMOVE_KYC_DOCUMENT, true, &command);
    if (err != OK) {
        respond_err(exchange, err);
        return;
    }
    struct remove_kyc_document *fields = &command->remove_kyc_document;
    fields->user_id = exchange->caller.claims.user_id;
    CHECK(uuid_parse(json_value_member(exchange->input.parameters, "document_id")->text,
                     &fields->document_id) == OK);
    send(exchange, command, fields->document_id, is_removed);
}

void handle_remove_document(struct exchange *exchange)
{
    exchange_resume(exchange, exchange->gateway->work, take_back);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
    struct uuid user_id, document_id;
    int32_t part;
    bool last;
    struct http_stream *stream;
};

static enum err next_part(struct exchange *exchange, struct buffer *part)
{
    struct reading *reading = exchange->extra;
    buffer_init(part, VAULT_PART_SIZE);
    enum err err = vault_document_part(exchange->gateway->vault, reading->user_id,
                                       reading->document_id, reading->part++, part, &reading->last);
    if (err != OK)
        command_log_vault(exchange, err);
    return err;
}

static void go_on(struct work_item *item, struct db *db);

/* The reader has taken all there was, or is gone: which the next write finds out. */
static void reader_is_ready(void *context)
{
    struct exchange *exchange = context;
    struct reading *reading = exchange->extra;
    exchange->work.run = go_on;
    exchange->work.needed = true;
    if (!work_submit(exchange->gateway->work, &exchange->work))
        http_stream_abandon(reading->stream);
}

/* Gives the exchange up, to the reader or for good. */
static void tell(struct exchange *exchange, const struct buffer *part)
{
    struct reading *reading = exchange->extra;
    if (!http_stream_write(reading->stream, buffer_as_text(part)))
        http_stream_abandon(reading->stream);
    else if (reading->last)
        http_stream_end(reading->stream);
    else
        http_stream_await(reading->stream, reader_is_ready, exchange);
}

static void go_on(struct work_item *item, struct db *db)
{
    (void)db;
    struct exchange *exchange = EXCHANGE_OF(item, work);
    struct reading *reading = exchange->extra;
    struct buffer part;
    if (next_part(exchange, &part) == OK)
        tell(exchange, &part);
    else
        http_stream_abandon(reading->stream);
    buffer_free(&part);
}

static void begin(struct exchange *exchange, struct db *db)
{
    struct reading *reading = exchange->extra;
    struct text wrong;
    struct buffer part = {.data = NULL};
    enum err err = query_run(exchange->operation->query, NULL, db, read_values(exchange),
                             exchange->arena, &exchange->answer, &wrong);
    if (err == OK) {
        buffer_free(&exchange->answer.body);
        err = next_part(exchange, &part);
    }
    if (err == OK) {
        reading->stream =
            respond_stream(exchange, TEXT("document"), "application/octet-stream", PARTS_WAITING);
        tell(exchange, &part);
    } else {
        respond_err(exchange, err);
    }
    buffer_free(&part);
}

/* In time or not: what can be read, can be. */
static void projection_is_there(struct waiter *waiter, bool in_time)
{
    (void)in_time;
    struct exchange *exchange = EXCHANGE_OF(waiter, waiter);
    exchange_resume(exchange, exchange->gateway->work, begin);
}

void handle_document_content(struct exchange *exchange)
{
    struct reading *reading = ARENA_NEW(exchange->arena, struct reading, 1);
    const struct json_value *parameters = exchange->input.parameters;
    exchange->extra = reading;
    CHECK(uuid_parse(json_value_member(parameters, "user_id")->text, &reading->user_id) == OK &&
          uuid_parse(json_value_member(parameters, "document_id")->text, &reading->document_id) ==
              OK);
    exchange->waiter = (struct waiter){.shown = &exchange->shown,
                                       .services = exchange->operation->query->reads,
                                       .deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS,
                                       .ready = projection_is_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}
