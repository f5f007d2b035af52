#include "gateway/stream_ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct stream_ring {
    pthread_mutex_t lock;
    int32_t counts[SERVICES];
    struct stream_covered *covered[SERVICES]; /* locked, as the rest; by partition */
    uint64_t first; /* numbers of the oldest record, and of the one to come */
    uint64_t end;
    size_t bytes;
    struct stream_record *records[STREAM_RING_RECORDS];
};

bool stream_record_matters(enum service_id service, enum event_kind kind)
{
    if (service == SERVICE_ORDERS)
        return kind == EVENT_ORDER_ENTERED || kind == EVENT_ORDER_REFUSED ||
               kind == EVENT_ORDER_CANCELED || kind == EVENT_ORDERS_CANCELED ||
               kind == EVENT_BRACKETS_ENTERED;
    if (service == SERVICE_SETTINGS)
        return kind == EVENT_NOTIFICATIONS_RAISED || kind == EVENT_ALERTS_FIRED;
    if (service != SERVICE_ACCOUNTS)
        return false;
    const struct wire_record *record = WIRE_EVENTS[kind].payload;
    for (size_t i = 0; i < record->fields_count; i++) {
        if (record->fields[i].record == &WIRE_BALANCE_AFTER)
            return true;
    }
    return false;
}

struct stream_record *stream_record_new(enum service_id service, const struct followed *followed)
{
    const struct log_record *read = &followed->record;
    struct stream_record *record = malloc(sizeof *record + read->key.size + read->value.size);
    CHECK(record != NULL);
    uint8_t *bytes = (uint8_t *)(record + 1);
    *record =
        (struct stream_record){.service = service,
                               .partition = read->partition,
                               .offset = read->offset,
                               .kind = followed->event->kind,
                               .head = followed->fold->state.head,
                               .key = {.data = (const char *)bytes, .size = read->key.size},
                               .value = {.data = bytes + read->key.size, .size = read->value.size}};
    atomic_init(&record->references, 1);
    if (read->key.size > 0)
        memcpy(bytes, read->key.data, read->key.size);
    memcpy(bytes + read->key.size, read->value.data, read->value.size);
    return record;
}

void stream_record_release(struct stream_record *record)
{
    if (atomic_fetch_sub(&record->references, 1) == 1)
        free(record);
}

struct stream_ring *stream_ring_new(const int32_t partition_counts[SERVICES])
{
    struct stream_ring *ring = calloc(1, sizeof *ring);
    CHECK(ring != NULL);
    CHECK(pthread_mutex_init(&ring->lock, NULL) == 0);
    for (int i = 0; i < SERVICES; i++) {
        ring->counts[i] = partition_counts[i];
        ring->covered[i] = calloc((size_t)partition_counts[i] + 1, sizeof *ring->covered[i]);
        CHECK(ring->covered[i] != NULL);
    }
    return ring;
}

void stream_ring_free(struct stream_ring *ring)
{
    if (ring == NULL)
        return;
    for (uint64_t number = ring->first; number < ring->end; number++)
        stream_record_release(ring->records[number % STREAM_RING_RECORDS]);
    for (int i = 0; i < SERVICES; i++)
        free(ring->covered[i]);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

static struct stream_covered *covered(struct stream_ring *ring, enum service_id service,
                                      int32_t partition)
{
    CHECK(partition >= 0 && partition < ring->counts[service]);
    return &ring->covered[service][partition];
}

void stream_ring_place(struct stream_ring *ring, enum service_id service, int32_t partition,
                       int64_t next_offset, const struct hash *head)
{
    *covered(ring, service, partition) =
        (struct stream_covered){.from = next_offset, .head = *head, .last = next_offset - 1};
}

static size_t size_of(const struct stream_record *record)
{
    return sizeof *record + record->key.size + record->value.size;
}

/* Under the lock. What is released may be large, so that is left to the caller. */
static struct stream_record *evict(struct stream_ring *ring)
{
    struct stream_record *oldest = ring->records[ring->first++ % STREAM_RING_RECORDS];
    struct stream_covered *row = covered(ring, oldest->service, oldest->partition);
    row->from = oldest->offset + 1;
    row->head = oldest->head;
    ring->bytes -= size_of(oldest);
    return oldest;
}

static void note_last(struct stream_ring *ring, enum service_id service,
                      const struct log_record *read)
{
    pthread_mutex_lock(&ring->lock);
    covered(ring, service, read->partition)->last = read->offset;
    pthread_mutex_unlock(&ring->lock);
}

bool stream_ring_add(struct stream_ring *ring, enum service_id service,
                     const struct followed *followed)
{
    const struct log_record *read = &followed->record;
    if (!stream_record_matters(service, followed->event->kind)) {
        note_last(ring, service, read);
        return false;
    }
    struct stream_record *record = stream_record_new(service, followed);
    for (bool full = true; full;) {
        struct stream_record *evicted = NULL;
        pthread_mutex_lock(&ring->lock);
        full = ring->end > ring->first && (ring->end - ring->first == STREAM_RING_RECORDS ||
                                           ring->bytes + size_of(record) > STREAM_RING_BYTES);
        if (full) {
            evicted = evict(ring);
        } else {
            covered(ring, service, read->partition)->last = read->offset;
            ring->records[ring->end++ % STREAM_RING_RECORDS] = record;
            ring->bytes += size_of(record);
        }
        pthread_mutex_unlock(&ring->lock);
        if (evicted != NULL)
            stream_record_release(evicted);
    }
    return true;
}

struct stream_covered stream_ring_covered(struct stream_ring *ring, enum service_id service,
                                          int32_t partition)
{
    pthread_mutex_lock(&ring->lock);
    struct stream_covered found = *covered(ring, service, partition);
    pthread_mutex_unlock(&ring->lock);
    return found;
}

uint64_t stream_ring_first(struct stream_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    uint64_t first = ring->first;
    pthread_mutex_unlock(&ring->lock);
    return first;
}

uint64_t stream_ring_now(struct stream_ring *ring, int64_t *const ret_last[SERVICES])
{
    pthread_mutex_lock(&ring->lock);
    uint64_t end = ring->end;
    for (int i = 0; ret_last != NULL && i < SERVICES; i++) {
        for (int32_t p = 0; p < ring->counts[i]; p++)
            ret_last[i][p] = ring->covered[i][p].last;
    }
    pthread_mutex_unlock(&ring->lock);
    return end;
}

size_t stream_ring_read(struct stream_ring *ring, uint64_t *number,
                        struct stream_record **ret_records, size_t max, bool *ret_lost)
{
    size_t count = 0;
    pthread_mutex_lock(&ring->lock);
    *ret_lost = *number < ring->first;
    if (*ret_lost)
        *number = ring->first;
    for (; count < max && *number < ring->end; ++*number) {
        struct stream_record *record = ring->records[*number % STREAM_RING_RECORDS];
        atomic_fetch_add(&record->references, 1);
        ret_records[count++] = record;
    }
    pthread_mutex_unlock(&ring->lock);
    return count;
}
