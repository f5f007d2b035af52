/* Events into the rows of schema.sql. */
#include "accounts/accounts.h"
#include "accounts/project_entry.h"
#include "accounts/project_events.h"
#include "accounts/project_funding.h"
#include "accounts/project_kyc.h"
#include "accounts/project_limits.h"
#include "accounts/project_statements.h"
#include "base/time.h"
#include "projection/approvals.h"

#include <stdio.h>

extern const char accounts_schema_sql[]; /* schema.sql */

enum statement {
    ACCOUNTS,
    MARKET_MAKER_CLIENTS,
    MARKET_MAKER_CREDENTIALS,
    BALANCES,
    PROCEEDS,
    ASSET_TRANSACTIONS,
    TRANSACTIONS,
    POSITIONS,
    RISK_LIMITS,
    DAILY_NOTIONALS,
    FLATS,
    ACCOUNT_EVENTS,
    KYC_REVIEWS,
    KYC_PROFILES,
    KYC_REASONS,
    APPROVALS,
    APPROVAL_ENDS,
    PAYMENT_METHODS,
    PAYMENT_DETAILS,
    FUNDING_TRANSACTIONS,
    TRANSFER_USES,
    TRANSFER_LIMITS,
    ACCOUNT_STATEMENTS,
    TAX_DOCUMENTS,
    KYC_DOCUMENTS,
    ALLOWED_DESTINATIONS,
    LEVEL_LIMITS,
    RISK_LIMIT_CHANGES,
};

