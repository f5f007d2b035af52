/* check_run.h - what the checks of one run share: every record read and judged, once.
 *
 * A check returns false after it has said with check_says() what does not hold.
 */
#ifndef SIM_CHECK_RUN_H
#define SIM_CHECK_RUN_H
#include "check.h"
#include "check_avro.h"
#include "check_map.h"

enum { CHECK_HASH_SIZE = 32, CHECK_NONCE_SIZE = 16 };

/*   name, answers its command, has a ticket */
#define CHECK_KINDS(X)                                                                             \
    X(AccountOpened, true, true)                                                                   \
    X(AccountStatusChanged, true, true)                                                            \
    X(AlertChanged, true, true)                                                                    \
    X(AlertDeleted, true, true)                                                                    \
    X(AlertsExpired, false, false)                                                                 \
    X(AlertsFired, false, false)                                                                   \
    X(ApiKeyCreated, true, true)                                                                   \
    X(ApiKeyRevoked, true, true)                                                                   \
    X(ApiKeyUsed, false, false)                                                                    \
    X(ApprovalExpired, true, true)                                                                 \
    X(ApprovalRejected, true, true)                                                                \
    X(ApprovalRequested, true, true)                                                               \
    X(AssetAdopted, false, false)                                                                  \
    X(AssetCreated, true, true)                                                                    \
    X(AssetTransactionRecorded, true, true)                                                        \
    X(BackupCodesMade, true, true)                                                                 \
    X(BracketsEntered, false, false)                                                               \
    X(CancelAfterSet, true, true)                                                                  \
    X(CancelRequested, true, true)                                                                 \
    X(CheckpointMade, false, false)                                                                \
    X(CheckpointSigned, false, false)                                                              \
    X(CommandProbed, true, false)                                                                  \
    X(CommandRejected, true, true)                                                                 \
    X(CommandRepeated, true, false)                                                                \
    X(CommandsLost, true, true)                                                                    \
    X(DeliveryCompleted, false, false)                                                             \
    X(DestinationAllowed, true, true)                                                              \
    X(DestinationDisallowed, true, true)                                                           \
    X(DismissalJudged, false, false)                                                               \
    X(DismissalProposed, false, false)                                                             \
    X(DismissalRefused, true, true)                                                                \
    X(DocumentWithdrawn, true, true)                                                               \
    X(EarningsPublished, true, true)                                                               \
    X(EconomicEventPublished, true, true)                                                          \
    X(EmailVerified, true, true)                                                                   \
    X(FaqPublished, true, true)                                                                    \
    X(FillsSettled, false, false)                                                                  \
    X(HoldReleased, false, false)                                                                  \
    X(InstrumentAdopted, false, false)                                                             \
    X(InstrumentChanged, true, true)                                                               \
    X(KycDocumentAdded, true, true)                                                                \
    X(KycDocumentRemoved, true, true)                                                              \
    X(KycProfileChanged, true, true)                                                               \
    X(KycReviewed, true, true)                                                                     \
    X(KycSubmitted, true, true)                                                                    \
    X(LogCreated, false, false)                                                                    \
    X(LoginChallenged, true, true)                                                                 \
    X(LoginRefused, true, true)                                                                    \
    X(MarketMakerChanged, true, true)                                                              \
    X(MarketMakerCreated, true, true)                                                              \
    X(MarketMakerDeactivated, true, true)                                                          \
    X(MarketMakerNoted, false, false)                                                              \
    X(NewsPublished, true, true)                                                                   \
    X(NoticesAdopted, false, false)                                                                \
    X(NotificationSettingsChanged, true, true)                                                     \
    X(PushSubscribed, true, true)                                                                  \
    X(PushUnsubscribed, true, true)                                                                \
    X(NotificationsRaised, false, false)                                                           \
    X(NotificationsRead, true, true)                                                               \
    X(OptionExpired, false, false)                                                                 \
    X(OptionSettled, false, false)                                                                 \
    X(OrderAuthorized, false, false)                                                               \
    X(OrderCanceled, true, true)                                                                   \
    X(OrderEntered, true, true)                                                                    \
    X(OrderPreviewed, false, false)                                                                \
    X(OrderRefused, true, true)                                                                    \
    X(OrdersCanceled, false, false)                                                                \
    X(PasswordChanged, true, true)                                                                 \
    X(PasswordResetRequested, true, true)                                                          \
    X(PaymentMethodAdded, true, true)                                                              \
    X(PaymentMethodChanged, true, true)                                                            \
    X(PersonErased, true, true)                                                                    \
    X(PositionsClosing, true, true)                                                                \
    X(PreferencesChanged, true, true)                                                              \
    X(PreviewAnswered, true, false)                                                                \
    X(PricesAdopted, false, false)                                                                 \
    X(PricesMoved, false, false)                                                                   \
    X(RefusalRecorded, true, false)                                                                \
    X(ReplaceAuthorized, false, false)                                                             \
    X(ReplaceRefused, true, true)                                                                  \
    X(RiskLimitsSet, true, true)                                                                   \
    X(ScreenChanged, true, true)                                                                   \
    X(ScreenDeleted, true, true)                                                                   \
    X(SessionOpened, true, true)                                                                   \
    X(SessionRefreshed, true, true)                                                                \
    X(SessionsEnded, true, true)                                                                   \
    X(StaffAdopted, false, false)                                                                  \
    X(SupportTicketChanged, true, true)                                                            \
    X(StatementsIssued, true, true)                                                                \
    X(TicketsIssued, false, false)                                                                 \
    X(TransferChanged, true, true)                                                                 \
    X(TransferRequested, true, true)                                                               \
    X(TransferLimitsSet, true, true)                                                               \
    X(TwoFactorDisabled, true, true)                                                               \
    X(TwoFactorEnabled, true, true)                                                                \
    X(TwoFactorPrepared, true, true)                                                               \
    X(UserChanged, true, true)                                                                     \
    X(UserRegistered, false, false)                                                                \
    X(VenueRulesAdopted, false, false)                                                             \
    X(VenueRulesChanged, true, true)                                                               \
    X(WatchlistChanged, true, true)                                                                \
    X(WatchlistDeleted, true, true)                                                                \
    X(WriterClaimed, false, false)

