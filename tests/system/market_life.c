/* What a client of the crowd does besides trading: says who he is, moves money in and out, asks for
 * what he had; and what the staff and the payment providers do about it. */
#include "base/time.h"
#include "market_parts.h"

#include <string.h>

/* --- who somebody is -------------------------------------------------------------------------- */

/* Of the staff, who may check himself if he is that; else the client. */
static void send_as(struct market *market, struct command *command,
                    const struct venue_client *client)
{
    if (client != NULL)
        venue_ask_as(command, client);
    market_send_kept(market, command);
}

static void say_who(struct market *market)
{
    struct command command = venue_command(market->venue, COMMAND_CHANGE_KYC_PROFILE);
    command.change_kyc_profile = (struct change_kyc_profile){.user_id = market->newcomer.user_id,
                                                             .name = TEXT("s1:name"),
                                                             .birth_date = TEXT("s1:birth date"),
                                                             .nationality = TEXT("s1:nationality"),
                                                             .address = TEXT("s1:address")};
    send_as(market, &command, &market->newcomer);
}

static void hand_in(struct market *market, enum kyc_document_kind kind)
{
    struct command command = venue_command(market->venue, COMMAND_ADD_KYC_DOCUMENT);
    command.add_kyc_document = (struct add_kyc_document){
        .user_id = market->newcomer.user_id,
        .document_id = venue_id(market->venue, uuid_owner_hash(market->newcomer.user_id)),
        .kind = kind,
        .format = DOCUMENT_FORMAT_PDF,
        .size_bytes = market_amount(market, 1, 1000, 1)};
    send_as(market, &command, &market->newcomer);
}

/* Often the deputy, who is a client, too, and may come to check himself. */
static void submit(struct market *market)
{
    const struct venue_client *client =
        market_below(market, 3) == 0 ? &market->deputy : market_any_client(market);
    struct command command = venue_command(market->venue, COMMAND_SUBMIT_KYC);
    command.submit_kyc.user_id = client->user_id;
    market_keep(&market->checks, client->user_id, client);
    send_as(market, &command, client);
}

static void review(struct market *market, struct uuid user_id)
{
    static const enum kyc_decision DECISIONS[] = {KYC_DECISION_TAKE_UP, KYC_DECISION_APPROVE,
                                                  KYC_DECISION_APPROVE, KYC_DECISION_REJECT,
                                                  KYC_DECISION_REQUEST_INFORMATION};
    enum kyc_decision decision = DECISIONS[market_below(market, COUNT_OF(DECISIONS))];
    struct command command = venue_command(market->venue, COMMAND_REVIEW_KYC);
    bool approves = decision == KYC_DECISION_APPROVE;
    command.review_kyc = (struct review_kyc){.user_id = user_id,
                                             .decision = decision,
                                             .has_level = market_below(market, 2) == 0,
                                             .level = (int32_t)market_below(market, 5),
                                             .has_reason = !approves,
                                             .reason = approves ? TEXT("") : TEXT("s1:reason")};
    send_as(market, &command, NULL);
}

void market_onboard(struct market *market)
{
    uint32_t what = market_below(market, 16);
    if (what == 0)
        market->newcomer = *market_any_client(market);
    if (what == 0)
        say_who(market);
    else if (what < 4)
        hand_in(market, (enum kyc_document_kind)(what - 1));
    else if (what < 9 || market->checks.count == 0)
        submit(market);
    else
        review(market, market_any(market, &market->checks)->id);
}

/* --- money in and out ------------------------------------------------------------------------- */

/* What a small deposit to a payment method is hashed to: it has that from its id. */
static struct keyed_hash small(struct uuid method_id, uint8_t which)
{
    struct keyed_hash hash;
    memset(hash.bytes, method_id.bytes[12] + which, sizeof hash.bytes);
    return hash;
}

static void add_method(struct market *market, const struct venue_client *client)
{
    struct uuid id = venue_id(market->venue, uuid_owner_hash(client->account_id));
    struct command command = venue_command(market->venue, COMMAND_ADD_PAYMENT_METHOD);
    command.add_payment_method = (struct add_payment_method){
        .account_id = client->account_id,
        .user_id = client->user_id,
        .payment_method_id = id,
        .kind = market_below(market, 8) == 0 ? PAYMENT_METHOD_KIND_CRYPTO_WALLET
                                             : PAYMENT_METHOD_KIND_BANK_ACCOUNT,
        .details = TEXT("s1:details"),
        .shown = TEXT("s1:shown"),
        .first_hash = small(id, 1),
        .second_hash = small(id, 2)};
    market_keep(&market->methods, id, client);
    send_as(market, &command, client);
}

static void verify_method(struct market *market, const struct market_thing *method, bool knows)
{
    struct command command = venue_command(market->venue, COMMAND_VERIFY_PAYMENT_METHOD);
    command.verify_payment_method =
        (struct verify_payment_method){.account_id = method->owner.account_id,
                                       .payment_method_id = method->id,
                                       .first_hash = small(method->id, 2), /* in either order */
                                       .second_hash = small(method->id, knows ? 1 : 3)};
    send_as(market, &command, &method->owner);
}

static void remove_method(struct market *market, const struct market_thing *method)
{
    struct command command = venue_command(market->venue, COMMAND_REMOVE_PAYMENT_METHOD);
    command.remove_payment_method = (struct remove_payment_method){
        .account_id = method->owner.account_id, .payment_method_id = method->id};
    send_as(market, &command, &method->owner);
}

