#include "accounts/funding.h"

#include "base/time.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <utlist.h>

static void *new_zeroed(size_t size)
{
    void *memory = calloc(1, size);
    CHECK(memory != NULL); /* out of memory ends the process, replay brings it back */
    return memory;
}

struct accounts_document *accounts_document(const struct accounts_account *account, struct uuid id)
{
    struct accounts_document *document;
    LL_FOREACH(account->documents, document)
    {
        if (uuid_equal(document->about.id, id))
            return document;
    }
    return NULL;
}

struct accounts_method *accounts_method(const struct accounts_account *account, struct uuid id)
{
    struct accounts_method *method;
    LL_FOREACH(account->methods, method)
    {
        if (uuid_equal(method->about.id, id))
            return method;
    }
    return NULL;
}

struct accounts_transfer *accounts_transfer(const struct accounts_state *state, struct uuid id)
{
    return id_table_find(&state->transfers, id);
}

static struct accounts_use *use_of(const struct accounts_account *account, enum transfer_type type,
                                   struct text asset)
{
    struct accounts_use *use;
    LL_FOREACH(account->uses, use)
    {
        if (use->about.type == type && text_equal(use->about.asset, asset))
            return use;
    }
    return NULL;
}

struct transfer_use accounts_use_now(const struct accounts_account *account,
                                     enum transfer_type type, struct text asset, int64_t now_us)
{
    const struct accounts_use *known = use_of(account, type, asset);
    struct transfer_use use = {.type = type,
                               .asset = asset,
                               .day = time_day_start(now_us),
                               .month = time_month_start(now_us)};
    if (known != NULL && known->about.day == use.day)
        use.day_e8 = known->about.day_e8;
    if (known != NULL && known->about.month == use.month)
        use.month_e8 = known->about.month_e8;
    return use;
}

#define LIMITS(transfer, day, month)                                                               \
    {                                                                                              \
        .has_max_transfer_e8 = true, .max_transfer_e8 = (transfer)*E8, .has_max_day_e8 = true,     \
        .max_day_e8 = (day)*E8, .has_max_month_e8 = true, .max_month_e8 = (month)*E8,              \
        .has_cool_off_s = true, .cool_off_s = ACCOUNTS_COOL_OFF_S                                  \
    }

const struct transfer_limits *accounts_level_limits(int level)
{
    static const struct transfer_limits BY_LEVEL[ACCOUNTS_KYC_LEVEL_MAX + 1] = {
        LIMITS(1000, 2000, 5000),
        LIMITS(10000, 20000, 100000),
        LIMITS(100000, 200000, 1000000),
        LIMITS(1000000, 2000000, 10000000),
    };
    CHECK(level >= 0 && level <= ACCOUNTS_KYC_LEVEL_MAX);
    return &BY_LEVEL[level];
}

struct transfer_limits accounts_transfer_limits(const struct accounts_account *account)
{
    struct transfer_limits limits = *accounts_level_limits(account->kyc.level);
    const struct transfer_limits *own = &account->transfer_limits;
    if (own->has_max_transfer_e8)
        limits.max_transfer_e8 = own->max_transfer_e8;
    if (own->has_max_day_e8)
        limits.max_day_e8 = own->max_day_e8;
    if (own->has_max_month_e8)
        limits.max_month_e8 = own->max_month_e8;
    if (own->has_cool_off_s)
        limits.cool_off_s = own->cool_off_s;
    return limits;
}

int64_t accounts_allow_list_until(const struct accounts_account *account)
{
    const struct accounts_method *method;
    LL_FOREACH(account->methods, method)
    {
        if (method->is_allowed)
            return INT64_MAX;
    }
    if (account->allow_list_shortened_at == 0)
        return 0;
    return account->allow_list_shortened_at +
           accounts_transfer_limits(account).cool_off_s * SECOND_US;
}

/* --- changing --------------------------------------------------------------------------------- */

void accounts_document_add(struct accounts_account *account, const struct kyc_document *about)
{
    struct accounts_document *kept = new_zeroed(sizeof *kept);
    kept->about = *about;
    LL_APPEND(account->documents, kept);
}

void accounts_method_add(struct accounts_account *account, const struct accounts_method *method)
{
    struct accounts_method *kept = new_zeroed(sizeof *kept);
    *kept = *method;
    kept->next = NULL;
    LL_APPEND(account->methods, kept);
}

