/* certificate.h - until when certificates are good. */
#ifndef AUTH_CERTIFICATE_H
#define AUTH_CERTIFICATE_H
#include "base/base.h"

/* When the first of the certificates of a PEM file ends. ERR_INPUT: there is none in it. */
enum err certificate_end(struct text pem, int64_t *ret_end_us) MUST_CHECK;

#endif
