#include "auth/certificate.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Until 2029-08-26T04:48:33Z, and until 2032-05-22T04:48:33Z. */
#define EARLY                                                                                      \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBYzCCAQigAwIBAgIBATAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAV0ZXN0MTAe\n"                           \
    "Fw0yNjExMzAwNDQ4MzNaFw0yOTA4MjYwNDQ4MzNaMBAxDjAMBgNVBAMMBXRlc3Qx\n"                           \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUrzdQFq/REmpF8RaVlEV0BxaELWj\n"                           \
    "gea7BlEEOcy5KKmMrxBKtF6o3gApjn8MbIyfpBlNcXHkcZbs44IPQ9lifqNTMFEw\n"                           \
    "HQYDVR0OBBYEFCV3zYz7hgPvS/yn2mQ47tXz4bnEMB8GA1UdIwQYMBaAFCV3zYz7\n"                           \
    "hgPvS/yn2mQ47tXz4bnEMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAw\n"                           \
    "RgIhALESoTpmEAq+IPoMiBM8MOJzNzSFO0zOQCjvQP1FgnAMAiEApKBsHkeNKu5J\n"                           \
    "Xr0q1BYVZnRck1oak26Ukd2X8Zw5z5s=\n"                                                           \
    "-----END CERTIFICATE-----\n"
#define LATE                                                                                       \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBYTCCAQigAwIBAgIBAjAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAV0ZXN0MjAe\n"                           \
    "Fw0yNjExMzAwNDQ4MzNaFw0zMjA1MjIwNDQ4MzNaMBAxDjAMBgNVBAMMBXRlc3Qy\n"                           \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEx2ZhPgsND9f9Hcs4wHc4ifPVKL4b\n"                           \
    "o50hgSqOCcuHSMAwAY3UNJIgqZ5TtrIXkPluiFmjOZjsAq9ONkPuQtowRaNTMFEw\n"                           \
    "HQYDVR0OBBYEFJ/FujIA2YKwVE2a4ky0Oy1Mr2+SMB8GA1UdIwQYMBaAFJ/FujIA\n"                           \
    "2YKwVE2a4ky0Oy1Mr2+SMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAw\n"                           \
    "RAIgbAQxfy572QqJ+kMIOti8aIoKaV3mpGadp66G34VHPUUCIFqz90tBWu+HyKEU\n"                           \
    "zY+RhNVIVeThm02NmN/w0l757U/3\n"                                                               \
    "-----END CERTIFICATE-----\n"
#define EARLY_END_US (INT64_C(1882414113) * SECOND_US)
#define LATE_END_US  (INT64_C(1968814113) * SECOND_US)

static void a_certificate_ends_when_it_says(void **state)
{
    (void)state;
    int64_t end_us = 0;
    assert_int_equal(certificate_end(TEXT(LATE), &end_us), OK);
    assert_true(end_us == LATE_END_US);
}

static void a_chain_ends_with_the_first_of_it(void **state)
{
    (void)state;
    int64_t end_us = 0;
    assert_int_equal(certificate_end(TEXT(LATE EARLY), &end_us), OK);
    assert_true(end_us == EARLY_END_US);
    assert_int_equal(certificate_end(TEXT(EARLY LATE), &end_us), OK);
    assert_true(end_us == EARLY_END_US);
}

static void what_is_no_certificate_has_no_end(void **state)
{
    (void)state;
    int64_t end_us = 7;
    assert_int_equal(certificate_end(TEXT(""), &end_us), ERR_INPUT);
    assert_int_equal(certificate_end(TEXT("-----BEGIN CERTIFICATE-----\n"), &end_us), ERR_INPUT);
    assert_true(end_us == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_ends_when_it_says),
        cmocka_unit_test(a_chain_ends_with_the_first_of_it),
        cmocka_unit_test(what_is_no_certificate_has_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
