/* wire.h - commands and events as bytes: Confluent framing, schema ids, the table of messages.
 *
 * A value is byte 0, the schema id as 4 bytes big-endian, then the Avro record, whose first field
 * is `meta`. The decoder is ours and bounded, because avro-c's trusts the lengths it reads; avro-c
 * is its oracle in the tests.
 */
#ifndef WIRE_H
#define WIRE_H
#include "wire/messages.h"

enum {
    WIRE_FRAME_SIZE = 5,
    WIRE_VALUE_SIZE_MAX = 8 * 1000 * 1000, /* what the topics take */
    WIRE_RESULT_MAX = 5,
};

/* A version of a schema, and how what was written by it is read into the structs of today. */
struct wire_version {
    int32_t schema_id;
    const char *schema; /* self-contained Avro, as a registry serves it */
    wire_reader *read_meta, *read_payload;
};

/* What the schema of a command or event says of it. */
struct wire_message {
    int kind; /* enum event_kind or enum command_kind */
    const char *full_name;
    const struct wire_version *versions; /* oldest first; the last one is what is written */
    size_t versions_count;
    const struct wire_record *payload;
    size_t payload_offset; /* in struct event or struct command */
    /* events */
    bool answers;                            /* this is what a client waits for */
    bool ticket;                             /* and the audit journal issues a ticket on it */
    bool relays;                             /* it has the request yet, for what answers it */
    const char *result[WIRE_RESULT_MAX + 1]; /* fields shown to the client, NULL at the end: the
                                                first spread out, the others as members */
    /* commands */
    const char *key;           /* field that is the record's key, or `=literal` */
    const char *entity_type;   /* what the ticket is about */
    const char *entity_field;  /* and the field that names it, or `=literal` */
    const char *account_field; /* the ledger account it is about; NULL: none */
};

/* Whose a schema id is; NULL: nobody's. */
struct wire_id {
    const struct wire_message *message;
    const struct wire_version *version;
};

extern const struct wire_message WIRE_EVENTS[EVENT_KINDS];
extern const struct wire_message WIRE_COMMANDS[COMMAND_KINDS];
extern const struct wire_id WIRE_IDS[]; /* by the id */
extern const size_t WIRE_IDS_COUNT;

/* The name behind the last dot: "OrderEntered". Static storage. */
const char *wire_message_name(const struct wire_message *message);
/* The command of that name, with or without namespace; NULL: none. */
const struct wire_message *wire_command_named(struct text name);
/* The version that has a schema id, of a command or event; NULL: none. */
const struct wire_version *wire_version_of_id(int32_t schema_id);
/* The version that is written today. */
const struct wire_version *wire_newest(const struct wire_message *message);

/* Appends the framed value of `event` or `command`. Too long: the buffer is marked full. */
void event_encode(const struct event *event, struct buffer *buffer);
void command_encode(const struct command *command, struct buffer *buffer);

/* Reads a framed value of any version whole; nothing may follow it. Texts point into `value`,
 * arrays are in `arena`. The key is left empty. ERR_POISON: not one of ours, or malformed. *ret is
 * then undefined. */
enum err event_decode(struct bytes value, struct arena *arena, struct event *ret) MUST_CHECK;
enum err command_decode(struct bytes value, struct arena *arena, struct command *ret) MUST_CHECK;
/* Only which command it would be, were it read. ERR_POISON: none of ours. */
enum err command_kind_of(struct bytes value, enum command_kind *ret_kind) MUST_CHECK;
/* What follows the meta of an event, and the version it is of. */
struct event_rest {
    wire_reader *read;
    struct bytes bytes;
};
/* The same in two steps. First only kind and meta; *ret_rest is what was not looked at. */
enum err event_decode_meta(struct bytes value, struct arena *arena, struct event *ret,
                           struct event_rest *ret_rest) MUST_CHECK;
/* Then the rest of that event. */
enum err event_decode_rest(struct event_rest rest, struct arena *arena,
                           struct event *event) MUST_CHECK;

/* The struct of the event's or command's own fields. */
const void *event_payload(const struct event *event);
const void *command_payload(const struct command *command);
void *command_payload_to_set(struct command *command);

/* The table row of an event or command. */
const struct wire_message *event_message(const struct event *event);
const struct wire_message *command_message(const struct command *command);

/* Appends the whole event as JSON: `type`, `meta`, and its own fields. */
void event_json(const struct event *event, struct buffer *buffer);
/* Appends what a client is shown of an answer: the schema's `result` fields, as an object without
 * its braces. Nothing where the schema names none. */
/* True: the `index`-th field of a result is spread out, not a member. */
bool wire_is_spread(const struct wire_field *field, size_t index);
void event_result_members(const struct event *event, struct buffer *buffer);

#endif
