/* observe.h - what the events of orders say to operators: how long orders wait until they are
 * filled, and how near to their price triggers are executed. The canary's say nothing of clients.
 *
 * Filled   since the venue took the order, or since its trigger fired. Of one that has rested this
 * is known while it is among the newest: a slot for each of OBSERVE_RESTING hashes of ids, where a
 *          new order takes the place of another. What has rested since before the process began, or
 *          for longer than that, is not counted.
 * Thread   one.
 */
#ifndef ORDERS_OBSERVE_H
#define ORDERS_OBSERVE_H
#include "wire/messages.h"

enum { OBSERVE_RESTING = 1 << 16 };

void orders_observe(const struct event *event);

#endif