static const struct projection_statement STATEMENTS[] = {
    [ACCOUNTS] = {.table = "accounts",
                  .kind = PROJECTION_UPSERT,
                  .key_columns = 1,
                  .columns = {{"id", COLUMN_UUID},
                              {"user_id", COLUMN_UUID},
                              {"kind", COLUMN_TEXT},
                              {"status", COLUMN_TEXT},
                              {"reason", COLUMN_TEXT},
                              {"tax_form", COLUMN_TEXT},
                              {"created_at", COLUMN_TIME},
                              {"updated_at", COLUMN_TIME},
                              {"version", COLUMN_BIGINT}}},
    [MARKET_MAKER_CLIENTS] = {.table = "market_maker_clients",
                              .kind = PROJECTION_UPSERT,
                              .key_columns = 1,
                              .columns = {{"id", COLUMN_UUID},
                                          {"name", COLUMN_TEXT},
                                          {"email", COLUMN_TEXT},
                                          {"description", COLUMN_TEXT},
                                          {"email_hash", COLUMN_TEXT},
                                          {"status", COLUMN_TEXT},
                                          {"created_at", COLUMN_TIME},
                                          {"updated_at", COLUMN_TIME},
                                          {"version", COLUMN_BIGINT}}},
    [MARKET_MAKER_CREDENTIALS] = {.table = "market_maker_credentials",
                                  .kind = PROJECTION_UPSERT,
                                  .key_columns = 1,
                                  .columns = {{"market_maker_id", COLUMN_UUID},
                                              {"password_hash", COLUMN_TEXT}}},
    [BALANCES] = {.table = "balances",
                  .kind = PROJECTION_UPSERT,
                  .key_columns = 2,
                  .columns = {{"account_id", COLUMN_UUID},
                              {"asset", COLUMN_TEXT},
                              {"available", COLUMN_NUMERIC},
                              {"locked", COLUMN_NUMERIC},
                              {"total", COLUMN_NUMERIC},
                              {"changed_at", COLUMN_TIME}}},
    [PROCEEDS] = {.table = "market_maker_proceeds",
                  .kind = PROJECTION_UPSERT,
                  .key_columns = 2,
                  .columns = {{"market_maker_id", COLUMN_UUID},
                              {"asset", COLUMN_TEXT},
                              {"amount", COLUMN_NUMERIC}}},
    [ASSET_TRANSACTIONS] = {.table = "asset_transactions",
                            .kind = PROJECTION_INSERT_NEW,
                            .key_columns = 1,
                            .columns = {{"id", COLUMN_UUID},
                                        {"account_id", COLUMN_UUID},
                                        {"asset", COLUMN_TEXT},
                                        {"type", COLUMN_TEXT},
                                        {"amount", COLUMN_NUMERIC},
                                        {"balance_before", COLUMN_NUMERIC},
                                        {"balance_after", COLUMN_NUMERIC},
                                        {"notes", COLUMN_TEXT},
                                        {"created_at", COLUMN_TIME},
                                        {"command_id", COLUMN_UUID},
                                        {"event_offset", COLUMN_BIGINT},
                                        {"line", COLUMN_INT}}},
    [TRANSACTIONS] = {.table = "transactions",
                      .kind = PROJECTION_INSERT,
                      .key_columns = 3,
                      .columns = {{"partition", COLUMN_INT},
                                  {"event_offset", COLUMN_BIGINT},
                                  {"line", COLUMN_INT},
                                  {"book", COLUMN_TEXT},
                                  {"account_id", COLUMN_UUID},
                                  {"asset", COLUMN_TEXT},
                                  {"amount", COLUMN_NUMERIC},
                                  {"balance_total", COLUMN_NUMERIC},
                                  {"kind", COLUMN_TEXT},
                                  {"reference_id", COLUMN_UUID},
                                  {"occurred_at", COLUMN_TIME},
                                  {"instrument", COLUMN_TEXT},
                                  {"position_quantity", COLUMN_NUMERIC},
                                  {"position_cost", COLUMN_NUMERIC},
                                  {"position_pnl", COLUMN_NUMERIC}}},
    [POSITIONS] = {.table = "positions",
                   .kind = PROJECTION_UPSERT,
                   .key_columns = 2,
                   .columns = {{"account_id", COLUMN_UUID},
                               {"instrument", COLUMN_TEXT},
                               {"quantity", COLUMN_NUMERIC},
                               {"cost", COLUMN_NUMERIC},
                               {"realised_pnl", COLUMN_NUMERIC},
                               {"updated_at", COLUMN_TIME}}},
    [RISK_LIMITS] = RISK_LIMITS_STATEMENT,
    [RISK_LIMIT_CHANGES] = RISK_LIMIT_CHANGES_STATEMENT,
    [DAILY_NOTIONALS] = {.table = "daily_notionals",
                         .kind = PROJECTION_UPSERT,
                         .key_columns = 2,
                         .columns = {{"account_id", COLUMN_UUID},
                                     {"asset", COLUMN_TEXT},
                                     {"day", COLUMN_TIME},
                                     {"notional", COLUMN_NUMERIC}}},
    [FLATS] = {.table = "positions",
               .kind = PROJECTION_UPDATE,
               .key_columns = 2,
               .columns = {{"account_id", COLUMN_UUID},
                           {"instrument", COLUMN_TEXT},
                           {"flat_offset", COLUMN_BIGINT}}},
    [ACCOUNT_EVENTS] = {.table = "account_events",
                        .kind = PROJECTION_INSERT,
                        .key_columns = 3,
                        .columns = ACCOUNT_EVENTS_COLUMNS},
    [KYC_REVIEWS] = {.table = "kyc_profiles",
                     .kind = PROJECTION_UPSERT,
                     .key_columns = 1,
                     .columns = KYC_REVIEWS_COLUMNS},
    [KYC_PROFILES] = {.table = "kyc_profiles",
                      .kind = PROJECTION_UPDATE,
                      .key_columns = 1,
                      .columns = KYC_PROFILES_COLUMNS},
    [KYC_REASONS] = {.table = "kyc_profiles",
                     .kind = PROJECTION_UPDATE,
                     .key_columns = 1,
                     .columns = KYC_REASONS_COLUMNS},
    [KYC_DOCUMENTS] = {.table = "kyc_documents",
                       .kind = PROJECTION_UPSERT,
                       .key_columns = 1,
                       .columns = KYC_DOCUMENTS_COLUMNS},
    [APPROVALS] = APPROVALS_STATEMENT,
    [APPROVAL_ENDS] = APPROVAL_ENDS_STATEMENT,
    [PAYMENT_METHODS] = PAYMENT_METHODS_STATEMENT,
    [PAYMENT_DETAILS] = PAYMENT_DETAILS_STATEMENT,
    [ALLOWED_DESTINATIONS] = ALLOWED_DESTINATIONS_STATEMENT,
    [FUNDING_TRANSACTIONS] = FUNDING_TRANSACTIONS_STATEMENT,
    [TRANSFER_USES] = TRANSFER_USES_STATEMENT,
    [TRANSFER_LIMITS] = TRANSFER_LIMITS_STATEMENT,
    [LEVEL_LIMITS] = LEVEL_LIMITS_STATEMENT,
    [ACCOUNT_STATEMENTS] = {.table = "account_statements",
                            .kind = PROJECTION_INSERT_NEW,
                            .key_columns = 1,
                            .columns = STATEMENT_COLUMNS},
    [TAX_DOCUMENTS] = {.table = "tax_documents",
                       .kind = PROJECTION_INSERT_NEW,
                       .key_columns = 1,
                       .columns = STATEMENT_COLUMNS},
};

