#include "client/mail.h"

#include "base/buffer.h"
#include "base/network.h"
#include "client/transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ADDRESS_SIZE_MAX = 322, REPLY_NEVER = 500, REPLY_LOGIN_MISSING = 530 };

struct mailer {
    const char *url;
    const char *from;
    const char *password; /* or the user's name, a line end, and the password */
    const char *ca;
};

/* A mail as it is carried. */
struct mailing {
    struct transfer transfer; /* first: it is found by it */
    struct curl_slist *to;
    struct buffer text;
    size_t sent;
};

struct mailer *mailer_new(const char *url, const char *from)
{
    struct mailer *mailer = calloc(1, sizeof *mailer);
    CHECK(mailer != NULL);
    mailer->url = url;
    mailer->from = from;
    return mailer;
}

void mailer_trust(struct mailer *mailer, const char *password, const char *ca)
{
    mailer->password = password;
    mailer->ca = ca;
}

void mailer_free(struct mailer *mailer)
{
    free(mailer);
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
static void write_mail(const struct mailer *mailer, const struct mail *mail, struct buffer *text)
{
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
    struct mailing *mailing = context;
    size_t left = mailing->text.size - mailing->sent;
    size_t size = one * count < left ? one * count : left;
    memcpy(data, mailing->text.data + mailing->sent, size);
    mailing->sent += size;
    return size;
}

static void set_login(const struct mailer *mailer, CURL *curl)
{
    struct text rest = text_of(mailer->password), line;
    char user[ADDRESS_SIZE_MAX];
    bool two_lines = text_take(&rest, '\n', &line) && rest.size > 0;
    if (two_lines) {
        snprintf(user, sizeof user, "%.*s", (int)line.size, line.data);
        curl_easy_setopt(curl, CURLOPT_USERNAME, user);
    }
    curl_easy_setopt(curl, CURLOPT_PASSWORD, two_lines ? rest.data : mailer->password);
}

/* Whether the mail server is this machine's own. */
static bool is_here(const char *url)
{
    static const char *const HERE[] = {"127.0.0.0/8", "::1"};
    char *host = NULL;
    bool here = false;
    CURLU *parts = curl_url();
    CHECK(parts != NULL);
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        struct text bare = text_of(host);
        if (bare.size > 1 && bare.data[0] == '[')
            bare = (struct text){bare.data + 1, bare.size - 2};
        struct network address, network;
        here = text_is(bare, "localhost");
        for (size_t i = 0; i < COUNT_OF(HERE) && network_parse(bare, &address) == OK; i++)
            here |= network_parse(text_of(HERE[i]), &network) == OK &&
                    network_is_in(&address, &network, 1);
    }
    curl_free(host);
    curl_url_cleanup(parts);
    return here;
}

/* What is mailed gives whoever reads it a new password: it goes over no line in clear. */
static void set_trust(const struct mailer *mailer, CURL *curl)
{
    bool clear = mailer->password == NULL && is_here(mailer->url);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(clear ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (mailer->password != NULL)
        set_login(mailer, curl);
    if (mailer->ca != NULL) { /* copied: another may be set while this one is under way */
        struct curl_blob blob = {.data = (void *)(uintptr_t)mailer->ca,
                                 .len = strlen(mailer->ca),
                                 .flags = CURL_BLOB_COPY};
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    }
}

static void set_up(const struct mailer *mailer, struct mailing *mailing)
{
    CURL *curl = mailing->transfer.curl;
    char from[ADDRESS_SIZE_MAX];
    snprintf(from, sizeof from, "<%s>", mailer->from);
    curl_easy_setopt(curl, CURLOPT_URL, mailer->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_trust(mailer, curl);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, mailing->to);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(curl, CURLOPT_READDATA, mailing);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)MAIL_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

static enum err judge_mailing(struct transfer *transfer, CURLcode code)
{
    long reply = 0;
    if (code == CURLE_OK)
        return OK;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &reply);
    snprintf(transfer->problem, sizeof transfer->problem, "%s (reply %ld)",
             curl_easy_strerror(code), reply);
    /* A password that is refused or missing is the venue's affair: no letter is given up for it. */
    bool login = code == CURLE_LOGIN_DENIED || reply == REPLY_LOGIN_MISSING;
    return reply >= REPLY_NEVER && !login ? ERR_DENIED : ERR_BUSY;
}

static void free_mailing(struct transfer *transfer)
{
    struct mailing *mailing = (struct mailing *)transfer;
    curl_easy_cleanup(transfer->curl);
    curl_slist_free_all(mailing->to);
    buffer_free(&mailing->text);
    free(mailing);
}

struct transfer *mail_transfer(const struct mailer *mailer, const struct mail *mail)
{
    char to[ADDRESS_SIZE_MAX];
    int to_size = snprintf(to, sizeof to, "<%.*s>", (int)mail->to.size, mail->to.data);
    if (!is_line(mail->to, "<> ") || !is_line(mail->subject, "") ||
        !is_line(mail->message_id, "<> ") || !is_body(mail->body) || to_size >= ADDRESS_SIZE_MAX)
        return NULL;
    struct mailing *mailing = calloc(1, sizeof *mailing);
    CHECK(mailing != NULL);
    mailing->transfer =
        (struct transfer){.curl = curl_easy_init(), .judge = judge_mailing, .free = free_mailing};
    mailing->to = curl_slist_append(NULL, to);
    CHECK(mailing->transfer.curl != NULL && mailing->to != NULL);
    buffer_init(&mailing->text, MAIL_SIZE_MAX);
    write_mail(mailer, mail, &mailing->text);
    set_up(mailer, mailing);
    if (buffer_ok(&mailing->text))
        return &mailing->transfer;
    free_mailing(&mailing->transfer);
    return NULL;
}
