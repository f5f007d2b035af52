/* What the crowd does at the desk: clients ask support, the staff answers, and publishes. */
#include "market_parts.h"

static void publish(struct market *market)
{
    bool withdraws = market_below(market, 3) == 0;
    struct command command =
        venue_command(market->venue, withdraws ? COMMAND_WITHDRAW_DOCUMENT : COMMAND_PUBLISH_NEWS);
    if (withdraws) {
        command.withdraw_document =
            (struct withdraw_document){.id = market->article_id, .kind = DOCUMENT_KIND_NEWS};
    } else {
        bool changes = market_below(market, 3) == 0;
        if (!changes)
            market->article_id = venue_id(market->venue, market_below(market, 1000));
        command.publish_news = (struct publish_news){.id = market->article_id,
                                                     .changes = changes,
                                                     .category = TEXT("carbon"),
                                                     .title = TEXT("Auction clears"),
                                                     .body = TEXT("At 71.20.")};
    }
    market_send_kept(market, &command);
}

static void ask(struct market *market)
{
    const struct venue_client *client = market_any_client(market);
    struct command command = venue_command(market->venue, COMMAND_OPEN_SUPPORT_TICKET);
    command.open_support_ticket = (struct open_support_ticket){
        .id = venue_id(market->venue, uuid_owner_hash(client->user_id)),
        .user_id = client->user_id,
        .message_id = venue_id(market->venue, 0),
        .priority = (enum support_priority)market_below(market, 4),
        .subject = TEXT("s1:subject"),
        .text = TEXT("s1:text")};
    venue_ask_as(&command, client);
    market_keep(&market->conversations, command.open_support_ticket.id, client);
    market_send_kept(market, &command);
}

/* Mostly by whose it is: now and then somebody tries another's. */
static void go_on(struct market *market, const struct market_thing *conversation)
{
    static const enum command_kind KINDS[] = {
        COMMAND_SEND_SUPPORT_MESSAGE, COMMAND_CLOSE_SUPPORT_TICKET, COMMAND_REOPEN_SUPPORT_TICKET,
        COMMAND_RATE_SUPPORT_TICKET};
    struct command command =
        venue_command(market->venue, KINDS[market_below(market, COUNT_OF(KINDS))]);
    const struct venue_client *client =
        market_below(market, 8) > 0 ? &conversation->owner : market_any_client(market);
    const struct uuid id = conversation->id, user_id = client->user_id;
    if (command.kind == COMMAND_SEND_SUPPORT_MESSAGE)
        command.send_support_message =
            (struct send_support_message){.id = id,
                                          .user_id = user_id,
                                          .message_id = venue_id(market->venue, 0),
                                          .text = TEXT("s1:more")};
    else if (command.kind == COMMAND_CLOSE_SUPPORT_TICKET)
        command.close_support_ticket = (struct close_support_ticket){.id = id, .user_id = user_id};
    else if (command.kind == COMMAND_REOPEN_SUPPORT_TICKET)
        command.reopen_support_ticket =
            (struct reopen_support_ticket){.id = id, .user_id = user_id};
    else
        command.rate_support_ticket = (struct rate_support_ticket){
            .id = id, .user_id = user_id, .rating = (int32_t)market_below(market, 7)};
    venue_ask_as(&command, client);
    market_send_kept(market, &command);
}

static void help(struct market *market, const struct market_thing *conversation)
{
    static const enum command_kind KINDS[] = {COMMAND_REPLY_TO_SUPPORT_TICKET,
                                              COMMAND_RESOLVE_SUPPORT_TICKET,
                                              COMMAND_ASSIGN_SUPPORT_TICKET};
    struct command command =
        venue_command(market->venue, KINDS[market_below(market, COUNT_OF(KINDS))]);
    const struct uuid id = conversation->id, user_id = conversation->owner.user_id;
    if (command.kind == COMMAND_REPLY_TO_SUPPORT_TICKET)
        command.reply_to_support_ticket =
            (struct reply_to_support_ticket){.id = id,
                                             .user_id = user_id,
                                             .message_id = venue_id(market->venue, 0),
                                             .text = TEXT("s1:answer")};
    else if (command.kind == COMMAND_RESOLVE_SUPPORT_TICKET)
        command.resolve_support_ticket = (struct resolve_support_ticket){
            .id = id, .user_id = user_id, .message_id = venue_id(market->venue, 0)};
    else
        command.assign_support_ticket = (struct assign_support_ticket){
            .id = id,
            .has_priority = market_below(market, 2) == 0,
            .priority = (enum support_priority)market_below(market, 4)};
    market_send_kept(market, &command);
}

void market_use_desk(struct market *market)
{
    const struct market_thing *conversation = market_any(market, &market->conversations);
    uint32_t what = market_below(market, 8);
    if (what == 0)
        publish(market);
    else if (what < 3 || conversation == NULL)
        ask(market);
    else if (what < 6)
        go_on(market, conversation);
    else
        help(market, conversation);
}
