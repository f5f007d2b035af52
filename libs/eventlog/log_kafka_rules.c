/* Who may do what by the broker's rules (ACLs): making them, and asking for them. */
#include "eventlog/log_kafka_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { PRINCIPAL_SIZE = 256 };

/* --- making them --- */

static rd_kafka_AclOperation_t operation_of(enum log_right right)
{
    static const rd_kafka_AclOperation_t OPERATIONS[] = {
        [LOG_MAY_READ] = RD_KAFKA_ACL_OPERATION_READ,
        [LOG_MAY_WRITE] = RD_KAFKA_ACL_OPERATION_WRITE,
        [LOG_MAY_DESCRIBE] = RD_KAFKA_ACL_OPERATION_DESCRIBE,
        [LOG_MAY_DESCRIBE_CONFIGS] = RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS,
    };
    CHECK((size_t)right < COUNT_OF(OPERATIONS));
    return OPERATIONS[right];
}

static rd_kafka_AclBinding_t *binding_of(const struct log_rule *rule)
{
    char problem[LOG_PROBLEM_SIZE], principal[PRINCIPAL_SIZE];
    snprintf(principal, sizeof principal, "User:%s", rule->principal);
    rd_kafka_AclBinding_t *binding = rd_kafka_AclBinding_new(
        rule->of_group ? RD_KAFKA_RESOURCE_GROUP : RD_KAFKA_RESOURCE_TOPIC, rule->name,
        rule->is_start ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL,
        principal, "*", operation_of(rule->right), RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, problem,
        sizeof problem);
    CHECK(binding != NULL);
    return binding;
}

static enum err rule_error(rd_kafka_resp_err_t error)
{
    switch ((int)error) {
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED: return ERR_NOT_FOUND;
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return ERR_DENIED;
    default: return ERR_LOG;
    }
}

/* The first rule that was not made. */
static enum err first_error(struct kafka_log *log, rd_kafka_event_t *answer,
                            const struct log_rule *rules, const char **ret_problem)
{
    size_t count;
    const rd_kafka_acl_result_t **results =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(answer), &count);
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_error_t *error = rd_kafka_acl_result_error(results[i]);
        if (error == NULL)
            continue;
        snprintf(log->problem, sizeof log->problem, "rule of %s about %s: %s", rules[i].principal,
                 rules[i].name, rd_kafka_error_string(error));
        *ret_problem = log->problem;
        return rule_error(rd_kafka_error_code(error));
    }
    return OK;
}

enum err kafka_allow(struct log *base, const struct log_rule *rules, size_t count,
                     const char **ret_problem)
{
    struct kafka_log *log = (struct kafka_log *)base;
    rd_kafka_AclBinding_t **bindings = calloc(count, sizeof *bindings);
    CHECK(bindings != NULL);
    for (size_t i = 0; i < count; i++)
        bindings[i] = binding_of(&rules[i]);
    rd_kafka_AdminOptions_t *options = kafka_admin_options(log, RD_KAFKA_ADMIN_OP_CREATEACLS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->client);
    rd_kafka_CreateAcls(log->client, bindings, count, options, queue);
    rd_kafka_AclBinding_destroy_array(bindings, count);
    free(bindings);
    rd_kafka_event_t *answer;
    enum err err = kafka_admin_answer(log, queue, options, &answer, ret_problem);
    if (err != OK)
        return err;
    err = first_error(log, answer, rules, ret_problem);
    rd_kafka_event_destroy(answer);
    return err;
}

/* --- asking for them --- */

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
