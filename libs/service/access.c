#include "service/access.h"

#include "eventlog/follower.h"

#include <string.h>

/* Sets of services. */
#define OF(service) (1u << (service))
#define ALL         (OF(SERVICES) - 1)

/* What every reader says its group is (log_kafka_reader.c); nothing is ever committed to it. */
#define GROUP_OF_READERS "bourse-reader"

struct access {
    const char *principal;
    unsigned reads_commands, writes_commands; /* of which services */
    unsigned reads_events, writes_events;
    unsigned sees_ends; /* of events: how far they are, not what they say */
    unsigned asserts;   /* how topics are set (R8) */
    const char *group;  /* that it is a member of; NULL: of none */
    bool group_is_start;
};

/* The writer of a service, and its projector. */
#define WRITER(name_, id_, follows_)                                                               \
    {                                                                                              \
        .principal = name_, .reads_commands = OF(id_), .reads_events = OF(id_) | (follows_),       \
        .writes_events = OF(id_), .asserts = OF(id_), .group = "bourse." name_                     \
    }
#define PROJECTOR(name_, id_)                                                                      \
    {                                                                                              \
        .principal = name_ "-projector", .reads_events = OF(id_)                                   \
    }

static const struct access TABLE[] = {
    WRITER("accounts", SERVICE_ACCOUNTS, OF(SERVICE_ORDERS) | OF(SERVICE_SETTINGS)),
    WRITER("orders", SERVICE_ORDERS, OF(SERVICE_ACCOUNTS) | OF(SERVICE_SETTINGS)),
    WRITER("audit", SERVICE_AUDIT, ALL),
    WRITER("settings", SERVICE_SETTINGS, ALL & ~OF(SERVICE_AUDIT)),
    WRITER("desk", SERVICE_DESK, OF(SERVICE_SETTINGS)),
    PROJECTOR("accounts", SERVICE_ACCOUNTS),
    PROJECTOR("orders", SERVICE_ORDERS),
    PROJECTOR("audit", SERVICE_AUDIT),
    PROJECTOR("settings", SERVICE_SETTINGS),
    PROJECTOR("desk", SERVICE_DESK),
    {.principal = "gateway", .writes_commands = ALL, .reads_events = ALL},
    {.principal = "settings-deliverer", /* it forgets once all projections have passed an erasure */
     .writes_commands = OF(SERVICE_SETTINGS),
     .reads_events = OF(SERVICE_SETTINGS),
     .sees_ends = ALL,
     .group = "bourse.settings.deliver"},
    {.principal = "audit-signer",
     .writes_commands = OF(SERVICE_AUDIT),
     .reads_events = OF(SERVICE_AUDIT)},
    {.principal = "reader", .reads_events = ALL, .group = "analytics.", .group_is_start = true},
};

/* --- rules ------------------------------------------------------------------------------------ */

struct rules {
    struct log_rule *rules;
    size_t count;
};

static void add(struct rules *rules, struct log_rule rule)
{
    CHECK(rules->count < ACCESS_RULES_MAX);
    rules->rules[rules->count++] = rule;
}

static void add_topics(struct rules *rules, const struct access *access, unsigned services,
                       enum log_right right, const char *(*topic_of)(enum service_id))
{
    for (int i = 0; i < SERVICES; i++) {
        if ((services & OF(i)) != 0)
            add(rules, (struct log_rule){.principal = access->principal,
                                         .right = right,
                                         .name = topic_of((enum service_id)i)});
    }
}

static void add_groups(struct rules *rules, const struct access *access)
{
    if (access->group != NULL)
        add(rules, (struct log_rule){.principal = access->principal,
                                     .right = LOG_MAY_READ,
                                     .of_group = true,
                                     .is_start = access->group_is_start,
                                     .name = access->group});
    add(rules, (struct log_rule){.principal = access->principal,
                                 .right = LOG_MAY_DESCRIBE,
                                 .of_group = true,
                                 .name = GROUP_OF_READERS});
}

size_t access_rules(struct log_rule ret_rules[ACCESS_RULES_MAX])
{
    struct rules rules = {.rules = ret_rules};
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        const struct access *row = &TABLE[i];
        add_topics(&rules, row, row->reads_commands, LOG_MAY_READ, follower_commands_topic);
        add_topics(&rules, row, row->writes_commands, LOG_MAY_WRITE, follower_commands_topic);
        add_topics(&rules, row, row->reads_events, LOG_MAY_READ, follower_events_topic);
        add_topics(&rules, row, row->writes_events, LOG_MAY_WRITE, follower_events_topic);
        add_topics(&rules, row, row->sees_ends, LOG_MAY_DESCRIBE, follower_events_topic);
        add_topics(&rules, row, row->asserts, LOG_MAY_DESCRIBE_CONFIGS, follower_commands_topic);
        add_topics(&rules, row, row->asserts, LOG_MAY_DESCRIBE_CONFIGS, follower_events_topic);
        add_groups(&rules, row);
    }
    return rules.count;
}

/* --- questions -------------------------------------------------------------------------------- */

bool access_knows(struct text principal)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        if (text_is(principal, TABLE[i].principal))
            return true;
    }
    return false;
}

bool access_may_write(struct text principal, const char *topic)
{
    struct log_rule rules[ACCESS_RULES_MAX];
    size_t count = access_rules(rules);
    for (size_t i = 0; i < count; i++) {
        if (rules[i].right == LOG_MAY_WRITE && text_is(principal, rules[i].principal) &&
            strcmp(rules[i].name, topic) == 0)
            return true;
    }
    return false;
}
