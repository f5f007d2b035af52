"""News: operators publish, everybody reads; found by words, symbol, category and time."""
import pytest

from venue import NOBODY, unique


def article(**changes):
    """An article as an operator writes it; its category is its own."""
    return {"category": unique("category").lower(), "title": "Auction clears at 71.20",
            "body": "The auction of today cleared.", **changes}


@pytest.fixture(scope="module")
def operator(venue):
    return venue.staff_member("operator")


def publish(operator, **changes):
    return operator.post("admin/news", article(**changes)).ok(201)


def test_an_article_is_shown_to_everybody_as_it_was_written(operator, public):
    made = operator.post("admin/news", article(
        summary="Above the last price.", source="Bourse", source_url="https://example.com/a?b=c",
        symbols=["EUA-EUR", 'A "B" \\', "Ünder"], published_at="2026-03-01T09:30:00+01:00"))
    shown = made.ok(201)
    assert made.headers["Location"] == f"/api/v1/news/{shown['id']}"
    assert made.headers["ETag"] == '"1"' and shown["version"] == 1
    assert shown["ticket_id"].startswith("TKT-")
    assert shown["symbols"] == ["EUA-EUR", 'A "B" \\', "Ünder"]
    assert shown["published_at"] == "2026-03-01T08:30:00.000000Z"
    read = public.get(f"news/{shown['id']}")
    del shown["ticket_id"]
    assert read.ok() == shown and read.headers["ETag"] == '"1"'
    listed = public.get("news", category=shown["category"]).ok()
    del shown["body"]
    assert listed == {"items": [shown], "next_cursor": None}


def test_an_article_is_changed_from_its_version_and_keeps_its_date(operator, public):
    first = publish(operator, summary="to be gone", symbols=["A-EUR"])
    changed = operator.put(f"admin/news/{first['id']}", article(title="Another"),
                           headers={"If-Match": '"1"'})
    assert changed.headers["ETag"] == '"2"'
    assert changed.ok()["title"] == "Another" and changed.json["summary"] is None
    assert changed.json["symbols"] == []
    assert changed.json["published_at"] == first["published_at"]
    assert changed.json["created_at"] == first["created_at"] < changed.json["updated_at"]
    operator.put(f"admin/news/{first['id']}", article(), headers={"If-Match": '"1"'}) \
        .refused(412, "VERSION_CONFLICT")
    operator.delete(f"admin/news/{first['id']}", headers={"If-Match": '"1"'}) \
        .refused(412, "VERSION_CONFLICT")
    assert public.get("news", category=first["category"]).ok()["items"] == []


def test_what_is_withdrawn_is_shown_to_nobody(operator, public):
    made = publish(operator)
    gone = operator.delete(f"admin/news/{made['id']}", headers={"If-Match": '"1"'}).ok()
    assert gone["kind"] == "news" and gone["ticket_id"]
    operator.get(f"news/{made['id']}").refused(404, "NOT_FOUND")
    assert operator.get("news", category=made["category"]).ok()["items"] == []
    operator.put(f"admin/news/{made['id']}", article()).refused(404, "NOT_FOUND")
    operator.delete(f"admin/news/{made['id']}").refused(404, "NOT_FOUND")


def test_a_retry_publishes_once(operator, public):
    body, key = article(), unique("key")
    first = operator.post("admin/news", body, key=key).ok(201)
    again = operator.post("admin/news", body, key=key)
    assert again.ok(201)["id"] == first["id"] and again.headers["Idempotent-Replayed"] == "true"
    assert len(public.get("news", category=body["category"]).ok()["items"]) == 1
    operator.post("admin/news", {**body, "title": "Other"}, key=key) \
        .refused(422, "IDEMPOTENCY_KEY_REUSED")


def test_only_operators_and_admins_publish(venue, public):
    for caller in (venue.register("reader"), venue.staff_member("auditor")):
        caller.post("admin/news", article()).refused(403, "FORBIDDEN")
    public.post("admin/news", article()).refused(401, "UNAUTHENTICATED")


