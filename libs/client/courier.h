/* courier.h - posts and mails, many under way at a time, on one thread. In this room because of
 * curl/curl.h.
 *
 * Waits    courier_next() for as long as it is told to; nothing else waits, not even for a name
 *          that resolves to nothing. A post is under way for POST_TIMEOUT_MS at most, a mail for
 *          MAIL_TIMEOUT_MS.
 * Bounds   none of its own: its owner knows how many he has given it.   Thread   one owner.
 */
#ifndef CLIENT_COURIER_H
#define CLIENT_COURIER_H
#include "client/mail.h"
#include "client/post.h"

struct courier; /* laid out in courier.c */

struct courier_end {
    size_t number;
    enum err err;      /* as post() says, and of a mail: below */
    char problem[256]; /* what a mail failed of, without anything personal */
};

/* The caller frees it. */
struct courier *courier_new(void) MUST_CHECK;
/* Gives up what is under way. NULL does nothing. */
void courier_free(struct courier *courier);

/* Sets it on its way, a copy of all of it; courier_next() names its end by `number`. */
void courier_post(struct courier *courier, const struct post *post, size_t number);
/* The same of a mail. At its end, OK: the server has taken it. ERR_DENIED: it will never take it
 * (5xx). ERR_BUSY: not now, or not with this password. ERR_DENIED at once: it is no mail, and is
 * not on its way. */
enum err courier_mail(struct courier *courier, const struct mailer *mailer, const struct mail *mail,
                      size_t number) MUST_CHECK;

/* Goes on with all of them, and waits up to `wait_ms` where there is nothing to do at once. True:
 * one has come to its end. */
bool courier_next(struct courier *courier, int wait_ms, struct courier_end *ret_end);
/* How many are under way. */
size_t courier_count(const struct courier *courier);

#endif
