"""Conversations with support: clients ask, the desk answers, and nobody sees what is another's."""
import pytest

from topics import read
from venue import NOBODY, unique, wait_until

HOUR, DAY = 3600, 24 * 3600


def question(**changes):
    return {"category": "funding", "subject": "My deposit", "text": "Where is it?", **changes}


@pytest.fixture(scope="module")
def operator(venue):
    return venue.staff_member("operator")


@pytest.fixture(scope="module")
def client(venue):
    return venue.register("with a question")


@pytest.fixture(scope="module")
def other(venue):
    return venue.register("with none")


@pytest.fixture
def ticket(client):
    return client.post("support/tickets", question()).ok(201)["id"]


def seconds_between(venue, earlier, later):
    return float(venue.sql(f"SELECT extract(epoch FROM '{later}'::timestamptz - '{earlier}')")[0][0])


def own(ticket):
    return f"support/tickets/{ticket}"


def desk(ticket, action=None):
    return f"admin/support/tickets/{ticket}" + (f"/{action}" if action else "")


def said(caller, path):
    return [(message["by_staff"], message["text"]) for message in
            caller.items(f"{path}/messages", sort="created_at", limit=2)]


def test_a_client_is_helped_from_the_first_question_to_the_rating(venue, client, operator):
    made = client.post("support/tickets", question(priority="high"))
    ticket = made.ok(201)["id"]
    assert made.headers["Location"] == f"/api/v1/support/tickets/{ticket}"
    assert (made.json["status"], made.json["messages"]) == ("open", 1)
    assert seconds_between(venue, made.json["opened_at"], made.json["first_response_due_at"]) == 4 * HOUR
    assert seconds_between(venue, made.json["opened_at"], made.json["resolution_due_at"]) == DAY

    taken = operator.post(desk(ticket, "assign"), {}).ok()
    assert taken["status"] == "assigned" and taken["assignee_id"] == operator.user["id"]
    assert taken["user_id"] == client.user["id"] and taken["ticket_id"].startswith("TKT-")

    answered = operator.post(desk(ticket, "reply"), {"text": "It comes tomorrow."}).ok(201)
    assert answered["status"] == "waiting" and answered["clock_stopped_at"]
    assert answered["first_responded_at"] == answered["updated_at"]
    assert [message["text"] for message in answered["last_messages"]] == [
        "Where is it?", "It comes tomorrow."]

    asked = client.post(f"{own(ticket)}/messages", {"text": "And today?"}).ok(201)
    assert asked["status"] == "assigned"
    assert asked["resolution_due_at"] > answered["resolution_due_at"]

    client.post(f"{own(ticket)}/rating", {"rating": 5}).refused(409, "SUPPORT_TICKET_NOT_RESOLVED")
    client.post(f"{own(ticket)}/reopen").refused(409, "SUPPORT_TICKET_NOT_RESOLVED")
    done = operator.post(desk(ticket, "resolve"), {"text": "It is there."}).ok()
    assert done["status"] == "resolved" and done["resolved_at"]

    rated = client.post(f"{own(ticket)}/rating", {"rating": 4, "comment": "Thank you"}).ok()
    assert (rated["rating"], rated["rating_comment"]) == (4, "Thank you")
    rated = client.post(f"{own(ticket)}/rating", {"rating": 5}).ok()
    assert (rated["rating"], rated["rating_comment"]) == (5, None)
    assert client.post(f"{own(ticket)}/close").ok()["status"] == "closed"

    whole = [(False, "Where is it?"), (True, "It comes tomorrow."), (False, "And today?"),
             (True, "It is there.")]
    assert said(client, own(ticket)) == whole
    assert said(operator, desk(ticket)) == whole
    shown = client.get(own(ticket))
    assert shown.ok()["version"] == 8 and shown.headers["ETag"] == '"8"'
    assert "assignee_id" not in shown.json