enum check_kind {
    KIND_UNKNOWN, /* a record that cannot be read */
#define CHECK_KIND_ENUM(name, answers, ticket) KIND_##name,
    CHECK_KINDS(CHECK_KIND_ENUM)
#undef CHECK_KIND_ENUM
        CHECK_KINDS_COUNT,
};

struct check_kind_row {
    const char *name;
    bool answers, ticket;
};
extern const struct check_kind_row check_kinds[CHECK_KINDS_COUNT];

enum check_verdict { VERDICT_INERT, VERDICT_VALID, VERDICT_CLAIM, VERDICT_CREATION };

/* Where the fold stands behind a record. */
struct check_fold {
    int64_t epoch, wseq;
    uint8_t nonce[CHECK_NONCE_SIZE];
    uint8_t head[CHECK_HASH_SIZE];
    bool poisoned;
};

enum check_source { SOURCE_COMMANDS, SOURCE_EVENTS, SOURCE_CLOCK };

struct check_cause {
    enum check_source source;
    enum evidence_service service;
    int32_t partition;
    int64_t first, last;
    const uint8_t *hash;
    const struct check_item *fold; /* null: none */
};

/* How far the events of each partition were answered, by partition. */
struct check_positions {
    int64_t offset[EVIDENCE_SERVICES][EVIDENCE_PARTITIONS_MAX];
};

/* A record of an event topic, read and judged. */
struct check_fact {
    enum evidence_service service;
    int32_t partition;
    int64_t offset;
    const struct evidence_record *record;
    enum check_verdict verdict;
    enum check_kind kind;
    const struct check_item *body, *meta; /* NULL: it cannot be read */
    uint8_t hash[CHECK_HASH_SIZE];        /* H(0, record); of valid ones */
    struct check_fold fold;               /* behind it */
    bool has_command_id;
    struct uuid command_id;
    int64_t occurred_at_us;
    struct check_cause *causes;
    size_t causes_count;
    uint32_t touches[EVIDENCE_SERVICES];     /* bits of partitions */
    const struct check_positions *positions; /* before it; of one that answers a command */
    const struct check_item *command;        /* that it answers; NULL: it cannot be read, or none */
    struct check_answer *answered;           /* by whom; of valid ones */
};

