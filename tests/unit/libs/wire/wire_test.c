#include "base/murmur2.h"
#include "base/time.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <avro.h>
#include <cmocka.h>

enum { ARENA_SIZE = 1 << 22, VALUE_SIZE_MAX = 1 << 20, ROUNDS = 40 };

static uint64_t random_state = 42;

static uint64_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

static void fill_record(const struct wire_record *record, void *value, struct arena *arena);

/* Any value the field's type allows; the extremes of a long come up often. */
static void fill_element(const struct wire_field *field, void *element, struct arena *arena)
{
    static const int64_t EXTREMES[] = {0, -1, 1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};
    size_t size = random_bits() % 40;
    char *letters = arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++)
        letters[i] = (char)('a' + random_bits() % 26);
    switch (field->type) {
    case WIRE_BOOLEAN: *(bool *)element = random_bits() % 2; break;
    case WIRE_INT: *(int32_t *)element = (int32_t)random_bits(); break;
    case WIRE_LONG:
    case WIRE_E8:
        *(int64_t *)element = random_bits() % 2 ? EXTREMES[random_bits() % COUNT_OF(EXTREMES)]
                                                : (int64_t)random_bits() >> (random_bits() % 64);
        break;
    case WIRE_TIME:
        *(int64_t *)element =
            (int64_t)(random_bits() % (uint64_t)(TIME_MAX_US - TIME_MIN_US + 1)) + TIME_MIN_US;
        break;
    case WIRE_TEXT: *(struct text *)element = (struct text){letters, size}; break;
    case WIRE_BYTES: *(struct bytes *)element = (struct bytes){(uint8_t *)letters, size}; break;
    case WIRE_UUID:
    case WIRE_FIXED:
        for (size_t i = 0; i < field->size; i++)
            ((uint8_t *)element)[i] = (uint8_t)random_bits();
        break;
    case WIRE_ENUM:
        *(uint32_t *)element = (uint32_t)(random_bits() % field->symbols->symbols_count);
        break;
    case WIRE_RECORD: fill_record(field->record, element, arena); break;
    }
}

static void fill_record(const struct wire_record *record, void *value, struct arena *arena)
{
    uint8_t *base = value;
    memset(base, 0, record->size);
    for (size_t i = 0; i < record->fields_count; i++) {
        const struct wire_field *field = &record->fields[i];
        if (field->array) {
            size_t count = random_bits() % 4;
            uint8_t *elements = arena_alloc(arena, count * field->size);
            for (size_t j = 0; j < count; j++)
                fill_element(field, elements + j * field->size, arena);
            *(uint8_t **)(void *)(base + field->offset) = elements;
            *(size_t *)(void *)(base + field->beside) = count;
            continue;
        }
        if (field->nullable)
            *(bool *)(base + field->beside) = random_bits() % 2;
        if (!wire_is_null(field, value))
            fill_element(field, base + field->offset, arena);
    }
}

/* avro-c reads what we wrote with the published schema, and writes the same bytes again. */
static void assert_avro_agrees(const struct wire_message *message, struct bytes value)
{
    avro_schema_t schema;
    const char *json = wire_newest(message)->schema;
    assert_int_equal(avro_schema_from_json_length(json, strlen(json), &schema), 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_value_t datum;
    avro_generic_value_new(class, &datum);
    const char *body = (const char *)value.data + WIRE_FRAME_SIZE;
    size_t size = value.size - WIRE_FRAME_SIZE;
    avro_reader_t reader = avro_reader_memory(body, (int64_t)size);
    assert_int_equal(avro_value_read(reader, &datum), 0);
    char *again = malloc(size + 1);
    assert_non_null(again);
    avro_writer_t writer = avro_writer_memory(again, (int64_t)size + 1);
    assert_int_equal(avro_value_write(writer, &datum), 0);
    if (strchr(json, '{') != NULL && strstr(json, "\"map\"") == NULL) {
        assert_int_equal(avro_writer_tell(writer), size); /* a map has no order of its own */
        assert_memory_equal(again, body, size);
    }
    avro_writer_free(writer);
    avro_reader_free(reader);
    free(again);
    avro_value_decref(&datum);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
}

static void every_event_reads_back_and_avro_c_agrees(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct buffer buffer, again;
    buffer_init(&buffer, VALUE_SIZE_MAX);
    buffer_init(&again, VALUE_SIZE_MAX);
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        for (int round = 0; round < ROUNDS; round++) {
            static struct event event, back;
            memset(&event, 0, sizeof event);
            event.kind = (enum event_kind)kind;
            fill_record(&WIRE_EVENT_META, &event.meta, arena);
            const struct wire_message *message = event_message(&event);
            fill_record(message->payload, (uint8_t *)&event + message->payload_offset, arena);
            buffer_reset(&buffer);
            event_encode(&event, &buffer);

            assert_int_equal(event_decode(buffer_bytes(&buffer), arena, &back), OK);
            assert_int_equal(back.kind, kind);
            buffer_reset(&again);
            event_encode(&back, &again);
            assert_true(bytes_equal(buffer_bytes(&buffer), buffer_bytes(&again)));
            assert_avro_agrees(message, buffer_bytes(&buffer));
            arena_reset(arena);
        }
    }
    buffer_free(&buffer);
    buffer_free(&again);
    arena_free(arena);
}

