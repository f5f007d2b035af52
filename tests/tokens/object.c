#include "object.h"

#include <string.h>

/* NOON of main.c is 1795348800. */
static const char *const TIMES[] = {
    "1795348799",
    "1795348800",
    "1795348801",
    "1795348740",
    "1795348739",
    "1795348741",
    "1795348859",
    "1795348860",
    "1795348861",
    "1795350600",
    "0",
    "1",
    "-1",
    "-0",
    "01795350600",
    "+1795350600",
    "1795350600.0",
    "1795350600.5",
    "1.7953506e9",
    "17953506E2",
    "9223372036854",
    "9223372036855",
    "9223372036854775807",
    "9223372036854775808",
    "1e400",
    "NaN",
    "Infinity",
    "\"1795350600\"",
    "[1795350600]",
    "true",
    "null",
};

static const char *const IDS[] = {
    "\"00000000-0000-8000-8000-000000000001\"",
    "\"00000000-0000-8000-8000-000000000002\"",
    "\"00000000-0000-0000-0000-000000000000\"",
    "\"ABCDEF00-0000-8000-8000-000000000001\"",
    "\"abcdef00-0000-8000-8000-000000000001\"",
    "\"{00000000-0000-8000-8000-000000000001}\"",
    "\"00000000000080008000000000000001\"",
    "\"00000000-0000-8000-8000-00000000001\"",
    "\"00000000-0000-8000-8000-0000000000011\"",
    "\"urn:uuid:00000000-0000-8000-8000-000000000001\"",
    "\" 00000000-0000-8000-8000-000000000001\"",
    "\"00000000-0000-8000-8000-000000000001\\n\"",
    "\"00000000-0000-8000-8000-00000000000\\u0031\"",
    "\"00000000-0000-8000-8000-000000000001\\u0000\"",
    "\"0000000g-0000-8000-8000-000000000001\"",
    "\"00000000-0000-8000-8000-00000000000\xc2\xb9\"",
};

static const char *const ROLES[] = {
    "[]",
    "[\"admin\"]",
    "[\"user\",\"user\"]",
    "[\"user\",\"admin\",\"operator\",\"auditor\",\"market_maker\"]",
    "[\"root\"]",
    "[\"Admin\"]",
    "[\"admin \"]",
    "[\"\\u0061dmin\"]",
    "[\"\xd0\xb0"
    "dmin\"]",
    "[[\"admin\"]]",
    "[\"user\",null]",
    "[\"user\",]",
    "[,\"user\"]",
    "\"admin\"",
    "{\"0\":\"admin\"}",
    "[0]",
};

static const char *const PARTIES[] = {
    "\"bourse\"",
    "\"Bourse\"",
    "\"bourse \"",
    "\"bour\\u0073e\"",
    "\"bourse\\u0000\"",
    "\"b\xd0\xbeurse\"",
    "[\"bourse\"]",
    "[\"bourse\",\"other\"]",
    "[\"other\"]",
    "[[\"bourse\"]]",
    "[]",
    "\"\"",
    "\"https://provider.example\"",
    "\"https://provider.example/\"",
};

static const char *const HEADER_VALUES[] = {
    "\"ES256\"",
    "\"es256\"",
    "\"ES256 \"",
    "\"ES256K\"",
    "\"ES384\"",
    "\"HS256\"",
    "\"RS256\"",
    "\"RS512\"",
    "\"PS256\"",
    "\"EdDSA\"",
    "\"none\"",
    "\"None\"",
    "\"nOnE\"",
    "[\"ES256\"]",
    "\"E\\u00532\\u003556\"",
    "\"at+jwt\"",
    "\"AT+JWT\"",
    "\"application/at+jwt\"",
    "\"at\\u002bjwt\"",
    "\"JWT\"",
    "\"../../../../dev/null\"",
    "\"' OR 1=1 --\"",
    "[\"exp\"]",
    "[\"b64\"]",
    "[\"http://example.com/unknown\"]",
    "[\"alg\",\"typ\",\"kid\"]",
    "\"DEF\"",
    "\"https://attacker.example/jwks.json\"",
};

static const char *const ANYTHING[] = {
    "null",
    "true",
    "false",
    "0",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "-",
    "",
    "\"",
    "\"\\ud800\"",
    "\"\xff\"",
    "\"\t\"",
    "\"\\x41\"",
    "'x'",
    "\"\\ud83d\\ude00\"",
    "\"a\"\"b\"",
    "{\"a\":1,\"a\":2}",
    "[1,2",
    "undefined",
    "1 2",
    "\"admin\"",
    "\"ada@example.com\"",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
};

