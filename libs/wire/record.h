/* record.h - how a C struct made from an Avro record is laid out, and what can be done with any.
 *
 * Every struct of messages.h has a `struct wire_record` that describes it field by field. JSON and
 * reading a field by name walk these tables: one piece of code for all schemas. Encoding and
 * decoding, which every event costs several times, are code made for each record (codec.h).
 *
 * In C    a nullable field `x` has `bool has_x` beside it; an array or map `x` has
 *         `size_t x_count`; a map is an array of {key, value}.
 * In JSON a field `x_e8` is shown as `x`, a decimal string; times are RFC 3339, ids and enums
 *         strings, bytes and hashes hexadecimal.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H
#include "base/arena.h"
#include "base/base.h"
#include "base/buffer.h"

enum wire_type {
    WIRE_BOOLEAN,
    WIRE_INT,
    WIRE_LONG,
    WIRE_E8,   /* long, in units of 10^-8 */
    WIRE_TIME, /* long, microseconds since 1970 */
    WIRE_TEXT,
    WIRE_BYTES,
    WIRE_UUID, /* on the wire its 36 characters */
    WIRE_FIXED,
    WIRE_ENUM,
    WIRE_RECORD,
};

struct wire_enum {
    const char *name;
    const char *const *symbols;
    size_t symbols_count;
};

struct wire_record;

struct wire_field {
    const char *name; /* Avro's */
    enum wire_type type;
    size_t size;   /* of one element in C */
    size_t offset; /* of the value, or of the pointer to the elements */
    size_t beside; /* offset of has_x or x_count */
    const struct wire_record *record;
    const struct wire_enum *symbols;
    const char *sealed_by; /* the field whose value names the sealing key; NULL: not sealed */
    bool nullable, array, map;
};

/* How one record is read and written: see codec.h. */
typedef const uint8_t *wire_reader(const uint8_t *at, const uint8_t *end, struct arena *arena,
                                   void *ret_value);
typedef size_t wire_bound(const void *value);
typedef uint8_t *wire_writer(uint8_t *at, const void *value);

struct wire_record {
    const char *name;
    size_t size; /* of the struct */
    const struct wire_field *fields;
    size_t fields_count;
    wire_reader *read;
    wire_bound *bound;
    wire_writer *write;
};

/* Appends the Avro encoding of `value`, a struct of `record`. Too long: `buffer` is marked full. */
void wire_encode(const struct wire_record *record, const void *value, struct buffer *buffer);

/* Reads one record from the front of `*input` and moves `*input` behind it. Texts and bytes point
 * into the input; arrays are in `arena`.
 * ERR_POISON: lengths, counts, symbols or ids that cannot be; *ret_value is then undefined. */
enum err wire_decode(const struct wire_record *record, struct bytes *input, struct arena *arena,
                     void *ret_value) MUST_CHECK;

/* The same by a reader, of an older version perhaps. `*ret_value` must be zero: what that version
 * did not have stays empty. */
enum err wire_read(wire_reader *read, struct bytes *input, struct arena *arena,
                   void *ret_value) MUST_CHECK;

/* Appends `value` as a JSON object. */
void wire_json(const struct wire_record *record, const void *value, struct buffer *buffer);
/* Appends the members of that object without its braces, each but the first after a comma. */
void wire_json_members(const struct wire_record *record, const void *value, struct buffer *buffer);
/* Appends one field of `value` as a JSON value. */
void wire_json_field(const struct wire_field *field, const void *value, struct buffer *buffer);

/* The field whose Avro or JSON name is `name`; NULL: none. */
const struct wire_field *wire_field(const struct wire_record *record, struct text name);
/* The field's name in JSON: without `_e8`. */
struct text wire_json_name(const struct wire_field *field);
/* True when a nullable field of `value` is null. */
bool wire_is_null(const struct wire_field *field, const void *value);
/* A scalar field of `value` as JSON shows it, without quotes; empty when it is null. */
struct text wire_field_text(const struct wire_field *field, const void *value, struct arena *arena);
/* The same of the field of that name, which there must be; of "=TEXT" it is TEXT. */
struct text wire_named_text(const struct wire_record *record, const char *name, const void *value,
                            struct arena *arena);
/* Sets a scalar field of `value` from what JSON would show, and marks it as not null. `text` must
 * outlive the value where the field is a text. ERR_INPUT, ERR_RANGE: not of the field's type. */
enum err wire_field_set(const struct wire_field *field, struct text text, void *value) MUST_CHECK;
/* Adds one entry to a map of scalars of `value`, growing it in `arena`. Errors as wire_field_set.
 */
enum err wire_map_add(const struct wire_field *field, struct text key, struct text text,
                      struct arena *arena, void *value) MUST_CHECK;

#endif
