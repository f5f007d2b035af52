/* What an older version of a schema wrote is read into the structs of today (schemas/ beside this:
 * of `Made` there are two versions). */
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <avro.h>
#include <cmocka.h>

enum { ARENA_SIZE = 1 << 20, VALUE_SIZE_MAX = 1 << 16 };

#define ID "01234567-89ab-8def-8123-456789abcdef"

/* Version 1, value by value; in Avro a small number n is the byte 2n. */
static const char OLD_BODY[] = "\x0e"                    /* meta: wseq 7 */
                               "\x02\x02"                /* shape: there, long */
                               "\x02\x06tag"             /* label: there, "tag" */
                               "\x02\x48" ID "abc"       /* crate: there, its id and seal */
                               "\x04\x02x\x02y\x00"      /*   labels: two, then none */
                               "\x04\x06nut\x02\x0a\x02" /* parts: two; nut weighs 5, blue */
                               "\x08"
                               "bolt\x00\x00\x00"  /*   bolt weighs nothing, red */
                               "\x02\x02w\x00"     /* words: one */
                               "\x02\x02k\x14\x00" /* amounts: k is 10 */
                               "\x54";             /* count: 42 */
enum { OLD_BODY_SIZE = sizeof OLD_BODY - 1 };

static void put_old(struct buffer *value, size_t size)
{
    buffer_reset(value);
    buffer_append(value, (const uint8_t[]){0, 0, 0, 0, 1}, WIRE_FRAME_SIZE);
    buffer_append(value, OLD_BODY, size);
}

/* The bytes above are what they say they are: avro-c reads them by the old schema. */
static void avro_c_reads_the_old_bytes_by_the_old_schema(void **state)
{
    (void)state;
    avro_schema_t schema;
    avro_value_t datum;
    const char *json = wire_version_of_id(1)->schema;
    assert_int_equal(avro_schema_from_json_length(json, strlen(json), &schema), 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &datum);
    avro_reader_t reader = avro_reader_memory(OLD_BODY, OLD_BODY_SIZE);
    assert_int_equal(avro_value_read(reader, &datum), 0);
    char again[OLD_BODY_SIZE + 1];
    avro_writer_t writer = avro_writer_memory(again, sizeof again);
    assert_int_equal(avro_value_write(writer, &datum), 0);
    assert_int_equal(avro_writer_tell(writer), OLD_BODY_SIZE);
    avro_writer_free(writer);
    avro_reader_free(reader);
    avro_value_decref(&datum);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
}

static void assert_is_old(const struct event *event)
{
    const struct made *made = &event->made;
    assert_int_equal(event->kind, EVENT_MADE);
    assert_int_equal(event->meta.wseq, 7);
    assert_false(event->meta.has_note);
    assert_int_equal(made->count, 42);
    assert_true(made->has_label && text_is(made->label.text, "tag"));
    assert_int_equal(made->parts_count, 2);
    assert_true(text_is(made->parts[0].name, "nut") && made->parts[0].color == COLOR_BLUE);
    assert_true(text_is(made->parts[1].name, "bolt") && made->parts[1].color == COLOR_RED);
    assert_int_equal(made->parts[0].price_e8, 0);
    assert_int_equal(made->amounts_count, 1);
    assert_true(text_is(made->amounts[0].key, "k") && made->amounts[0].value == 10);
    assert_int_equal(made->added_count, 0);
}

static void an_old_record_is_read_without_what_is_gone_and_with_what_came_empty(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct buffer value;
    struct event_rest rest;
    static struct event event;
    buffer_init(&value, VALUE_SIZE_MAX);
    put_old(&value, OLD_BODY_SIZE);
    memset(&event, 0xff, sizeof event);
    assert_int_equal(event_decode(buffer_bytes(&value), arena, &event), OK);
    assert_is_old(&event);
    memset(&event, 0xff, sizeof event);
    assert_int_equal(event_decode_meta(buffer_bytes(&value), arena, &event, &rest), OK);
    assert_int_equal(event.meta.wseq, 7);
    assert_int_equal(event_decode_rest(rest, arena, &event), OK);
    assert_is_old(&event);
    buffer_free(&value);
    arena_free(arena);
}

static void an_old_record_is_written_again_as_the_newest_version(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct buffer value, again;
    static struct event event, back;
    buffer_init(&value, VALUE_SIZE_MAX);
    buffer_init(&again, VALUE_SIZE_MAX);
    put_old(&value, OLD_BODY_SIZE);
    assert_int_equal(event_decode(buffer_bytes(&value), arena, &event), OK);
    event_encode(&event, &again);
    assert_int_equal(again.data[4], wire_newest(event_message(&event))->schema_id);
    assert_int_equal(event_decode(buffer_bytes(&again), arena, &back), OK);
    assert_is_old(&back);
    buffer_free(&value);
    buffer_free(&again);
    arena_free(arena);
}

static void an_old_record_that_is_cut_or_too_long_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct buffer value;
    static struct event event;
    buffer_init(&value, VALUE_SIZE_MAX);
    for (size_t size = 0; size < OLD_BODY_SIZE; size++) {
        put_old(&value, size);
        uint8_t *exact = malloc(value.size); /* so that ASan sees an overrun */
        memcpy(exact, value.data, value.size);
        assert_int_equal(event_decode((struct bytes){exact, value.size}, arena, &event),
                         ERR_POISON);
        free(exact);
    }
    put_old(&value, OLD_BODY_SIZE);
    buffer_byte(&value, 0);
    assert_int_equal(event_decode(buffer_bytes(&value), arena, &event), ERR_POISON);
    buffer_free(&value);
    arena_free(arena);
}

static void a_version_is_found_by_its_id_and_no_other(void **state)
{
    (void)state;
    const struct wire_message *made = &WIRE_EVENTS[EVENT_MADE];
    assert_int_equal(made->versions_count, 2);
    assert_ptr_equal(wire_version_of_id(1), &made->versions[0]);
    assert_ptr_equal(wire_version_of_id(2), wire_newest(made));
    assert_ptr_equal(wire_version_of_id(3), wire_newest(&WIRE_COMMANDS[COMMAND_MAKE]));
    assert_null(wire_version_of_id(0));
    assert_null(wire_version_of_id(4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(avro_c_reads_the_old_bytes_by_the_old_schema),
        cmocka_unit_test(an_old_record_is_read_without_what_is_gone_and_with_what_came_empty),
        cmocka_unit_test(an_old_record_is_written_again_as_the_newest_version),
        cmocka_unit_test(an_old_record_that_is_cut_or_too_long_is_refused),
        cmocka_unit_test(a_version_is_found_by_its_id_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