static const char *const NAMES[] = {
    "alg",         "typ",        "kid",   "crit",
    "jwk",         "jku",        "x5u",   "x5c",
    "b64",         "zip",        "cty",   "enc",
    "iss",         "aud",        "sub",   "sid",
    "acc",         "roles",      "iat",   "nbf",
    "exp",         "jti",        "nonce", "email",
    "EXP",         "Exp",        "exp ",  "e\\u0078p",
    "\\u0065xp",   "exp\\u0000", "",      "scope",
    "role",        "__proto__",  "azp",   "email_verified",
    "ex\xcd\xb0p",
};

uint32_t random_next(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (uint32_t)(*random >> 32);
}

size_t random_below(uint64_t *random, size_t count)
{
    return random_next(random) % count;
}

void object_add(struct object *object, const char *name, const char *value)
{
    if (object->count < OBJECT_MEMBERS_MAX)
        object->members[object->count++] = (struct member){name, value};
}

/* A value that may stand under that name, if need be only to somebody who looks away. */
static const char *likely_value(const char *name, uint64_t *random)
{
    static const char *const times = "exp nbf iat", *const ids = "sub sid acc jti",
                             *const parties = "iss aud nonce", *const header = "alg typ kid crit";
    if (name[0] == '\0')
        return random_of(random, ANYTHING);
    if (strstr(times, name) != NULL)
        return random_of(random, TIMES);
    if (strstr(ids, name) != NULL)
        return random_of(random, IDS);
    if (strstr(parties, name) != NULL)
        return random_of(random, PARTIES);
    if (strstr(header, name) != NULL)
        return random_of(random, HEADER_VALUES);
    return strcmp(name, "roles") == 0 ? random_of(random, ROLES) : random_of(random, ANYTHING);
}

static const char *other_value(const char *name, uint64_t *random)
{
    return random_below(random, 5) == 0 ? random_of(random, ANYTHING) : likely_value(name, random);
}

static void move(struct object *object, uint64_t *random)
{
    struct member *one = &object->members[random_below(random, object->count)];
    struct member *other = &object->members[random_below(random, object->count)];
    struct member moved = *one;
    *one = *other;
    *other = moved;
}

void object_spoil(struct object *object, uint64_t *random)
{
    if (object->count == 0)
        return;
    struct member *member = &object->members[random_below(random, object->count)];
    const char *name;
    switch (random_below(random, 8)) {
    case 0: *member = object->members[--object->count]; break;
    case 1:
        object_add(object, member->name,
                   random_below(random, 2) ? member->value : other_value(member->name, random));
        break;
    case 2: member->name = random_of(random, NAMES); break;
    case 3:
        name = random_of(random, NAMES);
        object_add(object, name, other_value(name, random));
        break;
    case 4: move(object, random); break;
    default: member->value = other_value(member->name, random);
    }
}

/* Where something odd may come, one of `*places` in all does. */
static void maybe_odd(size_t *oddities, uint64_t *random, struct buffer *json)
{
    static const char *const spaces[] = {" ",        "\n",           "\t",   "\r\n", "\v", "\f",
                                         "\xc2\xa0", "\xef\xbb\xbf", "/**/", "//\n", ",",  "{}"};
    if (*oddities == 0 || random_below(random, 12) != 0)
        return;
    --*oddities;
    /* the first four are JSON's, and half of what comes */
    const char *space =
        spaces[random_below(random, random_below(random, 2) ? 4 : COUNT_OF(spaces))];
    buffer_string(json, space);
}

/* A name with one of its letters as an escape, at times. */
static void write_name(const char *name, size_t *oddities, uint64_t *random, struct buffer *json)
{
    size_t size = strlen(name);
    size_t escaped = size;
    if (*oddities > 0 && size > 0 && random_below(random, 12) == 0) {
        escaped = random_below(random, size);
        --*oddities;
    }
    buffer_byte(json, '"');
    for (size_t i = 0; i < size; i++) {
        if (i == escaped)
            buffer_printf(json, "\\u%04x", (unsigned char)name[i]);
        else
            buffer_byte(json, (uint8_t)name[i]);
    }
    buffer_string(json, "\":");
}

void object_write(const struct object *object, size_t oddities, uint64_t *random,
                  struct buffer *json)
{
    maybe_odd(&oddities, random, json);
    buffer_byte(json, '{');
    for (size_t i = 0; i < object->count; i++) {
        if (i > 0)
            buffer_byte(json, ',');
        maybe_odd(&oddities, random, json);
        write_name(object->members[i].name, &oddities, random, json);
        maybe_odd(&oddities, random, json);
        buffer_string(json, object->members[i].value);
        maybe_odd(&oddities, random, json);
    }
    buffer_byte(json, '}');
    maybe_odd(&oddities, random, json);
}
