"""The topics are readable with stock tools, and what is garbage there is answered and harmless."""
import avro
import pytest
import topics
from venue import wait_until

COMMANDS = ["bourse.accounts.commands", "bourse.orders.commands", "bourse.settings.commands"]
GARBAGE = [b"this is no Avro", b"\0\0\0\0\x26", b"\0\0\0\0\x26it ends early",
           b"\0\x7f\x7f\x7f\x7f ", b"\x01" * 3000]


@pytest.fixture(scope="module")
def registry(venue):
    return avro.Registry(venue)


def test_the_registry_names_its_subjects_and_their_versions(public):
    subjects = public.get("/subjects").ok()
    subject = "bourse.orders.events-bourse.orders.OrderEntered"
    assert subject in subjects
    versions = public.get(f"/subjects/{subject}/versions").ok()
    latest = public.get(f"/subjects/{subject}/versions/latest").ok()
    assert latest["version"] == versions[-1] and latest["subject"] == subject
    assert public.get(f"/schemas/ids/{latest['id']}").ok()["schema"] == latest["schema"]


def test_what_the_registry_does_not_have_is_not_found(public):
    for path in ("/subjects/none/versions", "/subjects/none/versions/1", "/schemas/ids/99999"):
        assert public.get(path).status == 404


def test_an_independent_decoder_reads_the_same_trade_from_the_topic(venue, registry, market):
    maker = venue.maker("on the topic", **{market.asset: 10})
    venue.offer(maker, market, 10, "12.50").ok(201)
    bought = venue.trader("buyer", EUR=1000).order(market, "buy", 4, "12.50").ok(201)
    entered = [event for _, event in topics.valid_events(
        topics.read(venue, "bourse.orders.events"), registry.decode)
               if event["type"] == "OrderEntered" and event["order"]["id"] == bought["id"]]
    assert len(entered) == 1
    assert entered[0]["fills"][0]["price_e8"] == 1_250_000_000
    assert entered[0]["resting"][0]["account_id"] == maker["id"]


def test_no_personal_text_is_on_any_topic(venue):
    trader = venue.trader("never in clear")
    secrets = [trader.user["email"], trader.user["full_name"], "127.0.0.1", "$argon2"]
    ends = topics.ends(venue)
    for topic in sorted({name for name, _ in ends}):
        for record in topics.read(venue, topic, until=ends):
            for secret in secrets:
                assert secret.encode() not in record.value, (topic, record.offset)


def test_bourse_events_tail_prints_what_was_decided(venue):
    maker = venue.maker("tailed")
    printed = venue.bourse("events", "tail", "accounts").stdout
    assert "MarketMakerCreated" in printed and maker["id"] in printed
    assert maker["email"] not in printed


@pytest.mark.disruptive
@pytest.mark.parametrize("topic", COMMANDS)
def test_garbage_on_a_command_topic_is_rejected_and_harmless(venue, registry, topic):
    before = topics.ends(venue)
    topics.produce(venue, topic, b"garbage", GARBAGE)
    after = topics.ends(venue)
    partition, = [number for name, number in after
                  if name == topic and after[name, number] > before[name, number]]
    first, end = before[topic, partition], after[topic, partition]
    assert end - first == len(GARBAGE)

    def answers():
        found = answers_to(venue, registry, topic, partition, range(first, end))
        return found if len(found) >= len(GARBAGE) else None

    for event in wait_until(answers, 60, f"an answer to each piece of garbage on {topic}"):
        assert event["type"] == "CommandRejected" and event["code"] and event["message"]
    assert venue.trader("after the garbage", EUR=10).balance("EUR") == (10, 0)


def answers_to(venue, registry, topic, partition, offsets):
    """Valid events whose cause is one of the commands at these places."""
    events = topics.read(venue, topic.replace(".commands", ".events"))
    return [event for _, event in topics.valid_events(events, registry.decode)
            for run in event["meta"]["cause"]
            if (run["topic"], run["partition"]) == (topic, partition)
            and run["first_offset"] in offsets]
