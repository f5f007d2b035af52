"""Calendars of the economy and of companies' reports: operators publish, everybody reads."""
import pytest

from venue import NOBODY, unique

ECONOMIC, EARNINGS = "calendar/economic", "calendar/earnings"
FAR = "2031-{:02d}-01T12:30:00Z"


def figure(**changes):
    return {"country": "DE", "name": "Inflation rate", "importance": "high",
            "scheduled_at": FAR.format(1), **changes}


def report(**changes):
    return {"symbol": unique("S"), "company": "Example AG", "fiscal_period": "2030-Q4",
            "scheduled_at": FAR.format(2), "currency": "EUR", **changes}


BODIES = {ECONOMIC: figure, EARNINGS: report}


@pytest.fixture(scope="module")
def operator(venue):
    return venue.staff_member("operator")


def publish(operator, path, **changes):
    return operator.post(f"admin/{path}", BODIES[path](**changes)).ok(201)


def test_a_date_of_the_economy_is_shown_with_exact_figures(operator, public):
    word = unique("zw").replace("-", "")
    made = operator.post(f"admin/{ECONOMIC}", figure(
        name=f"Rate {word}", period="December 2030", unit="%", actual="-0.10000001", forecast=2.3,
        source_url="https://example.com"))
    shown = made.ok(201)
    assert made.headers["ETag"] == '"1"' and shown.pop("ticket_id")
    assert (shown["actual"], shown["forecast"], shown["previous"]) == ("-0.10000001", "2.30", None)
    assert public.get(ECONOMIC, q=word).ok()["items"] == [shown]


def test_a_report_is_shown_with_what_is_known(operator, public):
    symbol = unique("S")
    shown = publish(operator, EARNINGS, symbol=symbol, report_time="after_close", eps_forecast="1.25",
                    revenue_forecast_millions="160000")
    assert shown.pop("ticket_id") and shown["eps_actual"] is None
    assert shown["revenue_forecast_millions"] == "160000.00"
    assert public.get(EARNINGS, symbol=symbol).ok() == {"items": [shown], "next_cursor": None}
    assert publish(operator, EARNINGS)["report_time"] == "unspecified"


@pytest.mark.parametrize("path", BODIES)
def test_what_is_published_is_changed_from_its_version_and_withdrawn(operator, path):
    first = publish(operator, path)
    address = f"admin/{path}/{first['id']}"
    body = BODIES[path](scheduled_at=FAR.format(9))
    changed = operator.put(address, body, headers={"If-Match": '"1"'})
    assert changed.ok()["version"] == 2 and changed.headers["ETag"] == '"2"'
    assert changed.json["created_at"] == first["created_at"] < changed.json["updated_at"]
    assert changed.json["scheduled_at"] == "2031-09-01T12:30:00.000000Z"
    operator.put(address, body, headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    operator.delete(address, headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    gone = operator.delete(address, headers={"If-Match": '"2"'}).ok()
    assert gone["id"] == first["id"] and gone["ticket_id"]
    assert first["id"] not in {item["id"] for item in operator.items(path, limit=500)}
    operator.delete(address).refused(404, "NOT_FOUND")
    operator.put(address, body).refused(404, "NOT_FOUND")


def test_a_calendar_is_not_the_place_for_what_another_has(operator):
    made = publish(operator, ECONOMIC)
    operator.delete(f"admin/{EARNINGS}/{made['id']}").refused(404, "NOT_FOUND")
    operator.put(f"admin/{EARNINGS}/{made['id']}", report()).refused(404, "NOT_FOUND")
    operator.delete(f"admin/news/{made['id']}").refused(404, "NOT_FOUND")


@pytest.mark.parametrize("path", BODIES)
def test_only_operators_and_admins_publish_dates(venue, public, path):
    for caller in (venue.register("reader"), venue.staff_member("auditor")):
        caller.post(f"admin/{path}", BODIES[path]()).refused(403, "FORBIDDEN")
    public.post(f"admin/{path}", BODIES[path]()).refused(401, "UNAUTHENTICATED")
    venue.admin().put(f"admin/{path}/{NOBODY}", BODIES[path]()).refused(404, "NOT_FOUND")


@pytest.mark.parametrize("path, wrong", [
    (ECONOMIC, {"country": "Germany"}), (ECONOMIC, {"importance": "huge"}), (ECONOMIC, {"name": ""}),
    (ECONOMIC, {"actual": "much"}), (ECONOMIC, {"scheduled_at": "soon"}), (ECONOMIC, {"x": 1}),
    (EARNINGS, {"symbol": ""}), (EARNINGS, {"fiscal_period": "Q3"}), (EARNINGS, {"currency": "euro"}),
    (EARNINGS, {"report_time": "lunch"}), (EARNINGS, {"eps_actual": "1.123456789"}),
    (EARNINGS, {"company": "x" * 201})])
def test_what_is_no_date_is_refused(operator, path, wrong):
    operator.post(f"admin/{path}", BODIES[path](**wrong)).refused(422, "VALIDATION_FAILED")


def test_a_figure_too_large_is_told_so(operator):
    operator.post(f"admin/{ECONOMIC}", figure(actual="99999999999999")).refused(422, "AMOUNT_RANGE")


@pytest.mark.parametrize("path", BODIES)
def test_dates_come_soonest_first_from_today_on_or_latest(operator, public, path):
    only = {"country": "ZW"} if path == ECONOMIC else {"symbol": unique("S")}
    days = [publish(operator, path, **only, scheduled_at=FAR.format(n + 1))["id"] for n in range(7)]
    past = publish(operator, path, **only, scheduled_at="2020-01-01T00:00:00Z")["id"]

    def found(**asked):
        ids = [item["id"] for item in public.items(path, limit=2, **only, **asked)]
        return [found for found in ids if found in days + [past]]

    assert found() == days
    assert found(sort="-scheduled_at") == days[::-1] + [past]
    assert found(**{"from": "2000-01-01T00:00:00Z"}) == [past] + days
    assert found(**{"from": FAR.format(2), "to": FAR.format(4)}) == days[1:3]
    assert found(sort="-scheduled_at", **{"from": FAR.format(2)}) == days[:0:-1]


def test_dates_of_the_economy_are_found_by_importance_and_words(operator, public):
    word = unique("zw").replace("-", "")
    low = publish(operator, ECONOMIC, name=f"{word} claims", importance="low")["id"]
    high = publish(operator, ECONOMIC, name=f"{word} claimed", importance="high")["id"]

    def found(**asked):
        return {item["id"] for item in public.get(ECONOMIC, **asked).ok()["items"]}

    assert found(q=f"{word} claim") == {low, high}
    assert found(q=word, importance="low") == {low}
    public.get(ECONOMIC, importance="huge").refused(422, "VALIDATION_FAILED")
