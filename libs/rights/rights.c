#include "rights/rights.h"

#define READ  "SELECT"
#define WRITE "SELECT,INSERT,UPDATE,DELETE"

/* Rights on tables that hold what they say in every column. */
#define MAY(role_, schema_, tables_, privileges_)                                                  \
    {                                                                                              \
        .role = role_, .database = RIGHTS_PROJECTIONS, .schema = schema_, .tables = tables_,       \
        .privileges = privileges_                                                                  \
    }
#define MAY_IN_VAULT(role_, table_, privileges_, columns_)                                         \
    {                                                                                              \
        .role = role_, .database = RIGHTS_VAULT, .schema = "public", .tables = table_,             \
        .privileges = privileges_, .columns = columns_                                             \
    }

/* The writer of a service keeps its snapshots, and looks how far it has been projected. */
#define WRITER(name_)                                                                              \
    MAY(name_, "bourse", "snapshots", "SELECT,INSERT,DELETE"),                                     \
        MAY(name_, "bourse", "positions", READ)

/* Its projector writes its rows with their position, opens what is sealed, and holds rows against
 * the log while nobody switches them. */
#define PROJECTOR(name_)                                                                           \
    MAY(name_ "-projector", name_, "*", WRITE),                                                    \
        MAY(name_ "-projector", "bourse", "positions", "SELECT,UPDATE"),                           \
        MAY(name_ "-projector", "bourse", "switches", READ),                                       \
        MAY_IN_VAULT(name_ "-projector", "keys", READ, NULL)

/* What is taken out of a table where a person is forgotten (settings/forget.c), and what it looks
 * at to find it. */
#define CLEARS(schema_, table_, looks_at_, clears_)                                                \
    {.role = "settings-deliverer",                                                                 \
     .database = RIGHTS_PROJECTIONS,                                                               \
     .schema = schema_,                                                                            \
     .tables = table_,                                                                             \
     .privileges = READ,                                                                           \
     .columns = looks_at_},                                                                        \
    {                                                                                              \
        .role = "settings-deliverer", .database = RIGHTS_PROJECTIONS, .schema = schema_,           \
        .tables = table_, .privileges = "UPDATE", .columns = clears_                               \
    }
#define CLEARS_JOURNAL(schema_)                                                                    \
    CLEARS(schema_, "events", "actor_id,ip_address,user_agent", "ip_address,user_agent")

/* Secrets are for who checks them: who reads reports has no business with them. */
#define REPORTS(schema_, but_)                                                                     \
    {                                                                                              \
        .role = "bourse_reader", .database = RIGHTS_PROJECTIONS, .schema = schema_, .tables = "*", \
        .but = but_, .privileges = READ                                                            \
    }

static const struct right TABLE[] = {
    WRITER("accounts"),
    WRITER("orders"),
    WRITER("audit"),
    WRITER("settings"),
    WRITER("desk"),
    PROJECTOR("accounts"),
    PROJECTOR("orders"),
    PROJECTOR("audit"),
    PROJECTOR("settings"),
    PROJECTOR("desk"),

    MAY("gateway", "accounts", "*", READ),
    MAY("gateway", "orders", "*", READ),
    MAY("gateway", "audit", "*", READ),
    MAY("gateway", "settings", "*", READ),
    MAY("gateway", "desk", "*", READ),
    MAY("gateway", "bourse", "positions", READ),
    MAY("gateway", "bourse", "switches", READ),
    MAY_IN_VAULT("gateway", "keys", "SELECT,INSERT", NULL), /* it seals, and destroys no key */
    MAY_IN_VAULT("gateway", "secrets", READ, NULL),
    MAY_IN_VAULT("gateway", "documents", WRITE, NULL),
    MAY_IN_VAULT("gateway", "document_parts", "SELECT,INSERT", NULL),

    MAY("settings-deliverer", "bourse", "positions", READ),
    CLEARS_JOURNAL("accounts"),
    CLEARS("accounts", "kyc_profiles", "user_id",
           "name,birth_date,nationality,address,tax_id,reason"),
    CLEARS("accounts", "payment_methods", "user_id", "details,shown"),
    CLEARS_JOURNAL("orders"),
    CLEARS_JOURNAL("audit"),
    CLEARS_JOURNAL("desk"),
    CLEARS("desk", "support_tickets", "user_id", "subject,rating_comment"),
    CLEARS("desk", "support_messages", "user_id", "text"),
    CLEARS("settings", "events", "actor_id,ip_address,user_agent,key,event_id",
           "ip_address,user_agent"),
    CLEARS("settings", "session_logs", "user_id", "ip_address,user_agent,location"),
    CLEARS("settings", "security_log", "user_id,event_id", "ip_address,user_agent"),
    CLEARS("settings", "api_keys", "user_id", "name,addresses"),
    CLEARS("settings", "watchlists", "user_id", "name"),
    CLEARS("settings", "saved_screens", "user_id", "name,filters"),
    CLEARS("settings", "notification_settings", "user_id", "webhook_url,phone_number"),
    CLEARS("settings", "push_subscriptions", "user_id", "endpoint"),
    CLEARS("settings", "users", "id", "email,email_hash,full_name"),
    CLEARS("settings", "credentials", "user_id", "password_hash"),
    MAY_IN_VAULT("settings-deliverer", "keys", "SELECT,INSERT", NULL),
    MAY_IN_VAULT("settings-deliverer", "keys", "UPDATE", "wrapped"), /* to nothing: destroyed */
    MAY_IN_VAULT("settings-deliverer", "secrets", READ, NULL),
    MAY_IN_VAULT("settings-deliverer", "documents", "SELECT,DELETE", NULL),

    REPORTS("accounts", "market_maker_credentials"),
    REPORTS("orders", NULL),
    REPORTS("audit", NULL),
    REPORTS("settings", "credentials,two_factor_auth"),
    REPORTS("desk", NULL),
    MAY("bourse_reader", "bourse", "positions", READ),
    MAY("bourse_reader", "bourse", "switches", READ),
};

const struct right *rights_table(size_t *ret_count)
{
    *ret_count = COUNT_OF(TABLE);
    return TABLE;
}
