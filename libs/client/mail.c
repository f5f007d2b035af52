#include "client/mail.h"

#include "base/buffer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ADDRESS_SIZE_MAX = 322,
    PROBLEM_SIZE = CURL_ERROR_SIZE + 64,
    REPLY_NEVER = 500,
    REPLY_LOGIN_MISSING = 530
};

struct mailer {
    const char *url;
    const char *from;
    const char *password; /* or the user's name, a line end, and the password */
    const char *ca;
    CURL *curl;
    struct buffer text; /* of the mail that is being sent */
    size_t sent;
    char curl_problem[CURL_ERROR_SIZE];
    char problem[PROBLEM_SIZE];
};

struct mailer *mailer_new(const char *url, const char *from)
{
    struct mailer *mailer = calloc(1, sizeof *mailer);
    CHECK(mailer != NULL);
    mailer->url = url;
    mailer->from = from;
    mailer->curl = curl_easy_init();
    CHECK(mailer->curl != NULL);
    buffer_init(&mailer->text, MAIL_SIZE_MAX);
    return mailer;
}

void mailer_trust(struct mailer *mailer, const char *password, const char *ca)
{
    mailer->password = password;
    mailer->ca = ca;
}

void mailer_free(struct mailer *mailer)
{
    if (mailer == NULL)
        return;
    curl_easy_cleanup(mailer->curl);
    buffer_free(&mailer->text);
    free(mailer);
}

const char *mailer_problem(const struct mailer *mailer)
{
    return mailer->problem;
}

/* Printable ASCII, so that it stays on its line, and none of `others`. */
static bool is_line(struct text text, const char *others)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c < ' ' || c > '~' || strchr(others, c) != NULL)
            return false;
    }
    return text.size > 0;
}

static bool is_body(struct text body)
{
    for (size_t i = 0; i < body.size; i++) {
        if (body.data[i] != '\n' && (body.data[i] < ' ' || body.data[i] > '~'))
            return false;
    }
    return true;
}

static void write_date(struct buffer *text, int64_t date_us)
{
    static const char *const DAYS[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(date_us / 1000000);
    struct tm date;
    CHECK(gmtime_r(&seconds, &date) != NULL);
    buffer_printf(text, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", DAYS[date.tm_wday],
                  date.tm_mday, MONTHS[date.tm_mon], date.tm_year + 1900, date.tm_hour, date.tm_min,
                  date.tm_sec);
}

/* The mail as SMTP carries it; curl doubles the dots. */
static void write_mail(struct mailer *mailer, const struct mail *mail)
{
    struct buffer *text = &mailer->text;
    buffer_reset(text);
    mailer->sent = 0;
    write_date(text, mail->date_us);
    buffer_printf(text, "From: <%s>\r\nTo: <%.*s>\r\nSubject: %.*s\r\nMessage-ID: <%.*s>\r\n",
                  mailer->from, (int)mail->to.size, mail->to.data, (int)mail->subject.size,
                  mail->subject.data, (int)mail->message_id.size, mail->message_id.data);
    buffer_string(text, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
    for (size_t i = 0; i < mail->body.size; i++) {
        if (mail->body.data[i] == '\n')
            buffer_byte(text, '\r');
        buffer_byte(text, (uint8_t)mail->body.data[i]);
    }
}

static size_t give_bytes(char *data, size_t one, size_t count, void *context)
{
    struct mailer *mailer = context;
    size_t left = mailer->text.size - mailer->sent;
    size_t size = one * count < left ? one * count : left;
    memcpy(data, mailer->text.data + mailer->sent, size);
    mailer->sent += size;
    return size;
}

static void set_login(struct mailer *mailer)
{
    struct text rest = text_of(mailer->password), line;
    char user[ADDRESS_SIZE_MAX];
    bool two_lines = text_take(&rest, '\n', &line) && rest.size > 0;
    if (two_lines) {
        snprintf(user, sizeof user, "%.*s", (int)line.size, line.data);
        curl_easy_setopt(mailer->curl, CURLOPT_USERNAME, user);
    }
    curl_easy_setopt(mailer->curl, CURLOPT_PASSWORD, two_lines ? rest.data : mailer->password);
}

static void set_trust(struct mailer *mailer)
{
    curl_easy_setopt(mailer->curl, CURLOPT_USE_SSL,
                     (long)(mailer->password != NULL ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (mailer->password != NULL)
        set_login(mailer);
    if (mailer->ca != NULL) {
        struct curl_blob blob = {.data = (void *)(uintptr_t)mailer->ca,
                                 .len = strlen(mailer->ca),
                                 .flags = CURL_BLOB_NOCOPY};
        curl_easy_setopt(mailer->curl, CURLOPT_CAINFO_BLOB, &blob);
    }
}

static void set_up(struct mailer *mailer, struct curl_slist *to, const char *from)
{
    CURL *curl = mailer->curl;
    curl_easy_reset(curl); /* keeps the connection */
    curl_easy_setopt(curl, CURLOPT_URL, mailer->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_trust(mailer);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(curl, CURLOPT_READDATA, mailer);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)MAIL_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, mailer->curl_problem);
}

static enum err fail(struct mailer *mailer, enum err err, const char *why, long reply)
{
    snprintf(mailer->problem, sizeof mailer->problem, "%s (reply %ld)", why, reply);
    return err;
}

enum err mailer_send(struct mailer *mailer, const struct mail *mail)
{
    char to[ADDRESS_SIZE_MAX], from[ADDRESS_SIZE_MAX];
    int to_size = snprintf(to, sizeof to, "<%.*s>", (int)mail->to.size, mail->to.data);
    snprintf(from, sizeof from, "<%s>", mailer->from);
    write_mail(mailer, mail);
    if (!is_line(mail->to, "<> ") || !is_line(mail->subject, "") ||
        !is_line(mail->message_id, "<> ") || !is_body(mail->body) || to_size >= ADDRESS_SIZE_MAX ||
        !buffer_ok(&mailer->text))
        return fail(mailer, ERR_DENIED, "it is no mail of printable ASCII", 0);
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    CHECK(recipients != NULL);
    set_up(mailer, recipients, from);
    CURLcode code = curl_easy_perform(mailer->curl);
    long reply = 0;
    curl_easy_getinfo(mailer->curl, CURLINFO_RESPONSE_CODE, &reply);
    curl_slist_free_all(recipients);
    if (code == CURLE_OK)
        return OK;
    /* A password that is refused or missing is the venue's affair: no letter is given up for it. */
    bool login = code == CURLE_LOGIN_DENIED || reply == REPLY_LOGIN_MISSING;
    bool never = reply >= REPLY_NEVER && !login;
    return fail(mailer, never ? ERR_DENIED : ERR_BUSY, curl_easy_strerror(code), reply);
}
