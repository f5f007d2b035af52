/* sender.h - sets letters on their way, as mails and posts that a courier carries.
 *
 * Waits    for the vault alone; what it has set on its way is the courier's.   Thread   one owner.
 */
#ifndef SETTINGS_SENDER_H
#define SETTINGS_SENDER_H
#include "client/courier.h"
#include "config/config.h"
#include "settings/letter.h"
#include "settings/push.h"
#include "settings/webhook.h"

struct sender {
    struct courier *courier;
    struct vault *vault;
    struct seal_key hash_key;
    struct letter_head head;
    struct mailer *mailer;
    struct sms_gateway gateway;
    struct push_sender browsers;
    struct push_key *push_key; /* of the above; NULL: none */
    bool anywhere;             /* where webhooks may lead: plain HTTP and private networks, too */
    struct arena *arena;       /* of one letter */
};

/* By these settings, whose texts stay the caller's; what of them changes while it runs is set in
 * its members. */
enum err sender_open(struct sender *sender, const struct config *config) MUST_CHECK;
/* An opened one or a zeroed one. */
void sender_close(struct sender *sender);

/* Sets a letter on its way, whose end courier_next() names by `number`. ERR_DENIED: it will never
 * be taken, and is not on its way; ERR_BUSY and the like: not now, likewise. */
enum err sender_begin(struct sender *sender, const struct letter *letter, int64_t now_us,
                      size_t number) MUST_CHECK;

#endif
