#include "auth/certificate.h"

#include "base/time.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

enum err certificate_end(struct text pem, int64_t *ret_end_us)
{
    BIO *memory = BIO_new_mem_buf(pem.data, (int)pem.size);
    CHECK(memory != NULL);
    X509 *certificate;
    enum err err = ERR_INPUT;
    while ((certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL)) != NULL) {
        struct tm end;
        CHECK(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1);
        int64_t end_us = (int64_t)timegm(&end) * SECOND_US;
        if (err != OK || end_us < *ret_end_us)
            *ret_end_us = end_us;
        err = OK;
        X509_free(certificate);
    }
    ERR_clear_error(); /* that there is no other */
    BIO_free(memory);
    return err;
}
