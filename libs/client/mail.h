/* mail.h - mail as it is sent by SMTP, by a courier. In this room because of curl/curl.h.
 *
 * Safe     a mail is plain text of ASCII; what would break out of a header or the envelope is
 *          refused before anything is sent.
 * Thread   one owner.
 */
#ifndef CLIENT_MAIL_H
#define CLIENT_MAIL_H
#include "base/base.h"

enum { MAIL_TIMEOUT_MS = 15000, MAIL_SIZE_MAX = 1 << 16 };

struct mailer; /* laid out in mail.c */

struct mail {
    struct text to;         /* an e-mail address */
    struct text subject;    /* one line */
    struct text message_id; /* without the angle brackets */
    int64_t date_us;        /* when it was caused, which a repeated mail says again */
    struct text body;       /* lines that end with \n */
};

/* A sender through `url` ("smtp://host:port", "smtps://user@host"), whose mails come from the
 * address `from`. The caller owns the mailer and keeps the texts. */
struct mailer *mailer_new(const char *url, const char *from) MUST_CHECK;
/* From now on it shows the server this password, or, of two lines, this user's name and password,
 * and takes its certificate from whom `ca` has, as PEM. It insists on TLS, but without a
 * password at a server of this machine, where it takes it if it is offered. NULL: no password; whom
 * the system trusts. The caller keeps the texts until others are set. */
void mailer_trust(struct mailer *mailer, const char *password, const char *ca);
/* NULL does nothing. */
void mailer_free(struct mailer *mailer);

#endif
