/* forge.h - what tests need to attack a writer: forged records, a world that can be told to stop,
 * and services that are followed and follow. */
#ifndef FORGE_H
#define FORGE_H
#include "toy.h"

/* The toy, following orders: answers each of its events with a refusal of code SEEN. */
extern const struct service LISTENER;

/* A writer of `service` that has recovered and claimed. */
struct writer *forge_writer(const struct service *service, const struct writer_world *world);
/* Steps until there is an error, `steps` times at most. */
enum err forge_steps(struct writer *writer, int steps);

/* Fills the meta of `event` so that it is the next valid event of partition 0, as the writer in
 * force would have made it; of a claim, the claim that is due. */
void forge_next(struct log *log, enum service_id service, struct event *event);
/* Appends `event` as it is, with the headers that belong to it. Returns its offset. */
int64_t forge_append(struct log *log, enum service_id service, const struct event *event);
/* Claims partition 0 of a followed service and appends `count` events that touch accounts/0. */
void forge_followed(struct log *log, enum service_id service, int count);
/* The fold state of partition 0 at the end of its log. */
struct fold_state forge_state(struct log *log, enum service_id service);
/* How many valid rejections with that code partition 0 of accounts has. */
size_t forge_rejections(struct log *log, const char *code);
/* The last record of partition 0 of a topic, its bytes copied for the caller to free. */
struct bytes forge_last_value(struct log *log, enum service_id service);

#endif
