/* Who the crowd is: how they sign in and out, and an operator whose rights come and go. */
#include "market_parts.h"

#include "base/time.h"
#include "settings/state.h"

#include <string.h>

enum { DEPUTY_EMAIL = 0xED };

void market_sign_in(struct market *market)
{
    const struct venue_client *client =
        &market->clients[market_below(market, (uint32_t)market->clients_count)];
    struct command command = venue_command(market->venue, COMMAND_RECORD_LOGIN);
    struct record_login *login = &command.record_login;
    bool own = !client->is_maker && market_below(market, 4) > 0;
    memset(login->email_hash.bytes,
           own ? client->email : (int)market_below(market, MARKET_EMAILS_COUNT),
           sizeof login->email_hash.bytes);
    login->session_id = venue_id(market->venue, settings_owner_hash(&login->email_hash));
    login->has_user_id = !client->is_maker;
    login->user_id = client->user_id;
    login->credentials_version = login->has_user_id;
    login->outcome = (enum login_outcome)market_below(market, LOGIN_OUTCOME_WRONG_PASSWORD + 1);
    login->expires_at = market->venue->clock_us + 60 * SECOND_US;
    command.meta.has_actor = false;
    market->signed_in = *client;
    market->session_id = login->session_id;
    market_send_kept(market, &command);
}

/* Who signed in last refreshes his session, now and then with a token that is spent, or ends it. */
void market_use_session(struct market *market)
{
    bool refreshes = market_below(market, 4) > 0;
    struct command command =
        venue_command(market->venue, refreshes ? COMMAND_REFRESH_SESSION : COMMAND_END_SESSION);
    venue_ask_as(&command, &market->signed_in);
    if (refreshes)
        command.refresh_session = (struct refresh_session){.session_id = market->session_id,
                                                           .generation = market_below(market, 3)};
    else
        command.end_session.session_id = market->session_id;
    market_send_kept(market, &command);
}

/* --- four eyes ---------------------------------------------------------------------------------
 */

void market_hear(struct market *market, struct uuid approval_id)
{
    market->requests[market->requests_count++ % MARKET_REQUESTS_MAX] = approval_id;
}

void market_decide_request(struct market *market)
{
    static enum role both[] = {ROLE_ADMIN, ROLE_OPERATOR};
    size_t known = market->requests_count;
    if (known == 0)
        return;
    bool approves = market_below(market, 6) > 0;
    struct command command =
        venue_command(market->venue, approves ? COMMAND_APPROVE_REQUEST : COMMAND_REJECT_REQUEST);
    struct uuid id = market->requests[market_below(
        market, (uint32_t)(known < MARKET_REQUESTS_MAX ? known : MARKET_REQUESTS_MAX))];
    command.meta.actor.roles = both;
    command.meta.actor.roles_count = COUNT_OF(both);
    if (market_below(market, 3) > 0)
        command.meta.actor.user_id = market->deputy.user_id;
    if (approves)
        command.approve_request.approval_id = id;
    else
        command.reject_request.approval_id = id;
    market_send_kept(market, &command);
}

/* --- the deputy ------------------------------------------------------------------------------- */

/* Other roles for the deputy, or none but his own, or the door. */
void market_change_deputy(struct market *market)
{
    static enum role operators[] = {ROLE_USER, ROLE_OPERATOR}, users[] = {ROLE_USER},
                     auditors[] = {ROLE_AUDITOR}, deputies[] = {ROLE_ADMIN, ROLE_OPERATOR};
    static enum role admins[] = {ROLE_ADMIN, ROLE_OPERATOR};
    struct command command = venue_command(market->venue, COMMAND_CHANGE_USER);
    struct change_user *change = &command.change_user;
    uint32_t what = market_below(market, 8);
    command.meta.actor.roles = admins;
    change->user_id = market->deputy.user_id;
    change->has_status = what < 3;
    change->status = what == 0 ? USER_STATUS_LOCKED : USER_STATUS_ACTIVE;
    change->roles = what < 5 ? operators : what == 5 ? deputies : what == 6 ? users : auditors;
    change->roles_count = what < 6 ? COUNT_OF(operators) : 1;
    market_send_kept(market, &command);
}

void market_appoint_deputy(struct market *market)
{
    (void)venue_register(market->venue, DEPUTY_EMAIL, &market->deputy);
    venue_settle(market->venue);
    market_change_deputy(market);
    venue_settle(market->venue);
}

/* What staff asks for, the deputy asks for in one of four cases, whether or not he still may. */
void market_ask_by_deputy(struct market *market, struct command *command)
{
    bool by_staff = command->meta.has_actor && !command->meta.actor.has_account_id;
    if (by_staff && command->kind != COMMAND_CHANGE_USER && market_below(market, 4) == 0)
        command->meta.actor.user_id = market->deputy.user_id;
}
