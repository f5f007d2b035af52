#include "settings/decide_parts.h"
#include "wire/wire.h"

#include <inttypes.h>
#include <string.h>

void settings_reject_value(struct event *event, const char *field, struct text message)
{
    event_reject(event, "VALIDATION_FAILED", message, field);
}

struct text settings_id_text(struct uuid id, struct arena *arena)
{
    char *text = arena_alloc(arena, UUID_TEXT_SIZE);
    uuid_print(id, text);
    return (struct text){text, UUID_TEXT_SIZE};
}

const struct settings_user *settings_own_user(const struct settings *settings,
                                              const struct command_meta *meta, struct uuid user_id,
                                              struct event *event)
{
    const struct settings_user *user = settings_user(settings, user_id);
    if (!meta->has_actor || !uuid_equal(meta->actor.user_id, user_id))
        event_reject(event, "FORBIDDEN", TEXT("Only their owner does this."), NULL);
    else if (user == NULL)
        event_reject(event, "NOT_FOUND", TEXT("There is no such user."), NULL);
    else
        return user;
    return NULL;
}

bool settings_version_is(bool has_wanted, int64_t wanted, int64_t version, struct arena *arena,
                         struct event *event)
{
    if (!has_wanted || wanted == version)
        return true;
    event_reject(event, "VERSION_CONFLICT",
                 arena_printf(arena,
                              "The change was made from version %" PRId64
                              ", but this is version %" PRId64
                              " by now; read it again and decide anew.",
                              wanted, version),
                 NULL);
    return false;
}

/* --- users --- */

/* `bourse init` is nobody yet: no gateway can say so, for it names callers from their sessions. */
static bool may_give_roles(const struct settings *settings, const struct command_meta *meta)
{
    bool init = meta->has_actor && uuid_is_nil(meta->actor.user_id);
    return init ? actor_has(true, &meta->actor, ROLE_BIT(ROLE_ADMIN))
                : staff_may(&settings->staff, meta, ROLE_BIT(ROLE_ADMIN)) &&
                      !(settings->approvals.rules.roles && settings->staff.had_two_admins);
}

/* True when the registration was refused. An id that another address would place elsewhere must
 * not get in: two partitions could then give away one address. */
static bool refuse_registration(const struct settings *settings, const struct command *command,
                                uint32_t roles, struct arena *arena, struct event *event)
{
    const struct register_user *wanted = &command->register_user;
    struct text id = settings_id_text(wanted->user_id, arena);
    if (uuid_owner_hash(wanted->user_id) != settings_owner_hash(&wanted->email_hash))
        settings_reject_value(event, "user_id",
                              arena_printf(arena,
                                           "The user id %.*s does not carry the hash of the e-mail "
                                           "address; make one that does.",
                                           (int)id.size, id.data));
    else if (roles & ROLE_BIT(ROLE_MARKET_MAKER))
        settings_reject_value(
            event, "roles",
            TEXT("A user cannot be a market maker; create a market maker instead."));
    else if ((roles & ~ROLE_BIT(ROLE_USER)) != 0 && !may_give_roles(settings, &command->meta))
        event_reject(event, "FORBIDDEN",
                     TEXT("Only an admin gives roles other than `user`, and where that needs a "
                          "second one, none with a registration; leave `roles` out."),
                     "roles");
    else if (settings_user_of_email(settings, &wanted->email_hash) != NULL)
        event_reject(event, "EMAIL_TAKEN",
                     TEXT("Someone is registered with this e-mail address already; sign in, or "
                          "use another address."),
                     "email");
    else if (settings_user(settings, wanted->user_id) != NULL)
        settings_reject_value(event, "user_id",
                              arena_printf(arena, "The user id %.*s is taken; send a fresh one.",
                                           (int)id.size, id.data));
    else
        return false;
    return true;
}

