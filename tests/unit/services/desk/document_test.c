/* What operators publish: who may, from which version, and what the desk remembers of it. */
#include "office.h"

static struct command article(uint8_t n)
{
    struct command command = {.kind = COMMAND_PUBLISH_NEWS,
                              .publish_news = {.id = {{n}},
                                               .category = TEXT("carbon"),
                                               .title = TEXT("Auction clears"),
                                               .body = TEXT("At 71.20.")}};
    office_act_as(&command, 1);
    return command;
}

static struct command change_of(uint8_t n)
{
    struct command command = article(n);
    command.publish_news.changes = true;
    return command;
}

static struct command withdrawal(uint8_t n, enum document_kind kind)
{
    struct command command = {.kind = COMMAND_WITHDRAW_DOCUMENT,
                              .withdraw_document = {.id = {{n}}, .kind = kind}};
    office_act_as(&command, 1);
    return command;
}

static void an_article_is_published_and_dated_now(void **state)
{
    struct office *office = *state;
    struct command command = article(9);

    struct event event = office_do(office, &command);

    assert_int_equal(event.kind, EVENT_NEWS_PUBLISHED);
    assert_int_equal(event.news_published.version, 1);
    assert_int_equal(event.news_published.published_at, office->now_us);
    assert_int_equal(event.news_published.changed_at, office->now_us);
    assert_true(text_is(event.news_published.body, "At 71.20."));
    assert_non_null(desk_document(office->desk, (struct uuid){{9}}));
}

static void a_change_is_another_version_and_keeps_the_date(void **state)
{
    struct office *office = *state;
    struct command first = article(9), second = change_of(9);
    office_do(office, &first);
    office->now_us += 5;
    second.publish_news.has_if_version = true;
    second.publish_news.if_version = 1;

    struct event event = office_do(office, &second);

    assert_int_equal(event.news_published.version, 2);
    assert_int_equal(event.news_published.published_at, OFFICE_NOON_US);
    assert_int_equal(event.news_published.changed_at, office->now_us);
    event = office_do(office, &second);
    office_assert_rejected(&event, "VERSION_CONFLICT", NULL);
}

static void an_article_may_be_dated_before_but_not_ahead(void **state)
{
    struct office *office = *state;
    struct command command = article(9);
    command.publish_news.has_published_at = true;
    command.publish_news.published_at = office->now_us + 1;
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "VALIDATION_FAILED", "published_at");

    command.publish_news.published_at = office->now_us;
    event = office_do(office, &command);
    assert_int_equal(event.news_published.published_at, office->now_us);
}

static void only_who_is_known_as_an_operator_publishes(void **state)
{
    struct office *office = *state;
    struct command command = article(9);
    office_act_as(&command, 2);
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "FORBIDDEN", NULL);

    static enum role claimed[] = {ROLE_OPERATOR};
    command.meta.actor.roles = claimed;
    event = office_do(office, &command);
    office_assert_rejected(&event, "FORBIDDEN", NULL);

    command.meta.has_actor = false;
    event = office_do(office, &command);
    office_assert_rejected(&event, "FORBIDDEN", NULL);
}

static void what_is_not_there_is_neither_changed_nor_withdrawn(void **state)
{
    struct office *office = *state;
    struct command change = change_of(9), gone = withdrawal(9, DOCUMENT_KIND_NEWS);
    struct event event = office_do(office, &change);
    office_assert_rejected(&event, "NOT_FOUND", NULL);
    event = office_do(office, &gone);
    office_assert_rejected(&event, "NOT_FOUND", NULL);
}

static void an_id_is_given_to_one_document(void **state)
{
    struct office *office = *state;
    struct command command = article(9), other = withdrawal(9, DOCUMENT_KIND_FAQ);
    office_do(office, &command);
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "IDEMPOTENCY_KEY_REUSED", NULL);
    event = office_do(office, &other);
    office_assert_rejected(&event, "NOT_FOUND", NULL);
}

static void what_is_withdrawn_does_not_come_back(void **state)
{
    struct office *office = *state;
    struct command command = article(9), gone = withdrawal(9, DOCUMENT_KIND_NEWS);
    office_do(office, &command);
    gone.withdraw_document.has_if_version = true;
    gone.withdraw_document.if_version = 2;
    struct event event = office_do(office, &gone);
    office_assert_rejected(&event, "VERSION_CONFLICT", NULL);

    gone.withdraw_document.if_version = 1;
    event = office_do(office, &gone);
    assert_int_equal(event.kind, EVENT_DOCUMENT_WITHDRAWN);
    assert_int_equal(event.document_withdrawn.withdrawn_at, office->now_us);
    office_assert_loads_as_saved(office);
    event = office_do(office, &command);
    office_assert_rejected(&event, "IDEMPOTENCY_KEY_REUSED", NULL);
    command.publish_news.changes = true;
    event = office_do(office, &command);
    office_assert_rejected(&event, "NOT_FOUND", NULL);
}

