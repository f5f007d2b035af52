/* certificate.c - the certificate that a TLS server shows, which may be another one while it runs.
 *
 * A new one is shown from the next handshake on. Those before it are kept until the server ends: a
 * handshake under way may still use them, and there is one in a few months.
 */
#include "http/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

enum { CHAIN_MAX = 16, KEY_ID_SIZE_MAX = 64 };

struct http_certificate {
    struct http_certificate *before;
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
};

void http_certificates_free(struct http_certificate *newest)
{
    while (newest != NULL) {
        struct http_certificate *certificate = newest;
        newest = certificate->before;
        for (unsigned i = 0; i < certificate->count; i++)
            gnutls_pcert_deinit(&certificate->chain[i]);
        gnutls_privkey_deinit(certificate->key);
        free(certificate);
    }
}

static gnutls_datum_t datum_of(const char *pem)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)pem, .size = (unsigned)strlen(pem)};
}

/* Whether the private key is that of the chain's first certificate. */
static bool fits(const struct http_certificate *certificate)
{
    unsigned char ids[2][KEY_ID_SIZE_MAX];
    size_t sizes[2] = {KEY_ID_SIZE_MAX, KEY_ID_SIZE_MAX};
    gnutls_pubkey_t of_key;
    CHECK(gnutls_pubkey_init(&of_key) == 0);
    bool same = gnutls_pubkey_import_privkey(of_key, certificate->key, 0, 0) == 0 &&
                gnutls_pubkey_get_key_id(of_key, 0, ids[0], &sizes[0]) == 0 &&
                gnutls_pubkey_get_key_id(certificate->chain[0].pubkey, 0, ids[1], &sizes[1]) == 0 &&
                sizes[0] == sizes[1] && memcmp(ids[0], ids[1], sizes[0]) == 0;
    gnutls_pubkey_deinit(of_key);
    return same;
}

static const char *read_pair(const char *certificate_pem, const char *key_pem,
                             struct http_certificate *certificate)
{
    gnutls_datum_t chain = datum_of(certificate_pem);
    gnutls_datum_t key = datum_of(key_pem);
    unsigned count = CHAIN_MAX;
    if (gnutls_pcert_list_import_x509_raw(certificate->chain, &count, &chain, GNUTLS_X509_FMT_PEM,
                                          0) != 0 ||
        count == 0)
        return "the certificate is not readable";
    certificate->count = count;
    if (gnutls_privkey_import_x509_raw(certificate->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0) != 0)
        return "the key is not readable";
    return fits(certificate) ? NULL : "the key is not that of the certificate";
}

enum err http_server_set_certificate(struct http_server *server, const char *certificate_pem,
                                     const char *key_pem, char ret_reason[HTTP_REASON_SIZE])
{
    struct http_certificate *certificate = calloc(1, sizeof *certificate);
    CHECK(certificate != NULL);
    CHECK(gnutls_privkey_init(&certificate->key) == 0);
    const char *fault = read_pair(certificate_pem, key_pem, certificate);
    if (fault != NULL) {
        snprintf(ret_reason, HTTP_REASON_SIZE, "%s", fault);
        http_certificates_free(certificate);
        return ERR_INPUT;
    }
    pthread_mutex_lock(&server->lock);
    certificate->before = server->certificate;
    server->certificate = certificate;
    pthread_mutex_unlock(&server->lock);
    return OK;
}

int64_t http_server_certificate_end_s(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    struct http_certificate *certificate = server->certificate;
    pthread_mutex_unlock(&server->lock);
    gnutls_x509_crt_t first;
    if (certificate == NULL || gnutls_pcert_export_x509(&certificate->chain[0], &first) != 0)
        return 0;
    int64_t end_s = gnutls_x509_crt_get_expiration_time(first);
    gnutls_x509_crt_deinit(first);
    return end_s;
}

/* What GnuTLS calls in each handshake; it leaves the pair ours. */
int http_on_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *asked,
                        gnutls_pcert_st **ret_chain, unsigned *ret_count,
                        gnutls_ocsp_data_st **ret_ocsp, unsigned *ret_ocsp_count,
                        gnutls_privkey_t *ret_key, unsigned *ret_flags)
{
    (void)asked;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        gnutls_session_get_ptr(session), MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_server *server = ((struct http_connection *)info->socket_context)->server;
    pthread_mutex_lock(&server->lock);
    struct http_certificate *certificate = server->certificate;
    pthread_mutex_unlock(&server->lock);
    *ret_chain = certificate->chain;
    *ret_count = certificate->count;
    *ret_ocsp = NULL;
    *ret_ocsp_count = 0;
    *ret_key = certificate->key;
    *ret_flags = 0;
    return 0;
}