/* The event of a following partition that answers one. */
struct check_answer {
    const struct check_fact *fact;
    struct check_answer *next;
};

struct check_facts {
    struct check_fact *list; /* by offset */
    size_t count;
};

struct check_run {
    const struct evidence *evidence;
    bool at_rest;
    struct arena *arena;
    struct check_facts facts[EVIDENCE_SERVICES][EVIDENCE_PARTITIONS_MAX];
    struct check_map decided; /* by command id: the first fact that answers its command record */
    struct check_map answers; /* by command id: the first fact that its client may be told */
    struct check_map orders;  /* by order id: struct check_order (check_order.h) */
    const struct check_instrument *instruments;
    struct check_tally *tally;
    struct check_problem *problem;
};

/* Says what does not hold and returns false. */
bool check_says(struct check_run *run, int invariant, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same, with the place of an event in front. */
bool check_says_at(struct check_run *run, int invariant, const struct check_fact *fact,
                   const char *format, ...) PRINTF_LIKE(4, 5);

/* Reads and folds everything; afterwards each check may be called, in this order. */
bool check_fold(struct check_run *run) MUST_CHECK;       /* 8, 9, 14 */
bool check_inputs(struct check_run *run) MUST_CHECK;     /* 6: one input, one event */
bool check_commands(struct check_run *run) MUST_CHECK;   /* 7: one command, one effect */
bool check_actors(struct check_run *run) MUST_CHECK;     /* 16: nobody gets what he may not ask */
bool check_approvals(struct check_run *run) MUST_CHECK;  /* 23: four eyes */
bool check_books(struct check_run *run) MUST_CHECK;      /* 3, 4 */
bool check_ledger(struct check_run *run) MUST_CHECK;     /* 1, 2, 21, 24, 25, 27 */
bool check_orders(struct check_run *run) MUST_CHECK;     /* 15: ledger and books agree at rest */
bool check_alerts(struct check_run *run) MUST_CHECK;     /* 26 */
bool check_support(struct check_run *run) MUST_CHECK;    /* 28 */
bool check_tickets(struct check_run *run) MUST_CHECK;    /* 5 */
bool check_clients(struct check_run *run) MUST_CHECK;    /* 7, 13 */
bool check_states(struct check_run *run) MUST_CHECK;     /* 10, 11, 18 */
bool check_samples(struct check_run *run) MUST_CHECK;    /* 11: row for row */
bool check_statements(struct check_run *run) MUST_CHECK; /* 27: from the rows that readers see */

/* H(prev, key and value), as the log protocol has it. */
void check_hash(const uint8_t prev[CHECK_HASH_SIZE], const struct evidence_record *record,
                uint8_t ret_hash[CHECK_HASH_SIZE]);
/* True when a service answers what touches it of another's events. */
bool check_follows(enum evidence_service service, enum evidence_service source);
/* The partition that holds what an id's owner hash says. */
int32_t check_partition_of(const struct check_run *run, enum evidence_service service,
                           struct uuid id);
/* The valid event at a place; NULL: there is none. */
const struct check_fact *check_fact_at(const struct check_run *run, enum evidence_service service,
                                       int32_t partition, int64_t offset);
/* True for a valid event that touches the partition. */
bool check_touches(const struct check_fact *fact, enum evidence_service service, int32_t partition);
/* An event's code of refusal; empty where it is none. */
struct text check_code(const struct check_fact *fact);
/* True when the enum has that symbol. */
#define SAME_SYMBOL(item, field, symbol) (strcmp(SYMBOL(item, field), (symbol)) == 0)
/* An id as text, in the run's memory. */
const char *check_show(struct check_run *run, struct uuid id);

#endif
