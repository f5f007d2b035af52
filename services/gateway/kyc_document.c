/* kyc_document.c - documents for the identity check: looked at, sealed into the vault, told of; and
 * read again, part by part.
 *
 *     POST    bytes -> what are they? -> vault -> AddKycDocument; refused: out of the vault again
 *     DELETE  RemoveKycDocument -> out of the vault
 *     GET     is it there? -> a part, as soon as the reader has taken the one before
 *
 * A gateway that ends between the vault and the answer leaves a document that nobody knows of: it
 * goes with its person's key.
 */
#include "db/db.h"
#include "gateway/command.h"
#include "gateway/handlers.h"
#include "gateway/outcome.h"
#include "gateway/read.h"
#include "gateway/respond.h"
#include "log/log.h"

#include <string.h>

enum { PDF_TAIL = 1024, PARTS_WAITING = 2 * VAULT_PART_SIZE };

/* --- what it is ------------------------------------------------------------------------------- */

static bool begins(struct bytes bytes, const char *head, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, head, size) == 0;
}

static bool ends(struct bytes bytes, const char *tail, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data + bytes.size - size, tail, size) == 0;
}

/* By its first bytes and its last, so that half of one is none. */
static bool find_format(struct bytes bytes, enum document_format *ret_format)
{
    size_t tail = bytes.size < PDF_TAIL ? bytes.size : PDF_TAIL;
    if (begins(bytes, "%PDF-", 5)) {
        *ret_format = DOCUMENT_FORMAT_PDF;
        return memmem(bytes.data + bytes.size - tail, tail, "%%EOF", 5) != NULL;
    }
    if (begins(bytes, "\x89PNG\r\n\x1a\n", 8)) {
        *ret_format = DOCUMENT_FORMAT_PNG;
        return ends(bytes, "IEND\xae\x42\x60\x82", 8);
    }
    *ret_format = DOCUMENT_FORMAT_JPEG;
    return begins(bytes, "\xff\xd8\xff", 3) && ends(bytes, "\xff\xd9", 2);
}

/* --- handing in, taking back ------------------------------------------------------------------ */

static void log_vault(struct exchange *exchange, enum err err)
{
    char reason[VAULT_ERROR_SIZE];
    vault_error(exchange->gateway->vault, reason);
    log_warn("vault.failed", LOG_ERR(err), LOG_STR("reason", reason));
}

/* What nobody is to have any more goes; where the vault is away, with its person's key. */
static void drop_and_respond(struct exchange *exchange, struct db *db)
{
    (void)db;
    const struct uuid *document_id = exchange->extra;
    enum err err = vault_drop_document(exchange->gateway->vault, *document_id);
    if (err != OK)
        log_vault(exchange, err);
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

static enum kyc_document_kind kind_of(const struct exchange *exchange)
{
    struct text named = json_value_member(exchange->input.parameters, "kind")->text;
    uint32_t kind = 0;
    while (!text_is(named, WIRE_KYC_DOCUMENT_KIND.symbols[kind]))
        kind++; /* the document has the same list */
    return (enum kyc_document_kind)kind;
}

static void keep(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct command *command = NULL;
    struct bytes contents = http_request_body(exchange->request);
    enum document_format format;
    if (!find_format(contents, &format)) {
        respond_problem(exchange, HTTP_PROBLEM_DOCUMENT_REJECTED,
                        TEXT("it is no PDF, PNG or JPEG, or not all of one"), TEXT("body"));
        return;
    }
    enum err err = command_begin(exchange, COMMAND_ADD_KYC_DOCUMENT, true, &command);
    struct uuid user_id = exchange->caller.claims.user_id;
    struct uuid document_id = fill_fresh_id(uuid_owner_hash(user_id));
    if (err == OK)
        err = vault_put_document(exchange->gateway->vault, user_id, document_id, contents);
    if (err != OK) {
        log_vault(exchange, err);
        respond_err(exchange, err);
        return;
    }
    struct add_kyc_document *fields = &command->add_kyc_document;
    *fields = (struct add_kyc_document){.user_id = user_id,
                                        .document_id = document_id,
                                        .kind = kind_of(exchange),
                                        .format = format,
                                        .size_bytes = (int64_t)contents.size};
    seal_sha256(contents.data, contents.size, fields->sha256.bytes);
    send(exchange, command, document_id, is_added);
}

void handle_add_document(struct exchange *exchange)
{
    exchange_resume(exchange, exchange->gateway->work, keep);
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
        log_vault(exchange, err);
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
    enum err err = query_run(exchange->operation->query, db, read_values(exchange), exchange->arena,
                             &exchange->answer, &wrong);
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
static void projection_is_there(struct progress_waiter *waiter, bool in_time)
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
    exchange->waiter =
        (struct progress_waiter){.shown = &exchange->shown,
                                 .services = exchange->operation->query->reads,
                                 .deadline_ns = gateway_now_ns() + WAIT_PROJECTION_NS,
                                 .ready = projection_is_there};
    progress_await(exchange->gateway->progress, &exchange->waiter);
}