static void decide_register(const struct settings *settings, const struct input *input,
                            struct arena *arena, struct event *event)
{
    const struct register_user *wanted = &input->command->register_user;
    uint32_t roles = role_bits_of(wanted->roles, wanted->roles_count);
    if (roles == 0)
        roles = ROLE_BIT(ROLE_USER);
    if (refuse_registration(settings, input->command, roles, arena, event)) {
        event->command_rejected.has_address_hash = wanted->has_address_hash;
        event->command_rejected.address_hash = wanted->address_hash;
        return;
    }
    event->kind = EVENT_USER_REGISTERED;
    event->user_registered = (struct user_registered){
        .user_id = wanted->user_id,
        .account_id = wanted->account_id,
        .email_hash = wanted->email_hash,
        .email = wanted->email,
        .full_name = wanted->full_name,
        .password_hash = wanted->password_hash,
        .created_at = input->now_us,
        .has_address_hash = wanted->has_address_hash,
        .address_hash = wanted->address_hash,
    };
    event->user_registered.roles = roles_of_bits(roles, arena, &event->user_registered.roles_count);
    event_touch(event, arena, SERVICE_ACCOUNTS,
                place_partition_of_id(settings->place, SERVICE_ACCOUNTS, wanted->account_id));
    if ((roles & STAFF_ROLES) != 0)
        staff_touch(event, arena);
}

/* --- inputs --- */

static void decide_command(const struct settings *settings, const struct input *input,
                           struct arena *arena, struct event *event)
{
    if (input->command->kind == COMMAND_REGISTER_USER)
        decide_register(settings, input, arena, event);
    else if (input->command->kind == COMMAND_RECORD_LOGIN)
        settings_decide_login(settings, input, arena, event);
    else if (input->command->kind == COMMAND_REFRESH_SESSION)
        settings_decide_refresh(settings, input, arena, event);
    else if (input->command->kind == COMMAND_END_SESSION)
        settings_decide_end(settings, input, arena, event);
    else if (input->command->kind == COMMAND_COMPLETE_LOGIN)
        settings_decide_complete_login(settings, input, arena, event);
    else if (input->command->kind == COMMAND_CHANGE_PASSWORD)
        settings_decide_change_password(settings, input, arena, event);
    else if (input->command->kind == COMMAND_RESET_PASSWORD)
        settings_decide_reset_password(settings, input, arena, event);
    else if (input->command->kind == COMMAND_PREPARE_TWO_FACTOR)
        settings_decide_prepare_factor(settings, input, event);
    else if (input->command->kind == COMMAND_ENABLE_TWO_FACTOR)
        settings_decide_enable_factor(settings, input, event);
    else if (input->command->kind == COMMAND_DISABLE_TWO_FACTOR)
        settings_decide_disable_factor(settings, input, event);
    else if (input->command->kind == COMMAND_MAKE_BACKUP_CODES)
        settings_decide_backup_codes(settings, input, event);
    else if (input->command->kind == COMMAND_VERIFY_EMAIL)
        settings_decide_verify_email(settings, input, event);
    else if (input->command->kind == COMMAND_REQUEST_PASSWORD_RESET)
        settings_decide_reset_request(settings, input, event);
    else if (input->command->kind == COMMAND_COMPLETE_DELIVERY)
        settings_decide_delivery(settings, input, event);
    else if (input->command->kind == COMMAND_CHANGE_USER)
        settings_decide_change_user(settings, input, arena, event);
    else if (input->command->kind == COMMAND_CREATE_API_KEY)
        settings_decide_create_key(settings, input, arena, event);
    else if (input->command->kind == COMMAND_REVOKE_API_KEY)
        settings_decide_revoke_key(settings, input, event);
    else if (input->command->kind == COMMAND_REPORT_API_KEY_USE)
        settings_decide_key_use(settings, input, event);
    else if (input->command->kind == COMMAND_CHANGE_PREFERENCES)
        settings_decide_preferences(settings, input, arena, event);
    else if (input->command->kind == COMMAND_ERASE_PERSON)
        settings_decide_erasure(settings, input, arena, event);
    else if (input->command->kind == COMMAND_CHANGE_VENUE_RULES)
        settings_decide_venue_rules(settings, input, arena, event);
    else if (!settings_decide_kept(settings, input, arena, event) &&
             !settings_decide_alert(settings, input, arena, event) &&
             !settings_decide_notice(settings, input, arena, event))
        event_reject(event, "VALIDATION_FAILED",
                     arena_printf(arena, "settings does not take %s; send it to its own service.",
                                  wire_message_name(command_message(input->command))),
                     NULL);
}