static void project_account(const struct ledger_account *account, struct rows *rows)
{
    rows_begin(rows, ACCOUNTS);
    rows_uuid(rows, account->id);
    rows_uuid_or_null(rows, account->has_user_id, account->user_id);
    rows_symbol(rows, &WIRE_ACCOUNT_KIND, account->kind);
    rows_symbol(rows, &WIRE_ACCOUNT_STATUS, account->status);
    rows_text_or_null(rows, account->has_reason, account->reason);
    rows_symbol(rows, &WIRE_TAX_FORM, account->has_tax_form ? account->tax_form : TAX_FORM_GENERIC);
    rows_time(rows, account->created_at);
    rows_time(rows, account->updated_at);
    rows_int(rows, account->version);
}

static void project_maker(const struct market_maker *maker, struct rows *rows)
{
    bool active = maker->status == MARKET_MAKER_STATUS_ACTIVE;
    project_account(
        &(struct ledger_account){.id = maker->id,
                                 .kind = ACCOUNT_KIND_MARKET_MAKER,
                                 .status = active ? ACCOUNT_STATUS_ACTIVE : ACCOUNT_STATUS_CLOSED,
                                 .version = maker->version,
                                 .created_at = maker->created_at,
                                 .updated_at = maker->updated_at},
        rows);
    enum { DIGITS = 2 * sizeof maker->email_hash.bytes };
    char email_hash[DIGITS + 1];
    for (size_t i = 0; i < sizeof maker->email_hash.bytes; i++)
        (void)snprintf(email_hash + 2 * i, 3, "%02x", maker->email_hash.bytes[i]);
    rows_begin(rows, MARKET_MAKER_CLIENTS);
    rows_uuid(rows, maker->id);
    rows_sealed(rows, maker->name, maker->id);
    rows_sealed(rows, maker->email, maker->id);
    if (maker->has_description)
        rows_sealed(rows, maker->description, maker->id);
    else
        rows_null(rows);
    rows_text(rows, (struct text){email_hash, DIGITS});
    rows_symbol(rows, &WIRE_MARKET_MAKER_STATUS, maker->status);
    rows_time(rows, maker->created_at);
    rows_time(rows, maker->updated_at);
    rows_int(rows, maker->version);
}

static void project_credentials(const struct market_maker *maker, struct rows *rows)
{
    if (!maker->has_password_hash)
        return;
    rows_begin(rows, MARKET_MAKER_CREDENTIALS);
    rows_uuid(rows, maker->id);
    rows_sealed(rows, maker->password_hash, maker->id);
}

static void project_balances(const struct event *event, const struct balance_after *balances,
                             size_t count, struct rows *rows)
{
    for (size_t i = 0; i < count; i++) {
        rows_begin(rows, BALANCES);
        rows_uuid(rows, balances[i].account_id);
        rows_text(rows, balances[i].asset);
        rows_e8(rows, balances[i].available_e8);
        rows_e8(rows, balances[i].locked_e8);
        rows_e8(rows, balances[i].total_e8);
        rows_time(rows, event->meta.occurred_at);
    }
}

static void project_proceeds(const struct proceeds_after *proceeds, size_t count, struct rows *rows)
{
    for (size_t i = 0; i < count; i++) {
        rows_begin(rows, PROCEEDS);
        rows_uuid(rows, proceeds[i].market_maker_id);
        rows_text(rows, proceeds[i].asset);
        rows_e8(rows, proceeds[i].amount_e8);
    }
}

static void project_asset_transactions(const struct event *event,
                                       const struct asset_transaction *transactions, size_t count,
                                       struct rows *rows)
{
    for (size_t i = 0; i < count; i++) {
        const struct asset_transaction *transaction = &transactions[i];
        rows_begin(rows, ASSET_TRANSACTIONS);
        rows_uuid(rows, transaction->id);
        rows_uuid(rows, transaction->account_id);
        rows_text(rows, transaction->asset);
        rows_symbol(rows, &WIRE_TRANSACTION_TYPE, transaction->type);
        rows_e8(rows, transaction->amount_e8);
        rows_e8(rows, transaction->balance_before_e8);
        rows_e8(rows, transaction->balance_after_e8);
        rows_text_or_null(rows, transaction->has_notes, transaction->notes);
        rows_time(rows, transaction->created_at);
        rows_uuid_or_null(rows, event->meta.has_command_id, event->meta.command_id);
        rows_int(rows, rows_offset(rows));
        rows_int(rows, (int64_t)i);
    }
}

