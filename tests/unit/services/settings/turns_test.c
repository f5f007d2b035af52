/* Whose letter is tried next, and whose gives way. */
#include "settings/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
enum { NOTICES_MAX = 1200 };
static const int64_t NOON_US = INT64_C(1795348800000000);

static struct uuid person(uint8_t n)
{
    return (struct uuid){{9, n}};
}

static void register_person(struct outbox *outbox, uint8_t n)
{
    struct event event = {.kind = EVENT_USER_REGISTERED,
                          .meta = {.event_id = {{10, n}}, .occurred_at = NOON_US},
                          .user_registered = {.user_id = person(n), .email = TEXT("s1:one")}};
    outbox_take(outbox, &event);
    outbox_take(outbox,
                &(struct event){.kind = EVENT_DELIVERY_COMPLETED,
                                .delivery_completed = {.delivery_id = event.meta.event_id}});
}

/* The `number`-th notice of person `n`, as a webhook. */
static void raise_notice(struct outbox *outbox, uint8_t n, uint32_t number)
{
    enum notification_channel way = NOTIFICATION_CHANNEL_WEBHOOK;
    struct notification notification = {
        .user_id = person(n), .channels = &way, .channels_count = 1, .raised_at = NOON_US + number};
    memcpy(notification.id.bytes, &number, sizeof number);
    notification.id.bytes[15] = n;
    struct event event = {.kind = EVENT_NOTIFICATIONS_RAISED,
                          .notifications_raised = {&notification, 1}};
    outbox_take(outbox, &event);
}

static uint32_t number_of(const struct letter *letter)
{
    uint32_t number;
    memcpy(&number, letter->key.id.bytes, sizeof number);
    return number;
}

/* The next post begins: whose it is. 0: there is none. */
static uint8_t begin_post(struct outbox *outbox, int64_t now_us, struct letter *ret_letter)
{
    if (!outbox_next(outbox, LANE_POST, now_us, ret_letter))
        return 0;
    outbox_begin(outbox, &ret_letter->key, now_us);
    return ret_letter->user_id.bytes[1];
}

/* One after the other, for 5 s each, as to a server that is silent. */
static int64_t fail_posts(struct outbox *outbox, size_t count, int64_t now_us)
{
    struct letter letter;
    for (size_t i = 0; i < count; i++) {
        while (begin_post(outbox, now_us, &letter) == 0)
            now_us += SECOND;
        now_us += 5 * SECOND;
        outbox_retry(outbox, &letter.key, now_us);
    }
    return now_us;
}

static void what_fails_is_tried_behind_what_was_not(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    register_person(outbox, 1);
    register_person(outbox, 2);
    for (uint32_t i = 0; i < 13; i++)
        raise_notice(outbox, 1, i);
    int64_t now_us = fail_posts(outbox, 1000, NOON_US);
    assert_true(outbox_next(outbox, LANE_POST, now_us, &letter)); /* one of them always is due */
    raise_notice(outbox, 1, 13);
    assert_int_equal(begin_post(outbox, now_us, &letter), 1);
    assert_int_equal(number_of(&letter), 13);
    outbox_retry(outbox, &letter.key, now_us);
    raise_notice(outbox, 2, 14);
    assert_int_equal(begin_post(outbox, now_us, &letter), 2);
    outbox_free(outbox);
}

static void each_person_comes_to_his_turn_however_many_letters_another_has(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    uint8_t whose[30] = {0};
    for (uint8_t n = 1; n <= 3; n++)
        register_person(outbox, n);
    for (uint32_t i = 0; i < 1000; i++)
        raise_notice(outbox, 1, i);
    for (uint32_t i = 0; i < 10; i++) {
        raise_notice(outbox, 2, i);
        raise_notice(outbox, 3, i);
    }
    int64_t now_us = NOON_US;
    for (size_t i = 0; i < 30; i++, now_us += SECOND) {
        whose[i] = begin_post(outbox, now_us, &letter);
        assert_int_equal(number_of(&letter), i / 3); /* his own as they were asked for */
        outbox_reported(outbox, &letter.key);
    }
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(whose[i], 1 + i % 3);
    outbox_free(outbox);
}

static void one_letter_of_a_person_is_under_way_at_a_time(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter, other;
    register_person(outbox, 1);
    register_person(outbox, 2);
    for (uint32_t i = 0; i < 3; i++)
        raise_notice(outbox, 1, i);
    raise_notice(outbox, 2, 4);
    assert_int_equal(begin_post(outbox, NOON_US, &letter), 1);
    assert_int_equal(begin_post(outbox, NOON_US, &other), 2);
    assert_int_equal(begin_post(outbox, NOON_US, &other), 0);
    outbox_retry(outbox, &letter.key, NOON_US);
    assert_int_equal(begin_post(outbox, NOON_US, &letter), 1);
    assert_int_equal(number_of(&letter), 1);
    outbox_free(outbox);
}

