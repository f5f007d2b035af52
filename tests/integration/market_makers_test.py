"""The market-maker desk: create, read, change, deactivate."""
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from venue import TICKET, UUID, unique


def path_of(maker):
    return f"admin/market-makers/{maker['id']}"


def test_a_new_market_maker_is_shown_with_its_balances_and_ticket(venue):
    maker = venue.maker("shown", CEA="1000", EUA=500)
    assert UUID.fullmatch(maker["id"]) and TICKET.fullmatch(maker["ticket_id"])
    assert maker["status"] == "active"
    assert Decimal(maker["balances"]["CEA"]["available"]) == 1000
    assert Decimal(maker["balances"]["EUA"]["total"]) == 500


def test_it_is_found_by_id_in_the_list_and_by_a_part_of_its_name(venue, admin):
    maker = venue.maker(unique("findable"))
    assert admin.get(path_of(maker)).ok()["name"] == maker["name"]
    assert maker["id"] in [item["id"] for item in admin.items("admin/market-makers")]
    found = admin.get("admin/market-makers", q=maker["name"][3:].upper()).ok()["items"]
    assert [item["id"] for item in found] == [maker["id"]]


def test_its_certificates_and_proceeds_are_shown_by_asset(venue, admin):
    maker = venue.maker(CEA="7")
    balances = admin.get(f"{path_of(maker)}/balances").ok()
    assert balances["CEA"] == {"available": "7.00", "locked": "0.00", "total": "7.00"}
    assert Decimal(balances["EUA"]["total"]) == 0
    assert "EUR" not in balances
    assert all(Decimal(amount) == 0 for amount in balances["proceeds"].values())


def test_a_change_keeps_what_it_does_not_name(venue, admin):
    maker = venue.maker()
    changed = admin.put(path_of(maker), {"description": "sells on Tuesdays"}).ok()
    assert changed["description"] == "sells on Tuesdays"
    assert (changed["name"], changed["email"]) == (maker["name"], maker["email"])
    assert TICKET.fullmatch(changed["ticket_id"])
    seen = admin.get(path_of(maker)).ok()
    assert seen["description"] == "sells on Tuesdays"


def test_its_email_address_may_change_and_need_not_be_unique(venue, admin):
    first, second = venue.maker(), venue.maker()
    changed = admin.put(path_of(second), {"email": first["email"]}).ok()
    assert changed["email"] == first["email"]


def test_a_change_made_from_an_old_state_is_refused(venue, admin):
    maker = venue.maker()
    etag = admin.get(path_of(maker)).headers["ETag"]
    assert etag
    admin.put(path_of(maker), {"description": "first"}, headers={"If-Match": etag}).ok()
    late = admin.put(path_of(maker), {"description": "second"}, headers={"If-Match": etag})
    late.refused(412, "VERSION_CONFLICT")
    assert admin.get(path_of(maker)).ok()["description"] == "first"
    admin.delete(path_of(maker), headers={"If-Match": etag}).refused(412, "VERSION_CONFLICT")


def test_of_two_changes_from_one_state_one_wins(venue, admin):
    maker = venue.maker()
    etag = admin.get(path_of(maker)).headers["ETag"]

    def change(text):
        return admin.put(path_of(maker), {"description": text}, headers={"If-Match": etag}).status

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(change, ["left", "right"])) == [200, 412]


def test_deleting_deactivates_and_the_history_stays(venue, admin):
    maker = venue.maker(unique("leaving"), CEA="3")
    gone = admin.delete(path_of(maker)).ok()
    assert gone["status"] == "inactive" and TICKET.fullmatch(gone["ticket_id"])
    assert admin.get(path_of(maker)).ok()["status"] == "inactive"
    listed = lambda status: [item["id"] for item in admin.items(
        "admin/market-makers", q=maker["name"], status=status)]
    assert listed("inactive") == [maker["id"]] and listed("active") == []
    deposit = {"asset": "CEA", "type": "deposit", "amount": 1}
    refused = admin.post(f"{path_of(maker)}/transactions", deposit)
    refused.refused(409, "MARKET_MAKER_INACTIVE")


def test_a_repeated_request_with_its_key_is_answered_as_the_first_was(venue, admin):
    key, email = unique("key"), f"{unique('twice')}@example.com"
    body = {"name": "twice", "email": email, "initial_balances": {"CEA": 5}}
    first = admin.post("admin/market-makers", body, key=key)
    again = admin.post("admin/market-makers", body, key=key)
    assert again.ok(201)["id"] == first.ok(201)["id"]
    assert first.headers["Idempotent-Replayed"] is None
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Decimal(venue.balance(first.json["id"], "CEA")[0]) == 5


def test_a_key_with_another_body_is_refused(admin):
    key = unique("key")
    body = {"name": "one", "email": "one@example.com"}
    admin.post("admin/market-makers", body, key=key).ok(201)
    body["name"] = "another"
    admin.post("admin/market-makers", body, key=key).refused(422, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_with_another_query_is_refused(venue, admin):
    maker, key = venue.maker(), unique("key")
    admin.delete(path_of(maker), key=key, cancel_orders="true").ok()
    admin.delete(path_of(maker), key=key, cancel_orders="false").refused(
        422, "IDEMPOTENCY_KEY_REUSED")


def test_ten_requests_at_once_with_one_key_make_one(venue, admin):
    maker, key = venue.maker(), unique("key")
    body = {"asset": "CEA", "type": "deposit", "amount": "10"}

    def deposit(_):
        return admin.post(f"{path_of(maker)}/transactions", body, key=key).ok(201)["id"]

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(deposit, range(10)))) == 1
    assert venue.balance(maker["id"], "CEA") == (10, 0)


def test_pages_of_the_list_hold_everything_once(venue, admin):
    word = unique("paged")
    made = [venue.maker(f"{word} {number}")["id"] for number in range(5)]
    seen, cursor = [], None
    for size in (2, 2, 1):
        page = admin.get("admin/market-makers", q=word, limit=2, cursor=cursor).ok()
        assert len(page["items"]) == size
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1] and cursor is None


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_who_is_not_there_cannot_be_read_or_changed(admin, method):
    unknown = "admin/market-makers/00000000-0000-8000-8000-000000000000"
    body = {"name": "nobody"} if method == "PUT" else None
    admin.request(method, unknown, body).refused(404, "NOT_FOUND")


def test_users_have_no_business_at_the_desk(user):
    user.get("admin/market-makers").refused(403, "FORBIDDEN")
    body = {"name": "mine", "email": "mine@example.com"}
    user.post("admin/market-makers", body).refused(403, "FORBIDDEN")