static void every_command_reads_back_and_avro_c_agrees(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct buffer buffer, again;
    buffer_init(&buffer, VALUE_SIZE_MAX);
    buffer_init(&again, VALUE_SIZE_MAX);
    for (int kind = 0; kind < COMMAND_KINDS; kind++) {
        for (int round = 0; round < ROUNDS; round++) {
            static struct command command, back;
            memset(&command, 0, sizeof command);
            command.kind = (enum command_kind)kind;
            fill_record(&WIRE_COMMAND_META, &command.meta, arena);
            fill_record(command_message(&command)->payload, command_payload_to_set(&command),
                        arena);
            buffer_reset(&buffer);
            command_encode(&command, &buffer);

            assert_int_equal(command_decode(buffer_bytes(&buffer), arena, &back), OK);
            buffer_reset(&again);
            command_encode(&back, &again);
            assert_true(bytes_equal(buffer_bytes(&buffer), buffer_bytes(&again)));
            assert_avro_agrees(command_message(&command), buffer_bytes(&buffer));
            arena_reset(arena);
        }
    }
    buffer_free(&buffer);
    buffer_free(&again);
    arena_free(arena);
}

static void deposit(struct command *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->kind = COMMAND_RECORD_ASSET_TRANSACTION;
    ret->record_asset_transaction.asset = TEXT("CEA");
    ret->record_asset_transaction.amount_e8 = 150 * E8;
}

/* Whatever one byte is changed to, or wherever the value is cut, the decoder stays within it. */
static void damaged_values_are_refused_or_read_but_never_overrun(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct buffer buffer;
    static struct command command, back;
    buffer_init(&buffer, VALUE_SIZE_MAX);
    deposit(&command);
    command_encode(&command, &buffer);
    int refused = 0;
    for (size_t at = 0; at < buffer.size; at++) {
        for (int flip = 1; flip < 256; flip++) {
            uint8_t *copy = malloc(buffer.size); /* exact, so that ASan sees an overrun */
            assert_non_null(copy);
            memcpy(copy, buffer.data, buffer.size);
            copy[at] ^= (uint8_t)flip;
            refused += command_decode((struct bytes){copy, buffer.size}, arena, &back) != OK;
            free(copy);
            arena_reset(arena);
        }
        uint8_t *cut = malloc(at + 1);
        assert_non_null(cut);
        memcpy(cut, buffer.data, at);
        assert_int_equal(command_decode((struct bytes){cut, at}, arena, &back), ERR_POISON);
        free(cut);
    }
    assert_true(refused > 0);
    buffer_free(&buffer);
    arena_free(arena);
}

/* More room is asked for than numbers take in the end: that counts against no maximum. */
static void a_value_that_just_fits_is_written_and_no_longer_one(void **state)
{
    (void)state;
    struct buffer whole, exact, short_of_one;
    static struct command command;
    buffer_init(&whole, VALUE_SIZE_MAX);
    deposit(&command);
    command_encode(&command, &whole);
    buffer_init(&exact, whole.size);
    command_encode(&command, &exact);
    assert_true(buffer_ok(&exact));
    assert_true(bytes_equal(buffer_bytes(&whole), buffer_bytes(&exact)));
    buffer_init(&short_of_one, whole.size - 1);
    command_encode(&command, &short_of_one);
    assert_false(buffer_ok(&short_of_one));
    buffer_free(&whole);
    buffer_free(&exact);
    buffer_free(&short_of_one);
}

