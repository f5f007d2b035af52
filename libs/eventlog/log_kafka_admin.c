/* What an administrator asks and does: copies, rules, and deleting what is before an offset. */
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

/* --- rules --- */

static bool lets_write(const rd_kafka_AclBinding_t *rule)
{
    rd_kafka_AclOperation_t operation = rd_kafka_AclBinding_operation(rule);
    return rd_kafka_AclBinding_permission_type(rule) == RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW &&
           (operation == RD_KAFKA_ACL_OPERATION_WRITE || operation == RD_KAFKA_ACL_OPERATION_ALL);
}

static enum err name_writers(rd_kafka_event_t *answer, struct buffer *ret_names)
{
    size_t count;
    const rd_kafka_AclBinding_t **rules =
        rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(answer), &count);
    for (size_t i = 0; i < count; i++)
        if (lets_write(rules[i]))
            buffer_printf(ret_names, " %s ", rd_kafka_AclBinding_principal(rules[i]));
    return buffer_ok(ret_names) ? OK : ERR_FULL;
}

/* The rules that hold for a topic, by its name, by what it begins with, or for all. That a broker
 * keeps none at all 2.0.2 does not tell from there being none. */
static rd_kafka_AclBindingFilter_t *rules_of(const char *topic)
{
    char problem[LOG_PROBLEM_SIZE];
    rd_kafka_AclBindingFilter_t *filter = rd_kafka_AclBindingFilter_new(
        RD_KAFKA_RESOURCE_TOPIC, topic, RD_KAFKA_RESOURCE_PATTERN_MATCH, NULL, NULL,
        RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, problem, sizeof problem);
    CHECK(filter != NULL);
    return filter;
}

enum err kafka_writers_allowed(struct log *base, const char *topic, struct buffer *ret_names)
{
    struct kafka_log *log = (struct kafka_log *)base;
    rd_kafka_AclBindingFilter_t *filter = rules_of(topic);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(log, RD_KAFKA_ADMIN_OP_DESCRIBEACLS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->client);
    rd_kafka_DescribeAcls(log->client, filter, options, queue);
    rd_kafka_AclBinding_destroy(filter);
    rd_kafka_event_t *answer =
        rd_kafka_queue_poll(queue, KAFKA_ADMIN_TIMEOUT_MS + KAFKA_CALL_TIMEOUT_MS);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    if (answer == NULL)
        return ERR_BUSY;
    enum err err = rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR
                       ? name_writers(answer, ret_names)
                       : ERR_BUSY;
    rd_kafka_event_destroy(answer);
    return err;
}