static void project_created(const struct event *event, struct rows *rows)
{
    const struct market_maker_created *created = &event->market_maker_created;
    project_maker(&created->market_maker, rows);
    project_credentials(&created->market_maker, rows);
    project_balances(event, created->balances, created->balances_count, rows);
    project_asset_transactions(event, created->transactions, created->transactions_count, rows);
    accounts_project_entry(&(struct accounts_entry){.event = event,
                                                    .postings = created->postings,
                                                    .postings_count = created->postings_count,
                                                    .balances = created->balances,
                                                    .balances_count = created->balances_count,
                                                    .transactions = created->transactions},
                           TRANSACTIONS, rows);
}

static void project_recorded(const struct event *event, struct rows *rows)
{
    const struct asset_transaction_recorded *recorded = &event->asset_transaction_recorded;
    project_balances(event, recorded->balances, recorded->balances_count, rows);
    project_proceeds(recorded->proceeds, recorded->proceeds_count, rows);
    project_asset_transactions(event, &recorded->transaction, 1, rows);
    accounts_project_entry(&(struct accounts_entry){.event = event,
                                                    .postings = recorded->postings,
                                                    .postings_count = recorded->postings_count,
                                                    .balances = recorded->balances,
                                                    .balances_count = recorded->balances_count,
                                                    .transactions = &recorded->transaction},
                           TRANSACTIONS, rows);
}

/* What a transfer locks, and what it moves once it is completed. */
static void project_transfer(const struct event *event, struct rows *rows)
{
    const struct transfer_changed *changed = &event->transfer_changed;
    if (event->kind == EVENT_TRANSFER_REQUESTED)
        project_balances(event, event->transfer_requested.balances,
                         event->transfer_requested.balances_count, rows);
    else
        project_balances(event, changed->balances, changed->balances_count, rows);
    if (event->kind == EVENT_TRANSFER_REQUESTED || !changed->has_transaction)
        return;
    project_asset_transactions(event, &changed->transaction, 1, rows);
    accounts_project_entry(&(struct accounts_entry){.event = event,
                                                    .postings = changed->postings,
                                                    .postings_count = changed->postings_count,
                                                    .balances = changed->balances,
                                                    .balances_count = changed->balances_count,
                                                    .transactions = &changed->transaction},
                           TRANSACTIONS, rows);
}

static void project_position(const struct event *event, const struct position_after *position,
                             struct rows *rows)
{
    rows_begin(rows, POSITIONS);
    rows_uuid(rows, position->account_id);
    rows_text(rows, position->instrument);
    rows_e8(rows, position->quantity_e8);
    rows_e8(rows, position->cost_e8);
    rows_e8(rows, position->realised_pnl_e8);
    rows_time(rows, event->meta.occurred_at);
    if (position->quantity_e8 > 0 || event->meta.cause_count == 0)
        return;
    rows_begin(rows, FLATS);
    rows_uuid(rows, position->account_id);
    rows_text(rows, position->instrument);
    rows_int(rows, event->meta.cause[0].last_offset); /* of the book's event that this settles */
}

static void project_settled(const struct event *event, struct rows *rows)
{
    const struct fills_settled *settled = &event->fills_settled;
    project_balances(event, settled->balances, settled->balances_count, rows);
    project_proceeds(settled->proceeds, settled->proceeds_count, rows);
    accounts_project_entry(&(struct accounts_entry){.event = event,
                                                    .postings = settled->postings,
                                                    .postings_count = settled->postings_count,
                                                    .balances = settled->balances,
                                                    .balances_count = settled->balances_count,
                                                    .orders = settled->orders,
                                                    .positions = settled->positions,
                                                    .positions_count = settled->positions_count},
                           TRANSACTIONS, rows);
    for (size_t i = 0; i < settled->positions_count; i++)
        project_position(event, &settled->positions[i], rows);
}

static void project_option_settled(const struct event *event, struct rows *rows)
{
    const struct option_settled *settled = &event->option_settled;
    project_balances(event, settled->balances, settled->balances_count, rows);
    accounts_project_entry(&(struct accounts_entry){.event = event,
                                                    .postings = settled->postings,
                                                    .postings_count = settled->postings_count,
                                                    .balances = settled->balances,
                                                    .balances_count = settled->balances_count,
                                                    .settled = settled->asset,
                                                    .positions = settled->positions,
                                                    .positions_count = settled->positions_count},
                           TRANSACTIONS, rows);
    for (size_t i = 0; i < settled->positions_count; i++)
        project_position(event, &settled->positions[i], rows);
}

