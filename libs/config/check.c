#include "base/network.h"
#include "config/table.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

enum { PASSWORD_SIZE_MIN = 10, SEAL_KEY_DIGITS = 64, INSTANCE_SIZE_MAX = 63 };

/* Whether `value` has bytes, and all of them are letters, digits or in `others`. */
static bool consists_of(struct text value, const char *others)
{
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (!isalnum((unsigned char)c) && (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return value.size > 0;
}

/* host:port, the host also as [::1]. */
static bool is_broker(struct text value)
{
    const char *colon = memrchr(value.data, ':', value.size);
    if (colon == NULL)
        return false;
    struct text host = {.data = value.data, .size = (size_t)(colon - value.data)};
    const char *port = colon + 1;
    size_t digits = strspn(port, "0123456789");
    return consists_of(host, ".-_:[]") && digits >= 1 && digits <= 5 &&
           port + digits == value.data + value.size;
}

const char *config_check_brokers(struct text value)
{
    while (true) {
        const char *comma = memchr(value.data, ',', value.size);
        size_t size = comma == NULL ? value.size : (size_t)(comma - value.data);
        if (!is_broker((struct text){.data = value.data, .size = size}))
            return "is not a list of host:port, separated by commas";
        if (comma == NULL)
            return NULL;
        value = (struct text){.data = comma + 1, .size = value.size - size - 1};
    }
}

/* user:password@ behind a scheme, or password= (sslpassword= too) anywhere. */
bool config_has_password(struct text connection)
{
    const char *at = memchr(connection.data, '@', connection.size);
    const char *scheme = strstr(connection.data, "://");
    if (scheme != NULL && at != NULL && at > scheme &&
        memchr(scheme + 3, ':', (size_t)(at - scheme - 3)) != NULL)
        return true;
    for (const char *word = connection.data; (word = strstr(word, "password")) != NULL;) {
        word += strlen("password");
        if (word[strspn(word, " ")] == '=')
            return true;
    }
    return false;
}

const char *config_check_connection(struct text value)
{
    if (strstr(value.data, "://") == NULL && strchr(value.data, '=') == NULL)
        return "is neither a postgresql:// address nor a list of name=value";
    return NULL;
}

const char *config_check_instance(struct text value)
{
    if (value.size > INSTANCE_SIZE_MAX || !consists_of(value, ".-_"))
        return "is not a name of 1 to 63 letters, digits, dots, dashes and underscores";
    return NULL;
}

const char *config_check_address(struct text value)
{
    struct in6_addr address;
    if (inet_pton(AF_INET, value.data, &address) != 1 &&
        inet_pton(AF_INET6, value.data, &address) != 1)
        return "is not an IPv4 or IPv6 address in digits";
    return NULL;
}

const char *config_check_networks(struct text value)
{
    struct network networks[CONFIG_NETWORKS_MAX];
    size_t count;
    switch (network_parse_list(value, CONFIG_NETWORKS_MAX, networks, &count)) {
    case OK: return NULL;
    case ERR_FULL: return "has more than 64 networks";
    default: return "is not a list of networks like 192.0.2.0/24, with commas between";
    }
}

const char *config_check_url(struct text value)
{
    bool plain = consists_of(value, ":/.-_[]");
    if (!plain || !text_starts(value, "https://") || value.size == strlen("https://"))
        return "is not an address that begins with https://";
    return value.data[value.size - 1] == '/' ? "ends with a slash: leave that out" : NULL;
}

const char *config_check_origins(struct text value)
{
    static const size_t SCHEME_SIZE = sizeof "https://" - 1;
    while (value.size > 0) {
        const char *comma = memchr(value.data, ',', value.size);
        struct text origin = {.data = value.data,
                              .size = comma == NULL ? value.size : (size_t)(comma - value.data)};
        size_t taken = origin.size + (comma != NULL);
        value = (struct text){.data = value.data + taken, .size = value.size - taken};
        if (config_check_url(origin) != NULL ||
            memchr(origin.data + SCHEME_SIZE, '/', origin.size - SCHEME_SIZE) != NULL ||
            (comma != NULL && value.size == 0))
            return "is not a list of origins, each https:// and a host, with commas between";
    }
    return NULL;
}

const char *config_check_issuer(struct text value)
{
    if (text_starts(value, "http://127.0.0.1:") || text_starts(value, "http://localhost:"))
        return NULL;
    return config_check_url(value);
}

const char *config_check_sms(struct text value)
{
    bool plain = consists_of(value, ":/.-_[]");
    if (!plain || (!text_starts(value, "https://") && !text_starts(value, "http://127.0.0.1:")))
        return "is not an address that begins with https://";
    return NULL;
}

const char *config_check_otlp(struct text value)
{
    bool plain = consists_of(value, ":/.-_[]");
    if (!plain || (!text_starts(value, "https://") && !text_starts(value, "http://")))
        return "is not an address that begins with http:// or https://";
    return value.data[value.size - 1] == '/' ? "ends with a slash: leave that out" : NULL;
}

const char *config_check_smtp(struct text value)
{
    bool plain = consists_of(value, ":/.-_@[]");
    if (!plain || (!text_starts(value, "smtp://") && !text_starts(value, "smtps://")))
        return "is not an address that begins with smtp:// or smtps://";
    return config_has_password(value) ? "has a password: give that as BOURSE_SMTP_PASSWORD_FILE"
                                      : NULL;
}

const char *config_check_email(struct text value)
{
    const char *at = memchr(value.data, '@', value.size);
    if (at == NULL || at == value.data || at + 1 == value.data + value.size ||
        strchr(value.data, ' ') != NULL)
        return "is not an e-mail address";
    return NULL;
}

/* Each line of a file by itself. There are several while one secret is changed for another. */
static const char *check_lines(struct text value, config_check *check)
{
    struct text line;
    if (value.size > 0 && value.data[value.size - 1] == '\n')
        return check(TEXT(""));
    for (size_t count = 0; text_take(&value, '\n', &line); count++) {
        const char *fault = count == CONFIG_SECRETS_MAX ? "has more than 4 lines" : check(line);
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

static const char *check_key(struct text value)
{
    bool same = true;
    bool hexadecimal = true;
    for (size_t i = 0; i < value.size; i++) {
        same = same && value.data[i] == value.data[0];
        hexadecimal = hexadecimal && isxdigit((unsigned char)value.data[i]);
    }
    if (value.size != SEAL_KEY_DIGITS || !hexadecimal)
        return "is not exactly 64 hexadecimal digits (openssl rand -hex 32)";
    return same ? "is one digit 64 times, which anybody can guess (openssl rand -hex 32)" : NULL;
}

const char *config_check_seal_key(struct text value)
{
    return check_lines(value, check_key);
}

const char *config_check_password(struct text value)
{
    return value.size < PASSWORD_SIZE_MIN ? "is shorter than 10 characters" : NULL;
}

const char *config_check_secrets(struct text value)
{
    return check_lines(value, config_check_password);
}

const char *config_check_pem(struct text value)
{
    return text_starts(value, "-----BEGIN ") ? NULL
                                             : "is not PEM: it does not begin with -----BEGIN";
}
