/* bourse access: the rules that the brokers are to keep, for those whose brokers get theirs
 * elsewhere; and the step of `bourse init` that makes them. */
#include "service/access.h"

#include "cli/init.h"

#include <stdio.h>

/* As Kafka's own tools call it. */
static const char *right_name(enum log_right right)
{
    static const char *const NAMES[] = {
        [LOG_MAY_READ] = "Read",
        [LOG_MAY_WRITE] = "Write",
        [LOG_MAY_DESCRIBE] = "Describe",
        [LOG_MAY_DESCRIBE_CONFIGS] = "DescribeConfigs",
    };
    CHECK((size_t)right < COUNT_OF(NAMES));
    return NAMES[right];
}

int cli_access(int argc, char **argv)
{
    struct log_rule rules[ACCESS_RULES_MAX];
    if (argc != 1)
        return cli_usage("access takes no argument, but got '%s'", argv[1]);
    size_t count = access_rules(rules);
    for (size_t i = 0; i < count; i++)
        printf("%s\t%s\t%s\t%s\t%s\n", rules[i].principal, right_name(rules[i].right),
               rules[i].of_group ? "group" : "topic", rules[i].is_start ? "prefix" : "literal",
               rules[i].name);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

int init_access(struct log *log, const struct config *config)
{
    struct log_rule rules[ACCESS_RULES_MAX];
    const char *problem = NULL;
    if (config->kafka_identity == NULL)
        return CLI_OK;
    enum err err = log_allow(log, rules, access_rules(rules), &problem);
    if (err == ERR_NOT_FOUND)
        cli_say("no rules are made: the broker keeps none (authorizer.class.name)");
    else if (err == ERR_DENIED)
        cli_say("no rules are made, for user.crt of BOURSE_KAFKA_TLS_DIR may not: `bourse access` "
                "lists those that there have to be");
    else if (err != OK)
        return cli_fail("the broker's rules cannot be made: %s", problem);
    return CLI_OK;
}
