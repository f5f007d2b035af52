/* deliver.h - `bourse-settings --deliver`: the process that sends the venue's mail (R16).
 *
 * One sender a partition, by a consumer group. It folds the partition's events from the first one
 * into an outbox, and begins to send when it has read what was there at its start: what is left
 * then nobody is known to have sent. Each mail is reported by a CompleteDelivery. One that ends
 * between the mail and its report sends it again, under the same Message-ID.
 */
#ifndef SETTINGS_DELIVER_H
#define SETTINGS_DELIVER_H
#include "config/config.h"

/* service.h: `deliver`. */
enum err settings_deliver(const struct config *config) MUST_CHECK;

#endif
