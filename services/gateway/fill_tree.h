/* fill_tree.h - a compiled expression of fill.h; for fill.c and fill_compile.c only. */
#ifndef GATEWAY_FILL_TREE_H
#define GATEWAY_FILL_TREE_H
#include "gateway/fill.h"

enum fill_op {
    OP_PARAMETER,
    OP_BODY,
    OP_ROW,
    OP_CALLER_USER,
    OP_CALLER_ACCOUNT,
    OP_CALLER_SESSION,
    OP_CALLER_ADDRESS_HASH,
    OP_IF_MATCH,
    OP_LITERAL,
    OP_ID,
    OP_EMAIL_HASH,
    OP_PASSWORD_HASH,
    OP_TIME_ZONE,
    OP_TEXT_MESSAGES,
    OP_BROWSER_PUSH,
    OP_CONCAT, /* it, and all that follow, have two arguments */
    OP_ID_OF,
    OP_AMOUNT_HASH,
    OP_MAIL_TOKEN_USER,
    OP_MAIL_TOKEN_VERSION,
};

struct fill {
    enum fill_op op;
    struct text name;         /* of a parameter or member; a literal's text */
    const struct fill *first; /* arguments */
    const struct fill *second;
    const struct fill *instead; /* the next alternative */
};

#endif
