"""Files of others: feeds and calendars are published by the operator's command, each thing once."""
import pytest

from venue import unique

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>"""
ITEM = """<item><guid>{guid}</guid><title>{title}</title><link>https://example.com/{guid}</link>
<category>{category}</category><description>&lt;p&gt;It &lt;b&gt;cleared&lt;/b&gt;.&lt;/p&gt;</description>
<pubDate>Tue, 10 Nov 2026 04:00:00 +0100</pubDate></item>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry><id>{guid}</id>
<title>{title}</title><content type="html">Text</content><updated>2026-11-10T03:00:00Z</updated>
<category term="{category}"/></entry></feed>"""
LAUGHS = """<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel><item><guid>{guid}</guid><title>&b;</title></item></channel></rss>"""
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n"
EVENT = ("BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:{name}\r\nDTSTART;TZID=Europe/Berlin:20310301T140000\r\n"
         "PRIORITY:{priority}\r\n{more}END:VEVENT\r\n")


def feed(*titles, category):
    return RSS.format(items="".join(
        ITEM.format(guid=f"{category}-{title}", title=title, category=category) for title in titles))


@pytest.fixture
def load(venue):
    """Imports a text as a file, and gives what was printed."""
    def run(kind, text, *options, check=True):
        return venue.bourse(kind, "import", "-", *options, input=text, check=check)
    return run


def test_a_feed_is_published_once_however_often_it_is_imported(public, load):
    category = unique("wire").lower()
    symbols = f"{unique('S')},EUA-EUR"
    done = load("news", feed("One", "Two", category=category), "--symbols", symbols)
    assert done.stdout.startswith("2 published, 0 there")
    listed = public.items("news", category=category)
    assert {item["title"] for item in listed} == {"One", "Two"}
    shown = public.get(f"news/{listed[0]['id']}").ok()
    assert (shown["body"], shown["source"]) == ("It cleared.", "Wire")
    assert shown["source_url"] == f"https://example.com/{category}-{shown['title']}"
    assert shown["symbols"] == symbols.split(",")
    assert shown["published_at"] == "2026-11-10T03:00:00.000000Z"
    load("news", feed("One", "Two", "Three", category=category), "--symbols", symbols)
    assert len(public.items("news", category=category)) == 3


def test_an_article_that_was_changed_stays_as_it_was_published(public, load):
    category = unique("wire").lower()
    text = feed("One", category=category)
    load("news", text)
    done = load("news", text.replace("cleared", "failed"))
    assert "0 published, 1 there already" in done.stdout
    listed, = public.items("news", category=category)
    assert public.get(f"news/{listed['id']}").ok()["body"] == "It cleared."


def test_an_atom_feed_is_published(public, load):
    category = unique("wire").lower()
    load("news", ATOM.format(guid=f"urn:{category}", title="Atom", category=category))
    assert [item["title"] for item in public.items("news", category=category)] == ["Atom"]


@pytest.mark.parametrize("text, told", [
    (LAUGHS, "DOCTYPE"), ("no feed", "not well-formed"), ("<html/>", "neither RSS"), ("", "not well-formed")])
def test_what_is_no_feed_publishes_nothing(load, text, told):
    done = load("news", text, check=False)
    assert done.returncode == 1 and told in done.stderr


def test_what_cannot_be_published_is_told_and_the_rest_is(public, load):
    category = unique("wire").lower()
    text = feed("One", category=category).replace(
        "<item>", "<item><title>Nameless</title></item><item>", 1)
    done = load("news", text, check=False)
    assert done.returncode == 1 and "'Nameless' is not published" in done.stderr
    assert "1 published, 0 there already in another form, 1 refused" in done.stdout
    assert len(public.items("news", category=category)) == 1


def test_dates_are_published_once_with_their_importance(public, load):
    word = unique("zw").replace("-", "")
    events = "".join(EVENT.format(uid=f"{word}-{priority}", name=f"{word} {priority}", more="",
                                  priority=priority) for priority in (0, 1, 5, 9))
    for _ in range(2):
        load("calendar", CALENDAR.format(events=events), "--country", "DE", "--importance", "low")
    listed = public.items("calendar/economic", q=word)
    assert {item["name"].split()[1]: item["importance"] for item in listed} == {
        "0": "low", "1": "high", "5": "medium", "9": "low"}
    assert {item["scheduled_at"] for item in listed} == {"2031-03-01T13:00:00.000000Z"}
    assert len(listed) == 4 and {item["country"] for item in listed} == {"DE"}


def test_what_repeats_or_is_canceled_is_told_and_passed_over(public, load):
    word = unique("zw").replace("-", "")
    events = "".join(EVENT.format(uid=f"{word}-{n}", name=f"{word} {n}", more=more, priority=5)
                     for n, more in enumerate(("", "RRULE:FREQ=MONTHLY\r\n", "STATUS:CANCELLED\r\n")))
    done = load("calendar", CALENDAR.format(events=events), "--country", "DE", check=False)
    assert done.returncode == 1 and "it repeats" in done.stderr and "it is canceled" in done.stderr
    assert [item["name"] for item in public.items("calendar/economic", q=word)] == [f"{word} 0"]


def test_what_is_no_calendar_and_a_country_that_is_none_publish_nothing(load):
    done = load("calendar", "no calendar", "--country", "DE", check=False)
    assert done.returncode == 1 and "is no calendar" in done.stderr
    done = load("calendar", CALENDAR.format(events=""), check=False)
    assert done.returncode == 2 and "--country" in done.stderr
    event = EVENT.format(uid=unique("uid"), name="Rate", more="", priority=5)
    done = load("calendar", CALENDAR.format(events=event), "--country", "Germany", check=False)
    assert done.returncode == 1 and "VALIDATION_FAILED" in done.stderr
