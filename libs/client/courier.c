#include "client/courier.h"

#include "client/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct courier {
    CURLM *multi;
    struct transfer *transfers; /* under way */
    size_t count;
};

struct courier *courier_new(void)
{
    struct courier *courier = calloc(1, sizeof *courier);
    CHECK(courier != NULL);
    courier->multi = curl_multi_init();
    CHECK(courier->multi != NULL);
    return courier;
}

static void take_out(struct courier *courier, struct transfer *transfer)
{
    DL_DELETE(courier->transfers, transfer);
    courier->count--;
    curl_multi_remove_handle(courier->multi, transfer->curl);
}

void courier_free(struct courier *courier)
{
    if (courier == NULL)
        return;
    while (courier->transfers != NULL) {
        struct transfer *transfer = courier->transfers;
        take_out(courier, transfer);
        transfer->free(transfer);
    }
    curl_multi_cleanup(courier->multi);
    free(courier);
}

static void begin(struct courier *courier, struct transfer *transfer, size_t number)
{
    transfer->number = number;
    curl_easy_setopt(transfer->curl, CURLOPT_PRIVATE, transfer);
    /* Whoever gave us a name may own its server, too: its silence is waited for by nobody. */
    curl_easy_setopt(transfer->curl, CURLOPT_QUICK_EXIT, 1L);
    CHECK(curl_multi_add_handle(courier->multi, transfer->curl) == CURLM_OK);
    DL_APPEND(courier->transfers, transfer);
    courier->count++;
}

void courier_post(struct courier *courier, const struct post *post, size_t number)
{
    begin(courier, post_transfer(post), number);
}

enum err courier_mail(struct courier *courier, const struct mailer *mailer, const struct mail *mail,
                      size_t number)
{
    struct transfer *transfer = mail_transfer(mailer, mail);
    if (transfer == NULL)
        return ERR_DENIED;
    begin(courier, transfer, number);
    return OK;
}

/* The next one that has come to its end. */
static CURLMsg *ended(struct courier *courier)
{
    int left;
    CURLMsg *message = curl_multi_info_read(courier->multi, &left);
    while (message != NULL && message->msg != CURLMSG_DONE)
        message = curl_multi_info_read(courier->multi, &left);
    return message;
}

bool courier_next(struct courier *courier, int wait_ms, struct courier_end *ret_end)
{
    int running;
    struct transfer *transfer;
    CURLMsg *message = ended(courier);
    if (message == NULL) {
        curl_multi_perform(courier->multi, &running);
        message = ended(courier);
    }
    if (message == NULL && wait_ms > 0) {
        curl_multi_poll(courier->multi, NULL, 0, wait_ms, NULL);
        curl_multi_perform(courier->multi, &running);
        message = ended(courier);
    }
    if (message == NULL)
        return false;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    ret_end->number = transfer->number;
    ret_end->err = transfer->judge(transfer, code);
    snprintf(ret_end->problem, sizeof ret_end->problem, "%s", transfer->problem);
    take_out(courier, transfer);
    transfer->free(transfer);
    return true;
}

size_t courier_count(const struct courier *courier)
{
    return courier->count;
}