static void decide_opened(const struct settings *settings, const struct input *input,
                          struct arena *arena, struct event *event)
{
    struct input opened;
    if (approvals_open(&settings->approvals, &settings->staff, input, arena, event, &opened))
        decide_command(settings, &opened, arena, event);
}

bool settings_second_admin_is_missing(const struct settings *settings, const struct input *input,
                                      struct arena *arena, struct event *event)
{
    return settings->staff.had_two_admins &&
           approval_is_missing(&settings->approvals, input, ROLE_BIT(ROLE_ADMIN), arena, event);
}

static void decide_market_maker(const struct event *followed, struct arena *arena,
                                struct event *event)
{
    CHECK(followed->kind == EVENT_MARKET_MAKER_CREATED ||
          followed->kind == EVENT_MARKET_MAKER_CHANGED);
    const struct market_maker *market_maker = followed->kind == EVENT_MARKET_MAKER_CREATED
                                                  ? &followed->market_maker_created.market_maker
                                                  : &followed->market_maker_changed.market_maker;
    char *key = arena_alloc(arena, SETTINGS_EMAIL_KEY_SIZE);
    settings_email_key(&market_maker->email_hash, key);
    event->key = (struct text){key, SETTINGS_EMAIL_KEY_SIZE};
    event->kind = EVENT_MARKET_MAKER_NOTED;
    event->market_maker_noted = (struct market_maker_noted){
        .market_maker_id = market_maker->id,
        .email_hash = market_maker->email_hash,
    };
}

static void decide_event(const struct settings *settings, const struct input *input,
                         struct arena *arena, struct event *event)
{
    const struct event *followed = input->events[0];
    if (followed->kind == EVENT_USER_REGISTERED || followed->kind == EVENT_USER_CHANGED) {
        staff_adopt(followed, arena, event);
    } else if (followed->kind == EVENT_DISMISSAL_PROPOSED) {
        settings_judge_dismissal(settings, input, arena, event);
    } else if (followed->kind == EVENT_DISMISSAL_JUDGED) {
        settings_conclude_dismissal(settings, input, arena, event);
    } else if (followed->kind == EVENT_VENUE_RULES_CHANGED) {
        approvals_adopt(&followed->venue_rules_changed, event);
    } else if (followed->kind == EVENT_FILLS_SETTLED || followed->kind == EVENT_TRANSFER_CHANGED ||
               followed->kind == EVENT_SUPPORT_TICKET_CHANGED) {
        settings_decide_raised(settings, input, arena, event);
    } else if (followed->kind == EVENT_INSTRUMENT_CHANGED) {
        event->kind = EVENT_INSTRUMENT_ADOPTED;
        event->instrument_adopted.instrument = followed->instrument_changed.instrument;
    } else if (followed->kind == EVENT_PRICES_MOVED) {
        event->kind = EVENT_PRICES_ADOPTED;
        event->prices_adopted = (struct prices_adopted){followed->prices_moved.prices,
                                                        followed->prices_moved.prices_count};
    } else {
        decide_market_maker(followed, arena, event);
    }
}

void settings_decide(const void *state, const struct input *input, struct arena *arena,
                     struct event *ret_event)
{
    switch (input->kind) {
    case INPUT_COMMAND: decide_opened(state, input, arena, ret_event); return;
    case INPUT_EVENTS:
        CHECK(input->events_count == 1);
        decide_event(state, input, arena, ret_event);
        return;
    case INPUT_TIME:
        if (approvals_due_us(&((const struct settings *)state)->approvals) <= input->now_us)
            approvals_decide_time(&((const struct settings *)state)->approvals, input, arena,
                                  ret_event);
        else
            settings_decide_time(state, input, arena, ret_event);
        return;
    }
}