/* Of the other kinds: the command, and the event that comes of it. */
static const struct {
    enum command_kind command;
    enum event_kind event;
    enum document_kind document;
} OTHERS[] = {
    {COMMAND_PUBLISH_ECONOMIC_EVENT, EVENT_ECONOMIC_EVENT_PUBLISHED, DOCUMENT_KIND_ECONOMIC_EVENT},
    {COMMAND_PUBLISH_EARNINGS, EVENT_EARNINGS_PUBLISHED, DOCUMENT_KIND_EARNINGS},
    {COMMAND_PUBLISH_FAQ, EVENT_FAQ_PUBLISHED, DOCUMENT_KIND_FAQ},
};

static struct command publication(enum command_kind kind, uint8_t n, bool changes)
{
    struct command command = {.kind = kind};
    struct uuid id = {{n}};
    if (kind == COMMAND_PUBLISH_ECONOMIC_EVENT)
        command.publish_economic_event =
            (struct publish_economic_event){.id = id, .changes = changes, .name = TEXT("Rate")};
    else if (kind == COMMAND_PUBLISH_EARNINGS)
        command.publish_earnings =
            (struct publish_earnings){.id = id, .changes = changes, .symbol = TEXT("EXM")};
    else
        command.publish_faq =
            (struct publish_faq){.id = id, .changes = changes, .question = TEXT("How?")};
    office_act_as(&command, 1);
    return command;
}

static void every_kind_of_document_is_published_changed_and_withdrawn(void **state)
{
    struct office *office = *state;
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        uint8_t n = (uint8_t)(9 + i);
        struct command made = publication(OTHERS[i].command, n, false),
                       changed = publication(OTHERS[i].command, n, true),
                       gone = withdrawal(n, OTHERS[i].document);
        struct event event = office_do(office, &changed);
        office_assert_rejected(&event, "NOT_FOUND", NULL);

        event = office_do(office, &made);
        assert_int_equal(event.kind, OTHERS[i].event);
        assert_int_equal(office_do(office, &changed).kind, OTHERS[i].event);
        const struct desk_document *document = desk_document(office->desk, (struct uuid){{n}});
        assert_non_null(document);
        assert_int_equal(document->kind, OTHERS[i].document);
        assert_int_equal(document->version, 2);
        office_assert_loads_as_saved(office);

        office_act_as(&changed, 2);
        event = office_do(office, &changed);
        office_assert_rejected(&event, "FORBIDDEN", NULL);
        assert_int_equal(office_do(office, &gone).kind, EVENT_DOCUMENT_WITHDRAWN);
    }
}

static void who_becomes_staff_elsewhere_is_staff_here(void **state)
{
    struct office *office = *state;
    enum role roles[] = {ROLE_ADMIN};
    struct event changed = {.kind = EVENT_USER_CHANGED,
                            .user_changed = {.user_id = {{7}}, .roles = roles, .roles_count = 1}};
    struct event event = office_follow(office, &changed);
    assert_int_equal(event.kind, EVENT_STAFF_ADOPTED);
    assert_int_equal(staff_roles(&office->desk->staff, (struct uuid){{7}}), ROLE_BIT(ROLE_ADMIN));
}

static void a_command_of_another_service_is_refused(void **state)
{
    struct office *office = *state;
    struct command command = {.kind = COMMAND_CHANGE_VENUE_RULES};
    struct event event = office_do(office, &command);
    office_assert_rejected(&event, "VALIDATION_FAILED", NULL);
}

static void documents_and_staff_are_loaded_as_they_were_saved(void **state)
{
    struct office *office = *state;
    for (uint8_t n = 2; n < 40; n++) {
        struct command command = article(n);
        office_do(office, &command);
    }
    office_assert_loads_as_saved(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(an_article_is_published_and_dated_now),
        OFFICE_TEST(a_change_is_another_version_and_keeps_the_date),
        OFFICE_TEST(an_article_may_be_dated_before_but_not_ahead),
        OFFICE_TEST(only_who_is_known_as_an_operator_publishes),
        OFFICE_TEST(what_is_not_there_is_neither_changed_nor_withdrawn),
        OFFICE_TEST(an_id_is_given_to_one_document),
        OFFICE_TEST(what_is_withdrawn_does_not_come_back),
        OFFICE_TEST(every_kind_of_document_is_published_changed_and_withdrawn),
        OFFICE_TEST(who_becomes_staff_elsewhere_is_staff_here),
        OFFICE_TEST(a_command_of_another_service_is_refused),
        OFFICE_TEST(documents_and_staff_are_loaded_as_they_were_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
