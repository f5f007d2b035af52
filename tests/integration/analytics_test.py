"""The analyst's kit, in a clean virtual environment: the transcripts of README.md and docs/analytics.md print what they
show, what was exported is what the venue says, every question of docs/topics has an answer, and other tools agree."""
import csv
import json
import os
import re
import shlex
import subprocess
from decimal import Decimal

import pytest
from transcript import Shell, form, steps_of
from venue import REPO

KIT = REPO / "infra/analytics"
CLOUDEVENTS = "cloudevents==2.2.0"
PAGES = sorted((REPO / "docs/topics").glob("*.events.md"))
FOLDERS = re.compile(r"(?<![\w/.-])(kit|parquet|range)(?=[/ \n]|$)")  # of the transcripts, in the analyst's own folder


def readme():
    return (REPO / "README.md").read_text().split("## The analyst's first five minutes")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def market(venue):
    """An instrument of this test's own, with a purchase that the ledger has settled; and somebody who was refused, and
    somebody who asked for help."""
    market = venue.market()
    maker = venue.maker("analysed", **{market.asset: 10})
    venue.offer(maker, market, 10, "12.50").ok(201)
    buyer = venue.trader("analysed", EUR=1000)
    buyer.order(market, "buy", 4, "12.50").ok(201)
    buyer.order(market, "buy", 1, "12.50").ok(201)
    venue.wait_for_balance(buyer.account_id, market.asset, 5, 0)
    venue.public.post("auth/login", {"email": buyer.user["email"], "password": "not this one"}).refused(
        401, "INVALID_CREDENTIALS")
    buyer.post("support/tickets", {"category": "funding", "subject": "My deposit", "text": "Where is it?"}).ok(201)
    return market


class Analyst:
    """Types the transcripts into a shell; what they call CEA-EUR is the test's own instrument."""

    def __init__(self, bash, folder, symbol):
        self.shell, self.folder, self.symbol = Shell(bash), folder, symbol

    def type(self, command):
        typed = FOLDERS.sub(lambda found: f"{self.folder}/{found[1]}", command)
        typed = typed.replace("CEA-EUR", self.symbol).replace('eval "$(infra/env)"', "true")
        return self.shell.run(typed).replace(f"{self.folder}/", "").replace(self.symbol, "CEA-EUR")

    def follow(self, page):
        """{command: what it printed} of a page, where each prints what is shown."""
        printed = {}
        for command, shown in steps_of(page):
            printed[command] = self.type(command)
            assert form(printed[command]) == form(shown), (command, printed[command])
        return printed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("analyst")


@pytest.fixture(scope="module")
def analyst(folder, market):
    with subprocess.Popen(["bash"], cwd=REPO, env=os.environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as bash:
        yield Analyst(bash, folder, market.symbol)
        bash.stdin.close()


@pytest.fixture(scope="module")
def first_minutes(analyst):
    return analyst.follow(readme())


@pytest.fixture(scope="module")
def exported(analyst, first_minutes, folder):
    """The folder where all event topics are, as Parquet."""
    assert first_minutes
    for page in PAGES:
        analyst.type(f"{KIT}/export.py {page.stem} {folder}/all")
    return folder / "all"


def test_the_volume_that_was_exported_is_the_venue_s_own(first_minutes):
    asked, told = list(first_minutes.values())[-2:]
    assert asked.startswith("CEA-EUR,")
    assert Decimal(asked.split(",")[1]) == Decimal(told) == 5


def test_the_page_for_analysts_prints_what_it_shows(analyst, first_minutes):
    assert first_minutes
    analyst.follow((REPO / "docs/analytics.md").read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_question_of_a_topic_s_page_has_an_answer(analyst, exported, page):
    questions = re.findall(r"```sql\n(.*?)```", page.read_text(), re.DOTALL)
    assert questions
    for sql in questions:
        answer = analyst.type(f"{KIT}/ask.py {exported} --csv {shlex.quote(sql)}")
        rows = list(csv.reader(answer.splitlines()))
        assert len(rows) > 1 and len(rows[0]) == len(rows[1]), (sql, answer)


def test_csv_is_the_same_from_both_tools(venue, analyst, first_minutes, folder, market):
    assert first_minutes
    options = ("--type", "OrderEntered", "--key", market.symbol)
    analyst.type(f"{KIT}/export.py bourse.orders.events {folder}/csv --csv {' '.join(options)}")
    ours = venue.bourse("events", "tail", "orders", "--csv", *options).stdout
    assert (folder / "csv/bourse.orders.events/OrderEntered.csv").read_text() == ours
    assert len(ours.splitlines()) == 1 + 3


def test_a_range_ends_where_it_is_told_to(venue, analyst, first_minutes, folder, market):
    assert first_minutes
    printed = venue.bourse("events", "tail", "orders", "--key", market.symbol, "--type", "OrderEntered", "--csv").stdout
    rows = list(csv.DictReader(printed.splitlines()))
    for name, first, last in (("offsets", rows[1]["offset"], rows[2]["offset"]),
                              ("times", rows[1]["occurred_at"], rows[2]["occurred_at"])):
        analyst.type(f"{KIT}/export.py bourse.orders.events {folder}/{name} --csv --type OrderEntered "
                     f"--partition {rows[0]['partition']} --key {market.symbol} --from {first} --to {last}")
        found = list(csv.DictReader((folder / name / "bourse.orders.events/OrderEntered.csv").open(encoding="utf-8")))
        assert found == rows[1:2], name


SDK = """
import sys
sys.path.insert(0, sys.argv[1])
import export
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat

consumer = export.open_consumer()
for topic in sys.argv[2:]:
    for record in export.messages(consumer, topic, export.ranges(consumer, topic, None)):
        if ("ce_id", ) not in [header[:1] for header in record.headers() or []]:
            continue  # garbage that a test has put there
        event = from_binary_event(KafkaMessage(dict(record.headers()), record.key(), record.value()), JSONFormat())
        print(event.get_type(), event.get_source())
"""


def test_the_sdk_of_cloudevents_takes_every_event(analyst, first_minutes, folder):
    assert first_minutes
    (folder / "sdk.py").write_text(SDK)
    analyst.type(f"pip install -q {CLOUDEVENTS}")
    printed = analyst.type(f"python {folder}/sdk.py {KIT} {' '.join(page.stem for page in PAGES)}")
    kinds = {line.split(" ")[0] for line in printed.splitlines()}
    assert {"bourse.LogCreated", "bourse.orders.OrderEntered", "bourse.audit.TicketsIssued"} <= kinds


def test_what_cannot_be_asked_is_said_in_a_line(analyst, exported):
    for command, said in ((f"{KIT}/ask.py {exported} 'SELECT * FROM Nothing'", "Nothing"),
                          (f"{KIT}/export.py bourse.nothing.events {exported}", "bourse.nothing.events"),
                          (f"{KIT}/export.py bourse.orders.events {exported} --from noon", "no position")):
        assert said in analyst.type(f"{command} 2>&1 || true"), command


def test_the_document_of_the_topics_is_served(public):
    document = public.get("/asyncapi.json").ok()
    assert document["asyncapi"] == "3.0.0"
    assert document["channels"]["orders.events"]["address"] == "bourse.orders.events"
    message = document["components"]["messages"]["bourse.orders.OrderEntered"]
    served = public.get(f"/schemas/ids/{message['x-schema-id']}").ok()["schema"]
    assert json.loads(served) == message["payload"]["schema"]