void accounts_transfer_add(struct accounts_state *state, struct accounts_account *account,
                           const struct transfer *about)
{
    struct accounts_transfer *kept = new_zeroed(sizeof *kept);
    kept->id = about->id;
    kept->account = account;
    kept->about = *about;
    kept->about.asset = (struct text){0};
    accounts_text_set(&kept->about.asset, about->asset);
    DL_APPEND(account->transfers, kept);
    account->transfers_count++;
    id_table_add(&state->transfers, kept);
}

static void transfer_free(struct accounts_transfer *transfer)
{
    accounts_text_set(&transfer->about.asset, (struct text){0});
    free(transfer);
}

void accounts_transfer_remove(struct accounts_state *state, struct accounts_transfer *transfer)
{
    id_table_remove(&state->transfers, transfer);
    DL_DELETE(transfer->account->transfers, transfer);
    transfer->account->transfers_count--;
    transfer_free(transfer);
}

bool accounts_knows_transfer_id(const struct accounts_state *state, struct uuid id)
{
    return id_table_find(&state->transfer_ids, id) != NULL;
}

void accounts_transfer_id_add(struct accounts_state *state, struct uuid id)
{
    struct uuid *kept = new_zeroed(sizeof *kept);
    *kept = id;
    id_table_add(&state->transfer_ids, kept);
}

void accounts_transfer_ids_free(struct accounts_state *state)
{
    size_t cursor = 0;
    for (void *id; (id = id_table_next(&state->transfer_ids, &cursor)) != NULL;)
        free(id);
    id_table_free(&state->transfer_ids);
}

void accounts_use_set(struct accounts_account *account, const struct transfer_use *use)
{
    struct accounts_use *known = use_of(account, use->type, use->asset);
    if (known == NULL) {
        known = new_zeroed(sizeof *known);
        accounts_text_set(&known->about.asset, use->asset);
        LL_APPEND(account->uses, known);
    }
    struct text asset = known->about.asset;
    known->about = *use;
    known->about.asset = asset;
}

void accounts_funding_free(struct accounts_account *account)
{
    struct accounts_document *document, *next_document;
    LL_FOREACH_SAFE(account->documents, document, next_document)
    {
        free(document);
    }
    struct accounts_method *method, *next_method;
    LL_FOREACH_SAFE(account->methods, method, next_method)
    {
        free(method);
    }
    struct accounts_transfer *transfer, *next_transfer;
    DL_FOREACH_SAFE(account->transfers, transfer, next_transfer)
    {
        transfer_free(transfer);
    }
    struct accounts_use *use, *next_use;
    LL_FOREACH_SAFE(account->uses, use, next_use)
    {
        accounts_text_set(&use->about.asset, (struct text){0});
        free(use);
    }
}

/* --- bytes ------------------------------------------------------------------------------------ */

void accounts_client_save(const struct accounts_account *account, struct buffer *buffer)
{
    size_t count;
    const struct accounts_document *document;
    const struct accounts_method *method;
    const struct accounts_transfer *transfer;
    const struct accounts_use *use;
    wire_encode(&WIRE_KYC_REVIEW, &account->kyc, buffer);
    wire_encode(&WIRE_TRANSFER_LIMITS, &account->transfer_limits, buffer);
    pack_u64(buffer, (uint64_t)account->transfer_limits_version);
    buffer_byte(buffer, account->tells);
    LL_COUNT(account->documents, document, count);
    pack_u64(buffer, count);
    LL_FOREACH(account->documents, document)
    {
        wire_encode(&WIRE_KYC_DOCUMENT, &document->about, buffer);
    }
    LL_COUNT(account->methods, method, count);
    pack_u64(buffer, count);
    LL_FOREACH(account->methods, method)
    {
        wire_encode(&WIRE_PAYMENT_METHOD, &method->about, buffer);
        buffer_append(buffer, method->first_hash.bytes, sizeof method->first_hash.bytes);
        buffer_append(buffer, method->second_hash.bytes, sizeof method->second_hash.bytes);
        buffer_byte(buffer, method->is_allowed);
        if (method->is_allowed)
            wire_encode(&WIRE_ALLOWED_DESTINATION, &method->allowed, buffer);
    }
    pack_u64(buffer, (uint64_t)account->allow_list_shortened_at);
    pack_u64(buffer, account->transfers_count);
    DL_FOREACH(account->transfers, transfer)
    {
        wire_encode(&WIRE_TRANSFER, &transfer->about, buffer);
    }
    LL_COUNT(account->uses, use, count);
    pack_u64(buffer, count);
    LL_FOREACH(account->uses, use)
    {
        wire_encode(&WIRE_TRANSFER_USE, &use->about, buffer);
    }
}

