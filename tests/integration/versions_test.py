"""Changes are made from a version: ETag and If-Match of whatever can be changed."""
import pytest

from venue import unique


def tag_of(answer):
    answer.ok()
    assert answer.headers["ETag"].strip('"').isdigit(), answer.headers["ETag"]
    return answer.headers["ETag"]


def next_tag(tag):
    return f'"{int(tag.strip(chr(34))) + 1}"'


def maker_place(venue):
    return f"admin/market-makers/{venue.maker()['id']}", {"description": unique("words")}


def account_place(venue):
    return f"admin/accounts/{venue.trader().account_id}", {"status": "active"}


def instrument_place(venue):
    return f"admin/instruments/{venue.market().symbol}", {"taker_fee_bps": 5}


@pytest.mark.parametrize("place", [maker_place, account_place, instrument_place])
def test_a_change_shows_the_next_version_and_spoils_the_one_before(venue, admin, place):
    path, change = place(venue)
    first = tag_of(admin.get(path))
    second = tag_of(admin.put(path, change, headers={"If-Match": first}))
    assert second == next_tag(first) and tag_of(admin.get(path)) == second
    problem = admin.put(path, change, headers={"If-Match": first}).refused(412, "VERSION_CONFLICT")
    assert first.strip('"') in problem["detail"] and second.strip('"') in problem["detail"]
    assert tag_of(admin.get(path)) == second
    assert tag_of(admin.put(path, change, headers={"If-Match": "*"})) == next_tag(second)
    assert tag_of(admin.put(path, change)) == next_tag(next_tag(second))


@pytest.mark.parametrize("header", ["17", 'W/"1"', '"1", "2"', '"another"', '"01"'])
def test_what_is_no_version_matches_none(venue, admin, header):
    path, change = maker_place(venue)
    admin.put(path, change, headers={"If-Match": header}).refused(412, "VERSION_CONFLICT")


def test_what_is_created_is_version_one(venue, admin):
    made = admin.post("admin/market-makers", {"name": "made", "email": f"{unique('made')}@example.com"})
    made.ok(201)
    assert made.headers["ETag"] == '"1"'


def test_a_halt_is_a_change_of_the_instrument(venue, admin):
    path, change = instrument_place(venue)
    first = tag_of(admin.get(path))
    assert tag_of(admin.post(f"{path}/halt")) == next_tag(first)
    admin.put(path, change, headers={"If-Match": first}).refused(412, "VERSION_CONFLICT")


def test_money_is_no_change_but_is_never_hidden_behind_the_version(venue, admin):
    maker = venue.maker(CEA="3")
    path = f"admin/market-makers/{maker['id']}"
    first = tag_of(admin.get(path))
    deposit = {"asset": "CEA", "type": "deposit", "amount": 1}
    admin.post(f"{path}/transactions", deposit).ok(201)
    again = admin.get(path, headers={"If-None-Match": first})
    assert again.ok()["balances"]["CEA"]["total"] == "4.00" and tag_of(again) == first
    admin.put(path, {"description": "still the same"}, headers={"If-Match": first}).ok()


def test_a_key_repeats_only_the_change_from_the_same_version(venue, admin):
    path, change = maker_place(venue)
    key, first = unique("key"), tag_of(admin.get(path))
    admin.put(path, change, key=key, headers={"If-Match": first}).ok()
    admin.put(path, change, key=key, headers={"If-Match": first}).ok()
    other = admin.put(path, change, key=key, headers={"If-Match": next_tag(first)})
    other.refused(422, "IDEMPOTENCY_KEY_REUSED")
