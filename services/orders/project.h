/* project.h - the read model of orders: orders, trades, assets, symbols, market_data (schema.sql).
 */
#ifndef ORDERS_PROJECT_H
#define ORDERS_PROJECT_H
#include "projection/projection.h"

extern const struct projection ORDERS_PROJECTION;

#endif