def test_what_was_over_goes_on_with_a_word_or_when_its_client_says_so(client, operator, ticket):
    operator.post(desk(ticket, "resolve"), {}).ok()
    assert client.post(f"{own(ticket)}/messages", {"text": "No."}).ok(201)["status"] == "assigned"
    operator.post(desk(ticket, "resolve"), {}).ok()
    again = client.post(f"{own(ticket)}/reopen").ok()
    assert (again["status"], again["resolved_at"]) == ("assigned", None)
    client.post(f"{own(ticket)}/close").ok()
    for write in (lambda: client.post(f"{own(ticket)}/messages", {"text": "More"}),
                  lambda: client.post(f"{own(ticket)}/close"),
                  lambda: operator.post(desk(ticket, "assign"), {}),
                  lambda: operator.post(desk(ticket, "reply"), {"text": "More"}),
                  lambda: operator.post(desk(ticket, "resolve"), {})):
        write().refused(409, "SUPPORT_TICKET_CLOSED")
    reopened = client.post(f"{own(ticket)}/reopen").ok()
    assert (reopened["status"], reopened["closed_at"]) == ("assigned", None)


def test_nobody_sees_or_changes_what_is_anothers(client, other, ticket):
    assert ticket not in {item["id"] for item in other.items("support/tickets")}
    assert ticket in {item["id"] for item in client.items("support/tickets")}
    for path in (own(ticket), f"{own(ticket)}/messages", own(NOBODY), f"{own(NOBODY)}/messages"):
        other.get(path).refused(404, "NOT_FOUND")
    for named in (ticket, NOBODY):
        other.post(f"{own(named)}/messages", {"text": "Mine?"}).refused(404, "NOT_FOUND")
        other.post(f"{own(named)}/close").refused(404, "NOT_FOUND")
        other.post(f"{own(named)}/reopen").refused(404, "NOT_FOUND")
        other.post(f"{own(named)}/rating", {"rating": 1}).refused(404, "NOT_FOUND")
    assert client.get(own(ticket)).ok()["version"] == 1


def test_only_the_desk_helps(client, operator, ticket):
    for path in (desk(ticket), desk(ticket, "messages"), "admin/support/tickets"):
        client.get(path).refused(403, "FORBIDDEN")
    for action, body in (("assign", {}), ("reply", {"text": "Me"}), ("resolve", {})):
        client.post(desk(ticket, action), body).refused(403, "FORBIDDEN")
        operator.post(desk(NOBODY, action), body).refused(404, "NOT_FOUND")
    operator.get(desk(NOBODY)).refused(404, "NOT_FOUND")


def test_the_desk_says_who_has_it_and_how_urgent_it_is(venue, client, operator, ticket):
    colleague = venue.staff_member("operator")
    before = operator.get(desk(ticket)).ok()
    urgent = operator.post(desk(ticket, "assign"), {"assignee_id": colleague.user["id"],
                                                    "priority": "urgent", "version": 1}).ok()
    assert (urgent["assignee_id"], urgent["priority"]) == (colleague.user["id"], "urgent")
    assert seconds_between(venue, urgent["opened_at"], urgent["first_response_due_at"]) == HOUR
    assert seconds_between(venue, urgent["opened_at"], urgent["resolution_due_at"]) == 8 * HOUR
    assert before["breached"] is urgent["breached"] is False
    operator.post(desk(ticket, "assign"), {"priority": "low", "version": 1}) \
        .refused(412, "VERSION_CONFLICT")
    for nobody in (client.user["id"], NOBODY):
        operator.post(desk(ticket, "assign"), {"assignee_id": nobody}) \
            .refused(422, "VALIDATION_FAILED")
    kept = operator.post(desk(ticket, "assign"), {"priority": "low"}).ok()
    assert kept["assignee_id"] == colleague.user["id"]