static bool decode(struct pack_reader *reader, const struct wire_record *record,
                   struct arena *scratch, void *ret_value)
{
    if (!reader->failed && wire_decode(record, &reader->rest, scratch, ret_value) != OK)
        reader->failed = true;
    return !reader->failed;
}

void accounts_client_load(struct accounts_state *state, struct accounts_account *account,
                          struct arena *scratch, struct pack_reader *reader)
{
    struct kyc_document document;
    struct accounts_method method = {.next = NULL};
    struct transfer transfer;
    struct transfer_use use;
    (void)decode(reader, &WIRE_KYC_REVIEW, scratch, &account->kyc);
    (void)decode(reader, &WIRE_TRANSFER_LIMITS, scratch, &account->transfer_limits);
    account->transfer_limits_version = (int64_t)pack_read_u64(reader);
    account->tells = pack_read_u8(reader);
    for (uint64_t left = pack_read_u64(reader); !reader->failed && left > 0; left--) {
        if (decode(reader, &WIRE_KYC_DOCUMENT, scratch, &document))
            accounts_document_add(account, &document);
    }
    for (uint64_t left = pack_read_u64(reader); !reader->failed && left > 0; left--) {
        (void)decode(reader, &WIRE_PAYMENT_METHOD, scratch, &method.about);
        pack_read(reader, method.first_hash.bytes, sizeof method.first_hash.bytes);
        pack_read(reader, method.second_hash.bytes, sizeof method.second_hash.bytes);
        method.is_allowed = pack_read_u8(reader) != 0;
        if (method.is_allowed)
            (void)decode(reader, &WIRE_ALLOWED_DESTINATION, scratch, &method.allowed);
        if (!reader->failed)
            accounts_method_add(account, &method);
    }
    account->allow_list_shortened_at = (int64_t)pack_read_u64(reader);
    for (uint64_t left = pack_read_u64(reader); !reader->failed && left > 0; left--) {
        if (!decode(reader, &WIRE_TRANSFER, scratch, &transfer))
            return;
        if (accounts_transfer(state, transfer.id) != NULL)
            reader->failed = true;
        else
            accounts_transfer_add(state, account, &transfer);
    }
    for (uint64_t left = pack_read_u64(reader); !reader->failed && left > 0; left--) {
        if (decode(reader, &WIRE_TRANSFER_USE, scratch, &use))
            accounts_use_set(account, &use);
    }
    reader->failed |= account->kyc.level < 0 || account->kyc.level > ACCOUNTS_KYC_LEVEL_MAX;
}

static int compare_ids(const void *a, const void *b)
{
    const struct uuid *left = a, *right = b;
    return uuid_compare(*left, *right);
}

/* By id: the table has no order. */
void accounts_transfer_ids_save(const struct accounts_state *state, struct buffer *buffer)
{
    size_t count = 0, cursor = 0;
    struct uuid *ids = calloc(state->transfer_ids.count + 1, sizeof *ids);
    CHECK(ids != NULL);
    for (const struct uuid *id; (id = id_table_next(&state->transfer_ids, &cursor)) != NULL;)
        ids[count++] = *id;
    qsort(ids, count, sizeof *ids, compare_ids);
    pack_u64(buffer, count);
    for (size_t i = 0; i < count; i++)
        buffer_append(buffer, ids[i].bytes, sizeof ids[i].bytes);
    free(ids);
}

void accounts_transfer_ids_load(struct accounts_state *state, struct pack_reader *reader)
{
    for (uint64_t left = pack_read_u64(reader); !reader->failed && left > 0; left--) {
        struct uuid id;
        pack_read(reader, id.bytes, sizeof id.bytes);
        reader->failed = reader->failed || accounts_knows_transfer_id(state, id);
        if (!reader->failed)
            accounts_transfer_id_add(state, id);
    }
}
