#include "corpus.h"

#include "json/json.h"

#include <string.h>

static const char *const HEADERS[] = {"epoch", "nonce", "wseq", "prev_hash", "touches"};
static const char LETTERS[] = "VCIS";
static const char *const VERDICTS[] = {"VALID", "CLAIM", "INERT", "STOP"};

static void print_hex(struct buffer *buffer, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buffer_printf(buffer, "%02x", data[i]);
}

static void print_headers(struct buffer *buffer, const struct log_record *record)
{
    const char *comma = "";
    for (size_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        for (size_t k = 0; k < COUNT_OF(HEADERS); k++) {
            if (!text_is(header->name, HEADERS[k]))
                continue;
            buffer_printf(buffer, "%s\"%s\":", comma, HEADERS[k]);
            buffer_json_string(buffer, header->value);
            comma = ",";
        }
    }
}

static void print_record(struct buffer *buffer, const struct log_record *record, char letter)
{
    buffer_printf(buffer, "{\"offset\":%lld,\"key\":\"", (long long)record->offset);
    print_hex(buffer, record->key.data, record->key.size);
    buffer_string(buffer, "\",\"value\":\"");
    print_hex(buffer, record->value.data, record->value.size);
    buffer_string(buffer, "\",\"headers\":{");
    print_headers(buffer, record);
    buffer_printf(buffer, "},\"verdict\":\"%s\"}\n", VERDICTS[strchr(LETTERS, letter) - LETTERS]);
}

void corpus_print(const struct scenario *scenario, struct buffer *buffer)
{
    struct hostile *log = hostile_new(scenario);
    const struct fold_state *final = &log->next;
    CHECK(strlen(scenario->verdicts) == log->count || strchr(scenario->verdicts, 'S') != NULL);
    buffer_printf(buffer, "{\"case\":\"%s\",\"service\":\"accounts\",\"partition\":0}\n",
                  scenario->name);
    for (size_t i = 0; scenario->verdicts[i] != '\0'; i++)
        print_record(buffer, &log->records[i], scenario->verdicts[i]);
    if (strchr(scenario->verdicts, 'S') != NULL) {
        buffer_string(buffer, "{\"final\":\"STOP\"}\n");
    } else {
        buffer_printf(buffer, "{\"final\":{\"epoch\":%lld,\"nonce\":\"", (long long) final->epoch);
        print_hex(buffer, final->nonce.bytes, sizeof final->nonce.bytes);
        buffer_printf(buffer, "\",\"wseq\":%lld,\"head\":\"", (long long) final->wseq);
        print_hex(buffer, final->head.bytes, sizeof final->head.bytes);
        buffer_printf(buffer, "\",\"poisoned\":%s}}\n", scenario->poisoned ? "true" : "false");
    }
    hostile_free(log);
}

/* --- back ------------------------------------------------------------------------------------- */

static struct text text_member(const struct json_value *object, const char *name)
{
    const struct json_value *member = json_value_member(object, name);
    CHECK(member != NULL && member->kind == JSON_STRING);
    return member->text;
}

static int64_t int_member(const struct json_value *object, const char *name)
{
    int64_t number = 0;
    CHECK(json_value_int(json_value_member(object, name), &number) == OK);
    return number;
}

static uint8_t digit_value(char digit)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *found = memchr(DIGITS, digit, sizeof DIGITS - 1);
    CHECK(found != NULL);
    return (uint8_t)(found - DIGITS);
}

static struct bytes hex_member(const struct json_value *object, const char *name,
                               struct arena *arena)
{
    struct text digits = text_member(object, name);
    uint8_t *data = arena_alloc(arena, digits.size / 2);
    for (size_t i = 0; i < digits.size / 2; i++)
        data[i] =
            (uint8_t)(digit_value(digits.data[2 * i]) << 4 | digit_value(digits.data[2 * i + 1]));
    return (struct bytes){data, digits.size / 2};
}

static void parse_record(const struct json_value *line, struct arena *arena,
                         struct corpus_case *found)
{
    const struct json_value *headers = json_value_member(line, "headers");
    CHECK(headers != NULL && found->count < HOSTILE_RECORDS_MAX);
    struct log_header *copies = ARENA_NEW(arena, struct log_header, headers->count);
    size_t filled = 0;
    for (const struct json_value *next = headers->first; next != NULL; next = next->next)
        copies[filled++] = (struct log_header){next->name, next->text};
    for (size_t i = 0; i < COUNT_OF(VERDICTS); i++) {
        if (text_is(text_member(line, "verdict"), VERDICTS[i]))
            found->verdicts[found->count] = LETTERS[i];
    }
    found->records[found->count++] = (struct log_record){
        .topic = TEXT("bourse.accounts.events"),
        .offset = int_member(line, "offset"),
        .key = hex_member(line, "key", arena),
        .value = hex_member(line, "value", arena),
        .headers = copies,
        .headers_count = filled,
    };
}

static void parse_final(const struct json_value *final, struct arena *arena,
                        struct corpus_case *found)
{
    found->stops = final->kind == JSON_STRING;
    if (found->stops)
        return;
    found->final.epoch = int_member(final, "epoch");
    found->final.wseq = int_member(final, "wseq");
    found->final.poisoned = json_value_member(final, "poisoned")->kind == JSON_TRUE;
    struct bytes nonce = hex_member(final, "nonce", arena), head = hex_member(final, "head", arena);
    CHECK(nonce.size == sizeof found->final.nonce && head.size == sizeof found->final.head);
    memcpy(&found->final.nonce, nonce.data, nonce.size);
    memcpy(&found->final.head, head.data, head.size);
}

struct corpus_case corpus_parse(struct text file, struct arena *arena)
{
    struct corpus_case found = {.count = 0};
    while (file.size > 0) {
        const char *end = memchr(file.data, '\n', file.size);
        CHECK(end != NULL);
        struct text row = {file.data, (size_t)(end - file.data)};
        const struct json_value *line;
        struct json_error error;
        CHECK(json_parse(row, CORPUS_FILE_MAX, arena, &line, &error) == OK);
        if (json_value_member(line, "final") != NULL)
            parse_final(json_value_member(line, "final"), arena, &found);
        else if (json_value_member(line, "offset") != NULL)
            parse_record(line, arena, &found);
        file.data += row.size + 1;
        file.size -= row.size + 1;
    }
    return found;
}