def test_the_desk_finds_what_it_looks_for(client, operator):
    subject = unique("Subject")
    made = [client.post("support/tickets", question(subject=f"{subject} {n}", category=category)).ok(201)
            ["id"] for n, category in enumerate(("account", "trading", "other"))]
    operator.post(desk(made[1], "assign"), {"priority": "urgent"}).ok()

    def found(**asked):
        return [item["id"] for item in
                operator.items("admin/support/tickets", q=subject.upper(), limit=1, **asked)]

    assert found() == made[::-1] and found(sort="opened_at") == made
    assert found(status="assigned") == found(priority="urgent") == [made[1]]
    assert found(assignee_id=operator.user["id"]) == [made[1]]
    assert found(user_id=client.user["id"], category="other") == [made[2]]
    assert found(breached="false") == made[::-1] and found(breached="true") == []
    assert found(user_id=operator.user["id"]) == []


@pytest.mark.parametrize("wrong", [
    {"category": "all"}, {"priority": "urgent"}, {"subject": ""}, {"subject": "   "}, {"text": ""},
    {"subject": "x" * 201}, {"text": "x" * 2001}, {"user_id": NOBODY}, {"colour": "red"}])
def test_what_is_no_question_is_refused(client, wrong):
    client.post("support/tickets", question(**wrong)).refused(422, "VALIDATION_FAILED")


@pytest.mark.parametrize("rating", [0, 6, "good", None])
def test_what_is_no_rating_is_refused(client, ticket, rating):
    client.post(f"{own(ticket)}/rating", {"rating": rating}).refused(422, "VALIDATION_FAILED")


def test_long_texts_of_any_writing_are_kept_as_they_are(client, operator, ticket):
    text = "Ünder 漢字 \U0001f600 \"quoted\"\n" + "語" * 1900
    client.post(f"{own(ticket)}/messages", {"text": text}).ok(201)
    assert said(operator, desk(ticket))[-1] == (False, text)


def test_a_retry_says_it_once(client, operator, ticket):
    key = unique("key")
    for _ in range(2):
        operator.post(desk(ticket, "reply"), {"text": "Once"}, key=key).ok(201)
    assert said(client, own(ticket)).count((True, "Once")) == 1
    key = unique("key")
    first, second = (client.post("support/tickets", question(), key=key).ok(201) for _ in range(2))
    assert first["id"] == second["id"]


def test_a_client_has_a_hundred_open_conversations_at_most(venue):
    client = venue.register("with many questions")
    for n in range(100):
        client.post("support/tickets", question(subject=f"Question {n}")).ok(201)
    client.post("support/tickets", question()).refused(422, "VALIDATION_FAILED")
    listed = client.items("support/tickets", limit=7)
    assert [item["subject"] for item in listed] == [f"Question {n}" for n in reversed(range(100))]
    client.post(f"{own(listed[0]['id'])}/close").ok()
    client.post("support/tickets", question()).ok(201)
    client.post(f"{own(listed[0]['id'])}/reopen").refused(422, "VALIDATION_FAILED")
    assert len(client.items("support/tickets", status="closed")) == 1


def test_nothing_that_was_said_is_in_clear_in_the_log_and_nothing_is_left_of_the_erased(venue, operator):
    client, word = venue.register("to be forgotten"), unique("secret")
    ticket = client.post("support/tickets", question(subject=word, text=word)).ok(201)["id"]
    operator.post(desk(ticket, "reply"), {"text": f"Dear {word}"}).ok(201)
    operator.post(desk(ticket, "resolve"), {}).ok()
    client.post(f"{own(ticket)}/rating", {"rating": 5, "comment": word}).ok()
    for topic in ("bourse.desk.commands", "bourse.desk.events"):
        assert not [record for record in read(venue, topic) if word.encode() in record.value]
    venue.admin().delete(f"admin/users/{client.user['id']}/personal-data").ok()

    def texts():
        shown = operator.get(desk(ticket)).ok()
        return [shown["subject"], shown["rating_comment"],
                *(message["text"] for message in shown["last_messages"])]

    wait_until(lambda: texts() == [None] * 4, 60, "what was said is forgotten")
    assert operator.get(desk(ticket)).ok()["rating"] == 5
    refused = operator.post(desk(ticket, "reply"), {"text": "Who?"})
    assert refused.status in (404, 503), refused
