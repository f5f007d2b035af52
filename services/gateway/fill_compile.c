#include "gateway/fill_tree.h"

#include <string.h>

struct parser {
    struct text rest;
    struct arena *arena;
    struct text problem; /* empty: none so far */
};

static void skip_spaces(struct parser *parser)
{
    while (parser->rest.size > 0 && parser->rest.data[0] == ' ') {
        parser->rest.data++;
        parser->rest.size--;
    }
}

static bool next_is(struct parser *parser, char wanted)
{
    skip_spaces(parser);
    if (parser->rest.size == 0 || parser->rest.data[0] != wanted)
        return false;
    parser->rest.data++;
    parser->rest.size--;
    return true;
}

static void complain(struct parser *parser, const char *what)
{
    if (parser->problem.size == 0)
        parser->problem = arena_printf(parser->arena, "%s at \"%.*s\"", what,
                                       (int)parser->rest.size, parser->rest.data);
}

/* The run of characters up to one of `ends`, without spaces behind it. */
static struct text take_until(struct parser *parser, const char *ends)
{
    struct text run = {.data = parser->rest.data};
    while (parser->rest.size > 0 && strchr(ends, parser->rest.data[0]) == NULL) {
        parser->rest.data++;
        parser->rest.size--;
        run.size++;
    }
    while (run.size > 0 && run.data[run.size - 1] == ' ')
        run.size--;
    return run;
}

static bool is_within(struct text text, const char *prefix, struct text *ret_rest)
{
    size_t size = strlen(prefix);
    if (!text_starts(text, prefix) || text.size == size)
        return false;
    *ret_rest = (struct text){.data = text.data + size, .size = text.size - size};
    return true;
}

static const struct fill *parse_expression(struct parser *parser);

static void parse_call(struct parser *parser, struct text function, struct fill *fill)
{
    static const struct {
        const char *name;
        enum fill_op op;
    } FUNCTIONS[] = {{"id", OP_ID},
                     {"email_hash", OP_EMAIL_HASH},
                     {"password_hash", OP_PASSWORD_HASH},
                     {"time_zone", OP_TIME_ZONE},
                     {"text_messages", OP_TEXT_MESSAGES},
                     {"browser_push", OP_BROWSER_PUSH},
                     {"id_of", OP_ID_OF},
                     {"concat", OP_CONCAT},
                     {"amount_hash", OP_AMOUNT_HASH},
                     {"mail_token_user", OP_MAIL_TOKEN_USER},
                     {"mail_token_version", OP_MAIL_TOKEN_VERSION}};
    size_t i = 0;
    while (i < COUNT_OF(FUNCTIONS) && !text_is(function, FUNCTIONS[i].name))
        i++;
    if (i == COUNT_OF(FUNCTIONS)) {
        complain(parser, "unknown function");
        return;
    }
    fill->op = FUNCTIONS[i].op;
    if (fill->op == OP_ID && next_is(parser, ')'))
        return;
    fill->first = parse_expression(parser);
    if (fill->op >= OP_CONCAT) {
        if (!next_is(parser, ','))
            complain(parser, "it takes two arguments: a comma is missing");
        fill->second = parse_expression(parser);
    }
    if (!next_is(parser, ')'))
        complain(parser, "a closing parenthesis is missing");
}

static void parse_name(struct parser *parser, struct text word, struct fill *fill)
{
    if (is_within(word, "path.", &fill->name) || is_within(word, "query.", &fill->name))
        fill->op = OP_PARAMETER;
    else if (is_within(word, "body.", &fill->name))
        fill->op = OP_BODY;
    else if (is_within(word, "row.", &fill->name))
        fill->op = OP_ROW;
    else if (text_is(word, "caller.user_id"))
        fill->op = OP_CALLER_USER;
    else if (text_is(word, "caller.account_id"))
        fill->op = OP_CALLER_ACCOUNT;
    else if (text_is(word, "caller.session_id"))
        fill->op = OP_CALLER_SESSION;
    else if (text_is(word, "caller.address_hash"))
        fill->op = OP_CALLER_ADDRESS_HASH;
    else if (text_is(word, "header.if_match"))
        fill->op = OP_IF_MATCH;
    else
        complain(
            parser,
            "neither path., query., body., row., caller.user_id, caller.account_id, "
            "caller.session_id, caller.address_hash, header.if_match, =literal nor a function");
}

static struct fill *parse_term(struct parser *parser)
{
    struct fill *fill = ARENA_NEW(parser->arena, struct fill, 1);
    if (next_is(parser, '=')) {
        fill->op = OP_LITERAL;
        fill->name = arena_text(parser->arena, take_until(parser, "|,)"));
        return fill;
    }
    skip_spaces(parser);
    struct text word = arena_text(parser->arena, take_until(parser, "|,() "));
    if (next_is(parser, '('))
        parse_call(parser, word, fill);
    else
        parse_name(parser, word, fill);
    return fill;
}

static const struct fill *parse_expression(struct parser *parser)
{
    struct fill *fill = parse_term(parser);
    if (parser->problem.size == 0 && next_is(parser, '|'))
        fill->instead = parse_expression(parser);
    return fill;
}

enum err fill_compile(struct text expression, struct arena *arena, const struct fill **ret_fill,
                      struct text *ret_problem)
{
    struct parser parser = {.rest = expression, .arena = arena};
    const struct fill *fill = parse_expression(&parser);
    skip_spaces(&parser);
    if (parser.rest.size > 0)
        complain(&parser, "more than one expression");
    if (parser.problem.size > 0) {
        *ret_problem = parser.problem;
        return ERR_INPUT;
    }
    *ret_fill = fill;
    return OK;
}

const struct fill *fill_by_name(struct text name, struct arena *arena)
{
    struct text kept = arena_text(arena, name);
    struct fill *fills = ARENA_NEW(arena, struct fill, 2);
    fills[0] = (struct fill){.op = OP_PARAMETER, .name = kept, .instead = &fills[1]};
    fills[1] = (struct fill){.op = OP_BODY, .name = kept};
    return fills;
}

bool fill_is_slow(const struct fill *fill)
{
    for (; fill != NULL; fill = fill->instead) {
        if (fill->op == OP_PASSWORD_HASH || fill_is_slow(fill->first) || fill_is_slow(fill->second))
            return true;
    }
    return false;
}