/* Few wait a day before money goes to a new destination; limits that some pass and some do not. */
static void limit_transfers(struct market *market, const struct market_thing *method)
{
    bool day = market_below(market, 2) == 0;
    struct command command = venue_command(market->venue, COMMAND_SET_TRANSFER_LIMITS);
    command.set_transfer_limits = (struct set_transfer_limits){
        .account_id = method->owner.account_id,
        .has_max_day_e8 = day,
        .max_day_e8 = day ? market_amount(market, 500, 4000, E8) : 0,
        .has_cool_off_s = true,
        .cool_off_s = market_below(market, 4) == 0 ? market_amount(market, 1, 5, 1) : 0};
    send_as(market, &command, NULL);
}

static void ask_transfer(struct market *market, const struct market_thing *method)
{
    struct uuid id = venue_id(market->venue, uuid_owner_hash(method->owner.account_id));
    struct command command = venue_command(market->venue, COMMAND_REQUEST_TRANSFER);
    command.request_transfer = (struct request_transfer){
        .account_id = method->owner.account_id,
        .transfer_id = id,
        .payment_method_id = method->id,
        .type = market_below(market, 2) == 0 ? TRANSFER_TYPE_DEPOSIT : TRANSFER_TYPE_WITHDRAWAL,
        .asset = market_below(market, 6) > 0 ? TEXT("EUR") : TEXT("EUA"),
        .amount_e8 = market_amount(market, 0, 600, E8)};
    market_keep(&market->transfers, id, &method->owner);
    send_as(market, &command, &method->owner);
}

/* By whom of the staff who has seen the money, or by a provider's notice, which nobody signs in for
 * and which may come twice. */
static void settle_transfer(struct market *market, const struct market_thing *transfer)
{
    static const enum transfer_status NEXT[] = {TRANSFER_STATUS_PROCESSING,
                                                TRANSFER_STATUS_COMPLETED,
                                                TRANSFER_STATUS_COMPLETED, TRANSFER_STATUS_FAILED};
    bool notice = market_below(market, 2) == 0;
    struct command command = venue_command(market->venue, COMMAND_SETTLE_TRANSFER);
    command.settle_transfer =
        (struct settle_transfer){.transfer_id = transfer->id,
                                 .status = NEXT[market_below(market, COUNT_OF(NEXT))],
                                 .has_provider = notice,
                                 .provider = notice ? TEXT("acme") : TEXT(""),
                                 .has_reference = notice,
                                 .reference = notice ? TEXT("acme-1") : TEXT("")};
    if (notice)
        command.meta.has_actor = false;
    market_send_kept(market, &command);
}

static void cancel_transfer(struct market *market, const struct market_thing *transfer)
{
    struct command command = venue_command(market->venue, COMMAND_CANCEL_TRANSFER);
    command.cancel_transfer = (struct cancel_transfer){.account_id = transfer->owner.account_id,
                                                       .transfer_id = transfer->id};
    send_as(market, &command, &transfer->owner);
}

void market_move_funds(struct market *market)
{
    const struct market_thing *method = market_any(market, &market->methods);
    const struct market_thing *transfer = market_any(market, &market->transfers);
    uint32_t what = market_below(market, 32);
    if (what < 2 || method == NULL)
        add_method(market, market_any_client(market));
    else if (what < 4)
        verify_method(market, method, market_below(market, 4) > 0);
    else if (what < 5)
        limit_transfers(market, method);
    else if (what < 18 || transfer == NULL)
        ask_transfer(market, method);
    else if (what < 30)
        settle_transfer(market, transfer);
    else if (what < 31)
        cancel_transfer(market, transfer);
    else
        remove_method(market, method);
}

void market_settle_in(struct market *market, const struct venue_client *client, bool handed_in)
{
    add_method(market, client);
    const struct market_thing *method =
        &market->methods.list[(market->methods.count - 1) % MARKET_THINGS_MAX];
    verify_method(market, method, true);
    limit_transfers(market, method);
    if (!handed_in)
        return;
    market->newcomer = *client;
    say_who(market);
    hand_in(market, KYC_DOCUMENT_KIND_PASSPORT);
    hand_in(market, KYC_DOCUMENT_KIND_PROOF_OF_ADDRESS);
}

/* --- what there was --------------------------------------------------------------------------- */

/* Of a time that is over, mostly; now and then the staff states a year. */
void market_state(struct market *market)
{
    const struct venue_client *client = market_any_client(market);
    bool year = market_below(market, 4) == 0;
    struct command command =
        venue_command(market->venue, year ? COMMAND_ISSUE_TAX_DOCUMENT : COMMAND_ISSUE_STATEMENT);
    struct uuid id = venue_id(market->venue, uuid_owner_hash(client->account_id));
    int64_t now_us = market->venue->clock_us;
    if (year)
        command.issue_tax_document = (struct issue_tax_document){
            .document_id = id, .account_id = client->account_id, .year = time_year(now_us)};
    else
        command.issue_statement =
            (struct issue_statement){.statement_id = id,
                                     .account_id = client->account_id,
                                     .from = now_us - market_amount(market, 0, 60, SECOND_US),
                                     .to = now_us - market_amount(market, 0, 20, SECOND_US)};
    send_as(market, &command, year ? NULL : client);
}
