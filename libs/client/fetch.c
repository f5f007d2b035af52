#include "client/fetch.h"

#include <ctype.h>
#include <curl/curl.h>

enum { STATUS_OK = 200 };

static size_t take_bytes(char *data, size_t one, size_t count, void *context)
{
    struct buffer *body = context;
    buffer_append(body, data, one * count);
    return buffer_ok(body) ? one * count : 0; /* 0 ends it */
}

enum err fetch(const char *url, const char *form, struct buffer *body)
{
    long status = 0;
    CURL *curl = curl_easy_init();
    CHECK(curl != NULL);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)FETCH_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (form != NULL)
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, form);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return ERR_BUSY;
    return status == STATUS_OK ? OK : ERR_DENIED;
}

void fetch_form_add(struct buffer *form, const char *name, struct text value)
{
    buffer_printf(form, "%s%s=", form->size > 0 ? "&" : "", name);
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
            buffer_byte(form, c);
        else
            buffer_printf(form, "%%%02X", c);
    }
}
