/* What an administrator asks and does: copies, and deleting what is before an offset. */
#include "eventlog/log_kafka_internal.h"

/* --- deleting --- */

/* What the broker says of the one partition that was asked about. */
static enum err deletion_error(rd_kafka_event_t *answer)
{
    const rd_kafka_topic_partition_list_t *found =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer));
    CHECK(found->cnt == 1);
    rd_kafka_resp_err_t error = found->elems[0].err;
    if (error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        return ERR_RANGE;
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? OK : kafka_question_error(error);
}

enum err kafka_delete_before(struct log *base, const char *topic, int32_t partition, int64_t start)
{
    struct kafka_log *log = (struct kafka_log *)base;
    const char *problem = NULL;
    rd_kafka_topic_partition_list_t *places = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(places, topic, partition)->offset = start;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(places);
    rd_kafka_topic_partition_list_destroy(places);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(log, RD_KAFKA_ADMIN_OP_DELETERECORDS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->client);
    rd_kafka_DeleteRecords(log->client, &request, 1, options, queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_event_t *answer;
    enum err err = kafka_admin_answer(log, queue, options, &answer, &problem);
    if (err != OK)
        return err;
    err = deletion_error(answer);
    rd_kafka_event_destroy(answer);
    return err;
}

/* --- copies --- */

static bool is_worse(const struct rd_kafka_metadata_partition *partition,
                     const struct log_copies *than)
{
    return than->copies == 0 || partition->leader < 0 ||
           partition->isr_cnt - partition->replica_cnt < than->in_step - than->copies;
}

static enum err find_worst(const struct rd_kafka_metadata *metadata, struct log_copies *ret_copies)
{
    const struct rd_kafka_metadata_topic *topic = &metadata->topics[0];
    *ret_copies = (struct log_copies){.brokers = metadata->broker_cnt};
    if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_question_error(topic->err);
    for (int i = 0; i < topic->partition_cnt; i++) {
        const struct rd_kafka_metadata_partition *partition = &topic->partitions[i];
        if (!is_worse(partition, ret_copies))
            continue;
        ret_copies->copies = partition->replica_cnt;
        ret_copies->in_step = partition->leader < 0 ? 0 : partition->isr_cnt;
        if (partition->leader < 0)
            break;
    }
    return OK;
}

enum err kafka_copies(struct log *base, const char *name, struct log_copies *ret_copies)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = kafka_ask_topic((struct kafka_log *)base, name, &metadata);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_question_error(error);
    enum err err = find_worst(metadata, ret_copies);
    rd_kafka_metadata_destroy(metadata);
    return err;
}