/* What an order holds by its authorisation; and of a buy, what those of the day have come to. */
static void project_held(const struct event *event, const struct balance_after *balance,
                         bool has_daily_notional, int64_t daily_notional_e8, struct rows *rows)
{
    project_balances(event, balance, 1, rows);
    if (!has_daily_notional)
        return;
    rows_begin(rows, DAILY_NOTIONALS);
    rows_uuid(rows, balance->account_id);
    rows_text(rows, balance->asset); /* a buy's: its quote asset */
    rows_time(rows, time_day_start(event->meta.occurred_at));
    rows_e8(rows, daily_notional_e8);
}

static void project_authorized(const struct event *event, struct rows *rows)
{
    const struct order_authorized *authorized = &event->order_authorized;
    project_held(event, &authorized->balance, authorized->has_daily_notional_e8,
                 authorized->daily_notional_e8, rows);
}

/* Of an order that is not open here nothing is held. */
static void project_replace_authorized(const struct event *event, struct rows *rows)
{
    const struct replace_authorized *authorized = &event->replace_authorized;
    if (authorized->has_balance)
        project_held(event, &authorized->balance, authorized->has_daily_notional_e8,
                     authorized->daily_notional_e8, rows);
}

/* What is not here makes no row of this service: the journal of all events is the library's. */
static void project(const struct event *event, struct rows *rows)
{
    accounts_project_events(event, ACCOUNT_EVENTS, rows);
    accounts_project_kyc(
        event, &(struct accounts_kyc_rows){KYC_REVIEWS, KYC_PROFILES, KYC_REASONS, KYC_DOCUMENTS},
        rows);
    project_approvals(event, APPROVALS, APPROVAL_ENDS, rows);
    accounts_project_funding(event,
                             &(struct accounts_funding_rows){PAYMENT_METHODS, PAYMENT_DETAILS,
                                                             ALLOWED_DESTINATIONS,
                                                             FUNDING_TRANSACTIONS, TRANSFER_USES,
                                                             TRANSFER_LIMITS, LEVEL_LIMITS},
                             rows);
    accounts_project_limits(event, RISK_LIMITS, RISK_LIMIT_CHANGES, rows);
    if (event->kind == EVENT_ACCOUNT_OPENED)
        project_account(&event->account_opened.account, rows);
    else if (event->kind == EVENT_ACCOUNT_STATUS_CHANGED)
        project_account(&event->account_status_changed.account, rows);
    else if (event->kind == EVENT_MARKET_MAKER_CREATED)
        project_created(event, rows);
    else if (event->kind == EVENT_MARKET_MAKER_CHANGED)
        project_maker(&event->market_maker_changed.market_maker, rows);
    else if (event->kind == EVENT_MARKET_MAKER_DEACTIVATED)
        project_maker(&event->market_maker_deactivated.market_maker, rows);
    else if (event->kind == EVENT_ASSET_TRANSACTION_RECORDED)
        project_recorded(event, rows);
    else if (event->kind == EVENT_ORDER_AUTHORIZED)
        project_authorized(event, rows);
    else if (event->kind == EVENT_REPLACE_AUTHORIZED)
        project_replace_authorized(event, rows);
    else if (event->kind == EVENT_FILLS_SETTLED)
        project_settled(event, rows);
    else if (event->kind == EVENT_STATEMENTS_ISSUED)
        accounts_project_statements(event, ACCOUNT_STATEMENTS, TAX_DOCUMENTS, rows);
    else if (event->kind == EVENT_OPTION_SETTLED)
        project_option_settled(event, rows);
    else if (event->kind == EVENT_KYC_REVIEWED && event->kyc_reviewed.has_account)
        project_account(&event->kyc_reviewed.account, rows);
    else if (event->kind == EVENT_TRANSFER_REQUESTED || event->kind == EVENT_TRANSFER_CHANGED)
        project_transfer(event, rows);
    else if (event->kind == EVENT_HOLD_RELEASED)
        project_balances(event, event->hold_released.balances, event->hold_released.balances_count,
                         rows);
}

const struct projection ACCOUNTS_PROJECTION = {
    .schema = "accounts",
    .schema_sql = accounts_schema_sql,
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};
