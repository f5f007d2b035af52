#include "settings/turns.h"

#include <stdlib.h>
#include <utlist.h>

void turns_free(struct turns *turns)
{
    for (size_t i = 0; i < LANES; i++)
        heap_free(&turns->lanes[i]);
    heap_free(&turns->largest);
}

/* Puts a queue where it belongs in its lane. */
static void settle(struct turns *turns, struct queue *queue)
{
    struct heap *lane = &turns->lanes[queue->lane];
    const struct heap_node *first = heap_first(&queue->waiting);
    if (queue->in_lane.place > 0)
        heap_remove(lane, &queue->in_lane);
    if (first == NULL || queue->under_way)
        return;
    queue->in_lane.key = first->key > queue->tried_us ? first->key : queue->tried_us;
    heap_add(lane, &queue->in_lane);
}

static void resize(struct turns *turns, struct queue *queue)
{
    if (queue->by_size.place > 0)
        heap_remove(&turns->largest, &queue->by_size);
    if (queue->count == 0)
        return;
    queue->by_size.key = -(int64_t)queue->count;
    heap_add(&turns->largest, &queue->by_size);
}

/* The queue has one turn more or, with -1, less. */
static void count(struct turns *turns, struct queue *queue, int change)
{
    queue->count += (size_t)change;
    if (queue->lane == LANE_SIGN_IN)
        return; /* bounded by who may register, and how often one may ask */
    turns->notices_count += (size_t)change;
    resize(turns, queue);
}

static struct queue *queue_new(struct turns *turns, struct queue **owner, enum lane lane)
{
    struct queue *queue = calloc(1, sizeof *queue);
    CHECK(queue != NULL);
    *queue = (struct queue){.lane = lane, .owner = owner};
    queue->in_lane = (struct heap_node){.turn = turns->next, .thing = queue};
    queue->by_size = (struct heap_node){.turn = turns->next++, .thing = queue};
    return queue;
}

void turns_add(struct turns *turns, struct queue **owner, enum lane lane, struct turn *turn,
               void *entry)
{
    if (*owner == NULL)
        *owner = queue_new(turns, owner, lane);
    struct queue *queue = *owner;
    CHECK(queue->lane == lane);
    *turn = (struct turn){.node = {.turn = turns->next++, .thing = entry}, .queue = queue};
    heap_add(&queue->waiting, &turn->node);
    DL_APPEND(queue->oldest, turn);
    queue->turns_count++;
    count(turns, queue, 1);
    settle(turns, queue);
}

static void leave_order(struct turns *turns, struct turn *turn)
{
    DL_DELETE(turn->queue->oldest, turn);
    count(turns, turn->queue, -1);
}

void turns_remove(struct turns *turns, struct turn *turn)
{
    struct queue *queue = turn->queue;
    if (turn->node.place > 0)
        heap_remove(&queue->waiting, &turn->node);
    if (!turn->given_up)
        leave_order(turns, turn);
    if (turn->under_way)
        queue->under_way = false;
    queue->turns_count--;
    settle(turns, queue);
    if (queue->turns_count > 0)
        return;
    *queue->owner = NULL;
    heap_free(&queue->waiting);
    free(queue);
}

void *turns_next(const struct turns *turns, enum lane lane, int64_t now_us)
{
    const struct heap_node *first = heap_first(&turns->lanes[lane]);
    if (first == NULL || first->key > now_us)
        return NULL;
    const struct queue *queue = first->thing;
    return heap_first(&queue->waiting)->thing;
}

void turns_begin(struct turns *turns, struct turn *turn, int64_t now_us)
{
    struct queue *queue = turn->queue;
    CHECK(!queue->under_way);
    heap_remove(&queue->waiting, &turn->node);
    turn->under_way = queue->under_way = true;
    queue->tried_us = now_us;
    settle(turns, queue);
}

void turns_wait(struct turns *turns, struct turn *turn, int64_t until_us)
{
    struct queue *queue = turn->queue;
    if (turn->node.place > 0)
        heap_remove(&queue->waiting, &turn->node);
    if (turn->under_way)
        turn->under_way = queue->under_way = false;
    turn->node.key = until_us;
    heap_add(&queue->waiting, &turn->node);
    settle(turns, queue);
}

void *turns_surplus(const struct turns *turns)
{
    if (turns->notices_count <= turns->notices_max)
        return NULL;
    const struct queue *queue = heap_first(&turns->largest)->thing;
    return queue->oldest->node.thing;
}

void turns_give_up(struct turns *turns, struct turn *turn)
{
    leave_order(turns, turn);
    turn->given_up = true;
    if (!turn->under_way)
        turns_wait(turns, turn, 0);
}