static void a_retry_is_not_put_off_for_ever_by_what_is_new(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter;
    size_t tries = 0;
    for (uint8_t n = 1; n <= 20; n++)
        register_person(outbox, n);
    raise_notice(outbox, 1, 0);
    int64_t now_us = fail_posts(outbox, 1, NOON_US);
    for (uint32_t i = 1; i < 1000; i++, now_us += SECOND) {
        for (uint8_t n = 2; n <= 20; n++)
            raise_notice(outbox, n, i); /* more than are sent */
        uint8_t n = begin_post(outbox, now_us, &letter);
        tries += n == 1;
        if (n == 1)
            outbox_retry(outbox, &letter.key, now_us);
        else
            outbox_reported(outbox, &letter.key);
    }
    assert_true(tries > 10);
    outbox_free(outbox);
}

static void who_is_erased_while_a_letter_is_under_way_gets_no_other(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    struct letter letter, other;
    register_person(outbox, 1);
    raise_notice(outbox, 1, 0);
    raise_notice(outbox, 1, 1);
    assert_int_equal(begin_post(outbox, NOON_US, &letter), 1);
    struct event erased = {.kind = EVENT_PERSON_ERASED, .person_erased = {.user_id = person(1)}};
    outbox_take(outbox, &erased);
    assert_false(outbox_has(outbox, &letter.key));
    assert_int_equal(begin_post(outbox, NOON_US, &other), 0);
    assert_int_equal(outbox_count(outbox), 0);
    outbox_free(outbox);
}

/* --- how many there are ----------------------------------------------------------------------- */

/* As many as there may be, all of them the first person's but for the first, the second's. */
static struct outbox *full_outbox(void)
{
    struct outbox *outbox = outbox_new(NOTICES_MAX);
    register_person(outbox, 1);
    register_person(outbox, 2);
    raise_notice(outbox, 2, 0);
    for (uint32_t i = 1; i < NOTICES_MAX; i++)
        raise_notice(outbox, 1, i);
    return outbox;
}

static void of_too_many_notices_the_oldest_of_who_has_most_expires(void **state)
{
    (void)state;
    struct outbox *outbox = full_outbox();
    struct letter letter;
    raise_notice(outbox, 2, NOTICES_MAX);
    assert_int_equal(outbox_count(outbox), NOTICES_MAX + 1);
    assert_int_equal(begin_post(outbox, NOON_US + 1, &letter), 2);
    assert_int_equal(number_of(&letter), 0);
    assert_true(letter.expires_at_us > NOON_US + 1);
    assert_int_equal(begin_post(outbox, NOON_US + 1, &letter), 1);
    assert_int_equal(number_of(&letter), 1);
    assert_true(letter.expires_at_us <= NOON_US + 1); /* so it is reported, and not sent */
    assert_int_equal(letter.content.size, 0);
    outbox_reported(outbox, &letter.key);
    assert_int_equal(begin_post(outbox, NOON_US + 1, &letter), 1);
    assert_int_equal(number_of(&letter), 2);
    assert_true(letter.expires_at_us > NOON_US + 1);
    outbox_free(outbox);
}

static void what_gives_way_under_way_is_not_tried_again(void **state)
{
    (void)state;
    struct outbox *outbox = full_outbox();
    struct letter letter;
    assert_int_equal(begin_post(outbox, NOON_US + 1, &letter), 2);
    assert_int_equal(begin_post(outbox, NOON_US + 1, &letter), 1);
    assert_int_equal(number_of(&letter), 1);
    raise_notice(outbox, 2, NOTICES_MAX);
    outbox_retry(outbox, &letter.key, NOON_US + 1);
    assert_int_equal(begin_post(outbox, NOON_US + 1, &letter), 1);
    assert_int_equal(number_of(&letter), 1);
    assert_true(letter.expires_at_us <= NOON_US + 1);
    outbox_free(outbox);
}

static void what_nobody_reports_does_not_pile_up(void **state)
{
    (void)state;
    struct outbox *outbox = full_outbox();
    for (uint32_t i = NOTICES_MAX; i < 3 * NOTICES_MAX; i++)
        raise_notice(outbox, 1, i);
    assert_true(outbox_count(outbox) <= 2 * NOTICES_MAX);
    outbox_free(outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_is_tried_behind_what_was_not),
        cmocka_unit_test(each_person_comes_to_his_turn_however_many_letters_another_has),
        cmocka_unit_test(one_letter_of_a_person_is_under_way_at_a_time),
        cmocka_unit_test(a_retry_is_not_put_off_for_ever_by_what_is_new),
        cmocka_unit_test(who_is_erased_while_a_letter_is_under_way_gets_no_other),
        cmocka_unit_test(of_too_many_notices_the_oldest_of_who_has_most_expires),
        cmocka_unit_test(what_gives_way_under_way_is_not_tried_again),
        cmocka_unit_test(what_nobody_reports_does_not_pile_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
