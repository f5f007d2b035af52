/* What mails ask for and bring back: addresses verified, passwords forgotten, deliveries. */
#include "settings/decide_parts.h"

void settings_decide_verify_email(const struct settings *settings, const struct input *input,
                                  struct event *event)
{
    struct uuid id = input->command->verify_email.user_id;
    const struct settings_user *user = settings_user(settings, id);
    if (user == NULL) {
        event_reject(event, "NOT_FOUND", TEXT("There is no such user."), NULL);
        return;
    }
    if (user->email_verified) {
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("This link was used before: the address is confirmed already."), "token");
        return;
    }
    event->kind = EVENT_EMAIL_VERIFIED;
    event->email_verified = (struct email_verified){.user_id = id, .verified_at = input->now_us};
}

/* The same event whether or not anybody has the address, so that who asks cannot tell. */
void settings_decide_reset_request(const struct settings *settings, const struct input *input,
                                   struct event *event)
{
    const struct request_password_reset *wanted = &input->command->request_password_reset;
    const struct settings_user *user = settings_user_of_email(settings, &wanted->email_hash);
    if (uuid_owner_hash(wanted->request_id) != settings_owner_hash(&wanted->email_hash)) {
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("The request id does not carry the hash of the e-mail address."),
                     "request_id");
        return;
    }
    bool mails =
        user != NULL && (user->reset_requested_us == 0 ||
                         user->reset_requested_us + SETTINGS_RESET_EVERY_US <= input->now_us);
    event->kind = EVENT_PASSWORD_RESET_REQUESTED;
    event->password_reset_requested = (struct password_reset_requested){
        .request_id = wanted->request_id,
        .has_user_id = mails,
        .user_id = mails ? user->id : (struct uuid){{0}},
        .credentials_version = mails ? user->credentials_version : 0,
        .has_address_hash = wanted->has_address_hash,
        .address_hash = wanted->address_hash,
        .requested_at = input->now_us,
    };
}

/* Told again, it is the same again: the sender may have ended before it read the first. */
void settings_decide_delivery(const struct settings *settings, const struct input *input,
                              struct event *event)
{
    const struct complete_delivery *delivery = &input->command->complete_delivery;
    if (settings_user(settings, delivery->user_id) == NULL) {
        event_reject(event, "NOT_FOUND", TEXT("There is no such user."), "user_id");
        return;
    }
    event->kind = EVENT_DELIVERY_COMPLETED;
    event->delivery_completed =
        (struct delivery_completed){.delivery_id = delivery->delivery_id,
                                    .user_id = delivery->user_id,
                                    .outcome = delivery->outcome,
                                    .has_channel = delivery->has_channel,
                                    .channel = delivery->channel,
                                    .has_subscription_id = delivery->has_subscription_id,
                                    .subscription_id = delivery->subscription_id,
                                    .gone = delivery->gone,
                                    .completed_at = input->now_us};
}
