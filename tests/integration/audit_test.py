"""Every action leaves one ticket, what was refused too, and a ticket tells the whole story."""
import datetime

import pytest

from read_model import assert_tickets_gapless
from venue import UUID, number_of, unique, wait_until

TICKETS = "admin/logging/tickets"


@pytest.fixture(scope="module")
def maker(venue):
    return venue.maker("audited", CEA="100")


def withdraw(admin, maker, amount, notes=None, **options):
    return admin.post(f"admin/market-makers/{maker['id']}/transactions", {
        "asset": "CEA", "type": "withdrawal", "amount": amount, "notes": notes}, **options)


def test_a_ticket_has_the_year_and_at_least_six_digits(venue):
    year, number = number_of(venue.maker()["ticket_id"])
    assert year == datetime.datetime.now(datetime.timezone.utc).year and number > 0


def test_a_ticket_whole_tells_who_did_what_from_where_and_what_came_of_it(admin, maker):
    notes = unique("delivery")
    done = withdraw(admin, maker, 3, notes, headers={"User-Agent": "audit test"}).ok(201)
    ticket = admin.get(f"{TICKETS}/{done['ticket_id']}").ok()
    assert (ticket["action"], ticket["outcome"]) == ("RecordAssetTransaction", "success")
    assert (ticket["code"], ticket["actor_id"]) == (None, admin.user["id"])
    assert ticket["account_id"] == maker["id"]
    assert notes in str(ticket["request"]) and done["id"] in str(ticket["result"])
    assert (ticket["before"], ticket["after"]) == (done["balance_before"], done["balance_after"])
    assert (ticket["ip_address"], ticket["user_agent"]) == ("127.0.0.1", "audit test")
    assert UUID.fullmatch(ticket["command_id"]) and UUID.fullmatch(ticket["correlation_id"])
    assert len(ticket["hash"]) == 64 and "inclusion_proof" in ticket
    assert ticket["related"] == []


def test_what_was_refused_is_a_failed_action_with_its_reason(admin, maker):
    withdraw(admin, maker, 1000).refused(409, "INSUFFICIENT_BALANCE")
    newest, = admin.items("admin/logging/failed-actions", market_maker_id=maker["id"])
    assert (newest["action"], newest["outcome"]) == ("RecordAssetTransaction", "failed")
    assert (newest["code"], newest["account_id"]) == ("INSUFFICIENT_BALANCE", maker["id"])
    whole = admin.get(f"{TICKETS}/{newest['id']}").ok()
    assert "1000" in str(whole["request"])


def test_a_refused_permission_is_a_failed_action(admin, user):
    user.post("admin/assets", {"code": "X", "name": "x", "kind": "cash", "scale": 2}).refused(
        403, "FORBIDDEN")
    failed = lambda: admin.items("admin/logging/failed-actions", actor_id=user.user["id"])
    wait_until(lambda: "FORBIDDEN" in [ticket["code"] for ticket in failed()], 10,
               "the refused permission is a failed action")


def test_tickets_are_found_by_what_they_are_about(venue, admin):
    maker = venue.maker("found")
    refused = withdraw(admin, maker, 5)
    refused.refused(409, "INSUFFICIENT_BALANCE")
    about = lambda path=TICKETS, **query: [ticket["action"] for ticket in admin.items(
        path, market_maker_id=maker["id"], **query)]
    both = ["RecordAssetTransaction", "CreateMarketMaker"]
    assert about() == about("admin/logging/market-maker-actions") == both
    assert about(action="CreateMarketMaker") == ["CreateMarketMaker"]
    assert about(outcome="failed") == ["RecordAssetTransaction"]
    assert about(actor_id=admin.user["id"]) == both
    assert about(actor_id=maker["id"]) == []
    assert about(q="createmarket") == ["CreateMarketMaker"]


def test_tickets_are_found_by_entity_and_time(venue, admin):
    maker = venue.maker("timed")
    ticket = admin.get(f"{TICKETS}/{maker['ticket_id']}").ok()
    entity = {"entity_type": ticket["entity_type"], "entity_id": ticket["entity_id"]}
    ids = lambda **query: [found["id"] for found in admin.items(TICKETS, **entity, **query)]
    assert ids() == [maker["ticket_id"]]
    assert ids(**{"from": ticket["occurred_at"]}) == [maker["ticket_id"]]
    assert ids(to=ticket["occurred_at"]) == []


def test_pages_of_tickets_hold_each_once_newest_first(admin):
    seen, cursor = [], None
    for _ in range(4):
        page = admin.get(TICKETS, limit=3, cursor=cursor).ok()
        seen += [number_of(ticket["id"]) for ticket in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == 12 and seen == sorted(set(seen), reverse=True)


def test_no_ticket_number_was_ever_left_out_or_given_twice(venue):
    venue.maker()
    assert_tickets_gapless(venue)


@pytest.mark.disruptive
def test_a_repeated_request_gets_no_ticket_of_its_own(venue, admin, maker):
    key = unique("key")
    first = withdraw(admin, maker, 1, key=key).ok(201)
    assert withdraw(admin, maker, 1, key=key).ok(201)["ticket_id"] == first["ticket_id"]
    after = venue.maker()["ticket_id"]
    assert number_of(after)[1] == number_of(first["ticket_id"])[1] + 1


def test_users_do_not_read_the_tickets(user):
    for path in (TICKETS, "admin/logging/failed-actions", "admin/logging/market-maker-actions",
                 f"{TICKETS}/TKT-2026-000001"):
        user.get(path).refused(403, "FORBIDDEN")
