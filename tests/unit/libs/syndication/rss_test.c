/* Feeds as they are written, and as nobody should write them. */
#include "syndication/rss.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 256 << 20 };

struct feed {
    struct arena *arena;
    struct rss_item *items;
    size_t count;
    const char *problem;
};

static int set_up(void **state)
{
    static struct feed feed;
    feed = (struct feed){.arena = arena_new(ARENA_SIZE)};
    *state = &feed;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((struct feed *)*state)->arena);
    return 0;
}

static enum err parse_bytes(struct feed *feed, struct bytes file)
{
    return rss_parse(file, feed->arena, &feed->items, &feed->count, &feed->problem);
}

static enum err parse(struct feed *feed, const char *text)
{
    return parse_bytes(feed, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static void articles_of_rss_are_read(void **state)
{
    struct feed *feed = *state;
    assert_int_equal(
        parse(feed, "<?xml version='1.0'?>"
                    "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
                    "<channel><title>Wire</title><item>"
                    "<guid isPermaLink='false'>g-1</guid><title>Auction &amp; more</title>"
                    "<description>&lt;p&gt;It &lt;b&gt;cleared&lt;/b&gt;.&lt;/p&gt;</description>"
                    "<content:encoded><![CDATA[<p>One.</p><p>Two &amp; &#252;.</p>"
                    "<script>alert(1)</script>]]></content:encoded>"
                    "<link>https://example.com/1</link><category>Carbon</category>"
                    "<pubDate>Tue, 10 Nov 2026 04:00:00 +0100</pubDate></item>"
                    "<item><title>Second</title><link>https://example.com/2</link></item>"
                    "</channel></rss>"),
        OK);
    assert_int_equal(feed->count, 2);
    const struct rss_item *item = &feed->items[0];
    assert_true(text_is(item->guid, "g-1"));
    assert_true(text_is(item->title, "Auction & more"));
    assert_true(text_is(item->summary, "It cleared."));
    assert_true(text_is(item->body, "One.\nTwo & \u00fc."));
    assert_true(text_is(item->link, "https://example.com/1"));
    assert_true(text_is(item->category, "Carbon"));
    assert_true(text_is(item->source, "Wire"));
    assert_true(item->has_published);
    assert_int_equal(item->published_at_us, INT64_C(1794279600000000));
    assert_true(text_is(feed->items[1].guid, "https://example.com/2"));
    assert_false(feed->items[1].has_published);
}

static void articles_of_atom_are_read(void **state)
{
    struct feed *feed = *state;
    assert_int_equal(parse(feed,
                           "<feed xmlns='http://www.w3.org/2005/Atom'><title>Wire</title><entry>"
                           "<id>urn:1</id><title type='html'>A &lt;i&gt;title&lt;/i&gt;</title>"
                           "<link rel='self' href='https://example.com/self'/>"
                           "<link href='https://example.com/1'/><category term='power'/>"
                           "<summary>Short</summary><content type='html'>Long</content>"
                           "<updated>2026-11-10T03:00:00Z</updated></entry></feed>"),
                     OK);
    assert_int_equal(feed->count, 1);
    const struct rss_item *item = &feed->items[0];
    assert_true(text_is(item->guid, "urn:1"));
    assert_true(text_is(item->title, "A title"));
    assert_true(text_is(item->link, "https://example.com/1"));
    assert_true(text_is(item->category, "power"));
    assert_true(text_is(item->body, "Long"));
    assert_int_equal(item->published_at_us, INT64_C(1794279600000000));
}

static void what_no_calendar_has_is_no_date(void **state)
{
    struct feed *feed = *state;
    static const char *const DATES[] = {"", "yesterday", "Tue, 99 Nov 2026 04:00:00 GMT", "10 Nov",
                                        "Tue, 10 Nov 99999999999 04:00:00 GMT"};
    for (size_t i = 0; i < COUNT_OF(DATES); i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "<rss><channel><item><title>T</title><pubDate>%s</pubDate></item></channel></rss>",
                 DATES[i]);
        assert_int_equal(parse(feed, text), OK);
        assert_false(feed->items[0].has_published);
    }
}

/* Entities that grow without end, that read files, and that fetch. */
static void a_feed_with_a_doctype_is_refused(void **state)
{
    struct feed *feed = *state;
    static const char *const HOSTILE[] = {
        "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
        "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>"
        "<rss><channel><item><title>&d;</title></item></channel></rss>",
        "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        "<rss><channel><item><title>&x;</title></item></channel></rss>",
        "<!DOCTYPE rss SYSTEM 'http://127.0.0.1:1/feed.dtd'><rss><channel/></rss>",
        "<!DOCTYPE rss [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><rss><channel/></rss>",
    };
    for (size_t i = 0; i < COUNT_OF(HOSTILE); i++) {
        assert_int_equal(parse(feed, HOSTILE[i]), ERR_INPUT);
        assert_string_equal(feed->problem, "it has a DOCTYPE, which no feed needs");
    }
}

static void what_is_no_feed_is_refused(void **state)
{
    struct feed *feed = *state;
    static const char *const OTHERS[] = {"",
                                         "no XML",
                                         "<rss><channel>",
                                         "<html><body/></html>",
                                         "<rss/>",
                                         "<feed><entry/></feed>",
                                         "<rss><channel>&nowhere;</channel></rss>"};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        assert_int_equal(parse(feed, OTHERS[i]), ERR_INPUT);
}

static void too_many_items_and_too_deep_ones_are_refused(void **state)
{
    struct feed *feed = *state;
    struct buffer text;
    buffer_init(&text, SYNDICATION_FILE_MAX);
    buffer_string(&text, "<rss><channel>");
    for (int i = 0; i <= SYNDICATION_ITEMS_MAX; i++)
        buffer_string(&text, "<item/>");
    buffer_string(&text, "</channel></rss>");
    assert_int_equal(parse_bytes(feed, buffer_bytes(&text)), ERR_INPUT);
    buffer_reset(&text);
    for (int i = 0; i < 100000; i++)
        buffer_string(&text, "<a>");
    assert_int_equal(parse_bytes(feed, buffer_bytes(&text)), ERR_INPUT);
    buffer_free(&text);
}

static void deep_html_is_read_as_far_as_makes_sense(void **state)
{
    struct feed *feed = *state;
    struct buffer text;
    buffer_init(&text, SYNDICATION_FILE_MAX);
    buffer_string(&text, "<rss><channel><item><title>T</title><description>begin");
    for (int i = 0; i < 50000; i++)
        buffer_string(&text, "&lt;div&gt;x");
    buffer_string(&text, "</description></item></channel></rss>");
    assert_int_equal(parse_bytes(feed, buffer_bytes(&text)), OK);
    assert_int_equal(feed->count, 1);
    buffer_free(&text);
}

#define FEED_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FEED_TEST(articles_of_rss_are_read),
        FEED_TEST(articles_of_atom_are_read),
        FEED_TEST(what_no_calendar_has_is_no_date),
        FEED_TEST(a_feed_with_a_doctype_is_refused),
        FEED_TEST(what_is_no_feed_is_refused),
        FEED_TEST(too_many_items_and_too_deep_ones_are_refused),
        FEED_TEST(deep_html_is_read_as_far_as_makes_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
