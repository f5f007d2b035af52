"""Questions and their answers: operators publish, everybody reads."""
import pytest

from venue import NOBODY, unique


def item(**changes):
    return {"category": unique("category").lower(), "question": "How do I deposit money?",
            "answer": "By bank transfer.", **changes}


@pytest.fixture(scope="module")
def operator(venue):
    return venue.staff_member("operator")


def publish(operator, **changes):
    return operator.post("admin/support/faq", item(**changes)).ok(201)


def test_a_question_is_shown_to_everybody_with_its_answer(operator, public):
    made = operator.post("admin/support/faq", item(position=10))
    shown = made.ok(201)
    assert made.headers["Location"] == f"/api/v1/support/faq/{shown['id']}"
    assert shown.pop("ticket_id") and shown["version"] == 1
    read = public.get(f"support/faq/{shown['id']}")
    assert read.ok() == shown and read.headers["ETag"] == made.headers["ETag"] == '"1"'
    assert public.get("support/faq", category=shown["category"]).ok()["items"] == [shown]


def test_an_answer_is_changed_and_withdrawn(operator, public):
    first = publish(operator)
    address = f"admin/support/faq/{first['id']}"
    changed = operator.put(address, item(answer="By card."), headers={"If-Match": '"1"'})
    assert changed.ok()["answer"] == "By card." and changed.headers["ETag"] == '"2"'
    operator.put(address, item(), headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    operator.delete(address, headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    operator.delete(address).ok()
    operator.get(f"support/faq/{first['id']}").refused(404, "NOT_FOUND")
    operator.put(address, item()).refused(404, "NOT_FOUND")
    operator.delete(address).refused(404, "NOT_FOUND")


def test_questions_come_by_category_from_the_top(operator, public):
    category = unique("category").lower()
    made = {position: publish(operator, category=category, position=position)["id"]
            for position in (100, 20, 3, 1000000)}
    seen = [found["id"] for found in public.items("support/faq", category=category, limit=1)]
    assert seen == [made[position] for position in sorted(made)]
    whole = public.items("support/faq", limit=3)
    assert [found["category"] for found in whole] == sorted(found["category"] for found in whole)
    assert len(whole) == len({found["id"] for found in whole})


def test_questions_are_found_by_their_words(operator, public):
    word = unique("zw").replace("-", "")
    asked = publish(operator, question=f"How are {word} withdrawals made?")["id"]
    told = publish(operator, answer=f"See {word} in your settings.")["id"]

    def found(q):
        return {found["id"] for found in public.get("support/faq", q=q).ok()["items"]}

    assert found(word) == {asked, told}
    assert found(f"{word} withdrawal") == {asked}


def test_only_operators_and_admins_answer_for_all(venue, public):
    for caller in (venue.register("reader"), venue.staff_member("auditor")):
        caller.post("admin/support/faq", item()).refused(403, "FORBIDDEN")
    public.post("admin/support/faq", item()).refused(401, "UNAUTHENTICATED")
    public.get(f"support/faq/{NOBODY}").refused(404, "NOT_FOUND")


@pytest.mark.parametrize("wrong", [
    {"question": ""}, {"answer": ""}, {"answer": "x" * 20001}, {"category": "Two words"},
    {"position": -1}, {"position": 1000001}, {"position": "top"}, {"colour": "red"}])
def test_what_answers_nothing_is_refused(operator, wrong):
    operator.post("admin/support/faq", item(**wrong)).refused(422, "VALIDATION_FAILED")