#define ID                                                                                         \
    "\x48"                                                                                         \
    "01234567-89ab-8def-8123-456789abcdef"
#define FULL      "\x80\x80\x80\x80\x80\x80\x80" /* of a number: seven bytes that add nothing */
#define BYTES(of) of, sizeof(of) - 1

/* Bytes that make a record, and such as make none, on both sides of each bound. */
static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct {
        const struct wire_record *record;
        const char *bytes;
        size_t size;
        bool valid;
    } CASES[] = {
        {&WIRE_TOUCH, BYTES("\x00\x14"), true},
        {&WIRE_TOUCH, BYTES("\x00\x94\x00"), true}, /* numbers may be padded */
        {&WIRE_TOUCH, BYTES("\x00\x94" FULL "\x00"), true},
        {&WIRE_TOUCH, BYTES("\x00\x94\x80" FULL "\x00"), true},
        {&WIRE_TOUCH, BYTES("\x00\x94\x80" FULL "\x02"), false}, /* but have 64 bits */
        {&WIRE_TOUCH, BYTES("\x00\x94\x80\x80" FULL "\x00"), false},
        {&WIRE_TOUCH, BYTES("\x00\x94"), false},
        {&WIRE_TOUCH, BYTES("\x00"), false},
        {&WIRE_TOUCH, BYTES("\x00\xfe\xff\xff\xff\x0f"), true}, /* and an int 32 */
        {&WIRE_TOUCH, BYTES("\x00\x80\x80\x80\x80\x10"), false},
        {&WIRE_TOUCH, BYTES("\x00\xff\xff\xff\xff\x0f"), true},
        {&WIRE_TOUCH, BYTES("\x00\x81\x80\x80\x80\x10"), false},
        {&WIRE_TOUCH,
         BYTES("\x02"
               "a\x00"),
         true},
        {&WIRE_TOUCH,
         BYTES("\x06"
               "a\x00"),
         false}, /* a text that is longer than what is there */
        {&WIRE_TOUCH,
         BYTES("\x01"
               "a\x00"),
         false}, /* or shorter than nothing */
        {&WIRE_ORDER_TERMS, BYTES("\x00\x00"), true},
        {&WIRE_ORDER_TERMS, BYTES("\x00\x02\x00"), true},
        {&WIRE_ORDER_TERMS, BYTES("\x00\x02"), false},
        {&WIRE_ORDER_TERMS, BYTES("\x00\x01\x00"), false}, /* of two branches there is no other */
        {&WIRE_ORDER_TERMS, BYTES("\x00\x04\x00"), false},
        {&WIRE_COMMAND_PROBED, BYTES(ID "\x00"), true},
        {&WIRE_COMMAND_PROBED, BYTES(ID "\x01"), false}, /* nor a symbol below the first */
        {&WIRE_COMMAND_PROBED, BYTES(ID "\x7e"), false}, /* or above the last */
        {&WIRE_COMMAND_PROBED, BYTES("\x46" ID "\x00"), false},
        {&WIRE_EMAIL_VERIFIED, BYTES(ID "\x00"), true},
        {&WIRE_EMAIL_VERIFIED, BYTES(ID "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), false},
        {&WIRE_EMAIL_VERIFIED, BYTES(ID "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), false},
        {&WIRE_STAFF_ADOPTED, BYTES(ID "\x00"), true},
        {&WIRE_STAFF_ADOPTED, BYTES(ID "\x02\x00\x00"), true},
        {&WIRE_STAFF_ADOPTED, BYTES(ID "\x01\x02\x00\x00"), true}, /* a block that says its size */
        {&WIRE_STAFF_ADOPTED, BYTES(ID "\x02\x00"), false},        /* one without an end */
        {&WIRE_STAFF_ADOPTED, BYTES(ID "\x08\x00\x00"), false},
        {&WIRE_STAFF_ADOPTED, BYTES(ID "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"), false},
    };
    struct arena *arena = arena_new(ARENA_SIZE);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        static struct event event; /* larger than any of them */
        uint8_t *exact = malloc(CASES[i].size);
        assert_non_null(exact);
        memcpy(exact, CASES[i].bytes, CASES[i].size);
        struct bytes bytes = {exact, CASES[i].size};
        enum err err = wire_decode(CASES[i].record, &bytes, arena, &event);
        if ((err == OK) != CASES[i].valid)
            fail_msg("case %zu, of %s: %s", i, CASES[i].record->name, err_text(err));
        assert_true(err != OK || bytes.size == 0);
        free(exact);
    }
    arena_free(arena);
}

static void trailing_bytes_and_events_among_commands_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct buffer buffer;
    static struct command command;
    static struct event event;
    buffer_init(&buffer, VALUE_SIZE_MAX);
    deposit(&command);
    command_encode(&command, &buffer);
    assert_int_equal(event_decode(buffer_bytes(&buffer), arena, &event), ERR_POISON);
    buffer_byte(&buffer, 0);
    assert_int_equal(command_decode(buffer_bytes(&buffer), arena, &command), ERR_POISON);
    buffer_free(&buffer);
    arena_free(arena);
}

/* An array that says it has as many elements as there are bytes would need a hundred times that. */
static void an_array_that_would_not_fit_memory_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1000);
    static const uint8_t LIE[] = {100};
    uint8_t input[200] = {LIE[0]};
    struct hold_released released;
    struct bytes bytes = {input, sizeof input};
    assert_int_equal(wire_decode(&WIRE_HOLD_RELEASED, &bytes, arena, &released), ERR_POISON);
    arena_free(arena);
}