@pytest.mark.parametrize("wrong", [
    {"title": ""}, {"title": "x" * 301}, {"body": ""}, {"body": "x" * 50001}, {"category": "Two words"},
    {"source_url": "javascript:alert(1)"}, {"symbols": ["x"] * 51}, {"symbols": [""]},
    {"published_at": "2999-01-01T00:00:00Z"}, {"published_at": "today"}, {"colour": "red"}])
def test_what_is_no_article_is_refused(operator, wrong):
    operator.post("admin/news", article(**wrong)).refused(422, "VALIDATION_FAILED")
    missing = article()
    del missing["body"]
    operator.post("admin/news", missing).refused(422, "VALIDATION_FAILED")


def test_nothing_is_found_that_is_not_there(operator, public):
    public.get(f"news/{NOBODY}").refused(404, "NOT_FOUND")
    operator.put(f"admin/news/{NOBODY}", article()).refused(404, "NOT_FOUND")
    operator.delete(f"admin/news/{NOBODY}").refused(404, "NOT_FOUND")


def test_articles_are_found_by_their_words_in_whatever_form(operator, public):
    word = unique("zw").replace("-", "")
    titled = publish(operator, title=f"{word} allowances")
    summed = publish(operator, summary=f"About {word} and regulations")
    told = publish(operator, body=f"The {word} regulator raised caps.")

    def found(q):
        return {item["id"] for item in public.get("news", q=q).ok()["items"]}

    assert found(word) == {titled["id"], summed["id"], told["id"]}
    assert found(f"{word} allowance") == {titled["id"]}
    assert found(f'"{word} regulator"') == {told["id"]}
    assert found(f"{word} -regulations -regulator") == {titled["id"]}
    assert found(f"{word} & | !(") == found(word)


def test_articles_are_found_by_symbol_and_time(operator, public):
    symbol = unique("S")
    days = [publish(operator, symbols=[symbol, "X"], published_at=f"2026-01-0{day}T00:00:00Z")["id"]
            for day in (1, 2, 3)]

    def found(**asked):
        return [item["id"] for item in public.get("news", symbol=symbol, **asked).ok()["items"]]

    assert found() == days[::-1]
    assert found(**{"from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z"}) == [days[1]]


def test_a_reader_pages_through_all_of_them(operator, public):
    category = unique("many").lower()
    for n in range(25):  # of one moment, too: what comes next is never missed
        publish(operator, category=category, title=f"Article {n}",
                published_at=f"2026-02-01T00:00:0{n // 5}Z")
    seen = [item["title"] for item in public.items("news", category=category, limit=4)]
    assert sorted(seen) == sorted(f"Article {n}" for n in range(25))


def test_what_is_written_of_a_symbol_is_one_list(operator, public):
    symbol = unique("S")
    made = [publish(operator, symbols=[symbol])["id"] for _ in range(3)]
    seen = [item["id"] for item in public.items(f"news/symbols/{symbol}", limit=2)]
    assert seen == made[::-1]
    assert public.get(f"news/symbols/{unique('S')}").ok() == {"items": [], "next_cursor": None}


def test_categories_are_those_with_articles(operator, public):
    first, second = (unique(name).lower() for name in ("aa", "ab"))
    publish(operator, category=second, published_at="2026-01-01T00:00:00Z")
    newest = publish(operator, category=second)
    gone = publish(operator, category=first)
    listed = {item["category"]: item for item in public.items("news/categories", limit=3)}
    assert listed[second] == {"category": second, "latest_at": newest["published_at"],
                              "articles_7d": 1}
    assert first in listed and list(listed) == sorted(listed)
    operator.delete(f"admin/news/{gone['id']}").ok()
    listed = {item["category"] for item in operator.items("news/categories")}
    assert second in listed and first not in listed


def test_what_many_write_of_trends_and_the_older_the_less(operator, public):
    shared, alone = unique("S"), unique("S")
    many = [publish(operator, symbols=[shared])["id"] for _ in range(4)]
    single = publish(operator, symbols=[alone])["id"]
    old = publish(operator, symbols=[shared], published_at="2020-01-01T00:00:00Z")["id"]
    ranked = [item["id"] for item in public.items("news/trending", limit=500)]  # all of one moment
    assert len(ranked) == len(set(ranked)) and old not in ranked
    assert max(ranked.index(article) for article in many) < ranked.index(single)
