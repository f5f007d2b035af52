/* project_tables.h - which columns each kind of row sets; for project.c, whose rows name them. */
#ifndef ORDERS_PROJECT_TABLES_H
#define ORDERS_PROJECT_TABLES_H
#include "projection/projection.h"

/* Statements of one batch run in this order. */
enum {
    ORDERS,
    CROSSED, /* what arrives later in the same batch keeps it */
    ARRIVED,
    REDUCED,
    PROGRESS,
    PREVENTED,
    ENDED,
    TRADES,
    ASSETS,
    SYMBOLS,
    LAST_PRICES,
    SEQUENCES,
    CANDLES,
    OPTION_SETTLEMENTS,
    MARKS,
    APPROVALS,
    APPROVAL_ENDS,
    VERSIONS,
    CHANGES,
    PREVENTIONS,
    ORDERS_STATEMENTS_COUNT
};

extern const struct projection_statement ORDERS_STATEMENTS[ORDERS_STATEMENTS_COUNT];

#endif