static void an_answer_shows_its_result_in_json(void **state)
{
    (void)state;
    static struct fill fill = {.price_e8 = 1250000000, .quantity_e8 = 3 * E8};
    static struct event event;
    event.kind = EVENT_ORDER_ENTERED;
    event.order_entered.order.instrument = TEXT("CEA-EUR");
    event.order_entered.order.quantity_e8 = 3 * E8;
    event.order_entered.order.status = ORDER_STATUS_FILLED;
    event.order_entered.fills = &fill;
    event.order_entered.fills_count = 1;
    struct buffer buffer;
    buffer_init(&buffer, VALUE_SIZE_MAX);
    event_result_members(&event, &buffer);
    buffer_byte(&buffer, 0);
    const char *json = (const char *)buffer.data;
    assert_non_null(strstr(json, "\"quantity\":\"3.00\""));
    assert_non_null(strstr(json, "\"status\":\"filled\""));
    assert_non_null(strstr(json, "\"end_reason\":null"));
    assert_non_null(strstr(json, "\"fills\":[{\"trade_id\":"));
    assert_non_null(strstr(json, "\"price\":\"12.50\""));
    buffer_free(&buffer);
}

static void fields_are_set_from_what_json_shows(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct place_order order = {0};
    struct create_market_maker maker = {0};
    const struct wire_record *record = &WIRE_PLACE_ORDER;

    assert_int_equal(wire_field_set(wire_field(record, TEXT("quantity")), TEXT("2.5"), &order), OK);
    assert_int_equal(wire_field_set(wire_field(record, TEXT("limit_price")), TEXT("7"), &order),
                     OK);
    assert_int_equal(wire_field_set(wire_field(record, TEXT("side")), TEXT("sell"), &order), OK);
    assert_int_equal(wire_field_set(wire_field(record, TEXT("side")), TEXT("hold"), &order),
                     ERR_INPUT);
    assert_int_equal(order.quantity_e8, 250000000);
    assert_true(order.has_limit_price_e8);
    assert_int_equal(order.side, SIDE_SELL);
    assert_true(text_is(wire_field_text(wire_field(record, TEXT("side")), &order, arena), "sell"));
    assert_null(wire_field(record, TEXT("nothing")));

    const struct wire_field *map = wire_field(&WIRE_CREATE_MARKET_MAKER, TEXT("initial_balances"));
    assert_int_equal(wire_map_add(map, TEXT("CEA"), TEXT("10"), arena, &maker), OK);
    assert_int_equal(wire_map_add(map, TEXT("EUA"), TEXT("5.5"), arena, &maker), OK);
    assert_int_equal(maker.initial_balances_e8_count, 2);
    assert_int_equal(maker.initial_balances_e8[1].value, 550000000);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_reads_back_and_avro_c_agrees),
        cmocka_unit_test(every_command_reads_back_and_avro_c_agrees),
        cmocka_unit_test(damaged_values_are_refused_or_read_but_never_overrun),
        cmocka_unit_test(a_value_that_just_fits_is_written_and_no_longer_one),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(trailing_bytes_and_events_among_commands_are_refused),
        cmocka_unit_test(an_array_that_would_not_fit_memory_is_refused),
        cmocka_unit_test(an_answer_shows_its_result_in_json),
        cmocka_unit_test(fields_are_set_from_what_json_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
