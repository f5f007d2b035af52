"""What happened to one's sign-in, shown to its user, and counted for operators."""
import re

from venue import PASSWORD, Trader, loopback_address, wait_until


def events_of(someone):
    return [(item["event"], item["code"]) for item in someone.items("settings/security-log")]


def test_a_user_sees_what_happened_to_the_sign_in_and_from_where(venue):
    someone, address = venue.register("watchful"), loopback_address()
    venue.seen_from(address).login(someone.user["email"], "wrong").refused(401,
                                                                          "INVALID_CREDENTIALS")
    someone.put("auth/password", {"current_password": PASSWORD,
                                  "new_password": PASSWORD + "!"}).ok()
    expected = [("password_changed", None), ("login_failed", "INVALID_CREDENTIALS"),
                ("login", None), ("registered", None)]
    wait_until(lambda: events_of(someone) == expected, 10, "all of it shows")
    failed = someone.get("settings/security-log").ok()["items"][1]
    assert failed["ip_address"] == address


def test_a_user_sees_nothing_of_others(venue):
    one, other = venue.register("one"), venue.register("other")
    wait_until(lambda: events_of(one), 10, "it shows")
    ids = {item["id"] for item in one.items("settings/security-log")}
    assert not ids & {item["id"] for item in other.items("settings/security-log")}


def test_a_user_sees_what_staff_did_and_not_from_where(venue):
    someone = venue.register("watched over")
    key = someone.post("settings/api-keys", {"name": "k", "scopes": ["read"]}).ok(201)
    people = f"admin/users/{someone.user['id']}"
    venue.admin().delete(f"{people}/api-keys/{key['id']}").ok()
    for status in ("locked", "active"):
        venue.admin().put(f"{people}/status", {"status": status, "reason": "a test"}).ok()
    tokens = venue.login(someone.user["email"], PASSWORD).ok()
    again = Trader(venue, tokens["access_token"], tokens["user"])
    expected = [("login", None), ("rights_changed", "active"), ("rights_changed", "locked"),
                ("api_key_revoked", None), ("api_key_created", None), ("login", None),
                ("registered", None)]
    wait_until(lambda: events_of(again) == expected, 10, "all of it shows")
    items = again.items("settings/security-log")
    assert [item["by_staff"] for item in items] == [False, True, True, True, False, False, False]
    assert {item["ip_address"] for item in items if item["by_staff"]} == {None}
    assert {item["user_agent"] for item in items if item["by_staff"]} == {None}


def test_the_log_comes_in_pages(venue):
    someone = venue.register("paged")
    for _ in range(3):
        venue.login(someone.user["email"], PASSWORD).ok()
    wait_until(lambda: len(events_of(someone)) == 5, 10, "all of it shows")
    page = someone.get("settings/security-log", limit=2).ok()
    assert len(page["items"]) == 2 and page["next_cursor"]
    assert len(someone.items("settings/security-log", limit=2)) == 5


def counted(venue, series):
    port = int(venue.settings["BOURSE_METRICS_PORT"])
    page = venue.process("run", "curl", "-sf", f"http://127.0.0.1:{port}/metrics").stdout
    found = re.search(rf"^{re.escape(series)} (\d+)$", page, re.MULTILINE)
    assert found, f"{series} is not among the metrics"
    return int(found.group(1))


def test_refusals_and_revocations_are_counted(venue):
    failed = 'bourse_http_problems_total{code="INVALID_CREDENTIALS"}'
    ended = "bourse_sessions_ended_total"
    before = counted(venue, failed), counted(venue, ended)
    someone = venue.register("counted")
    venue.login(someone.user["email"], "wrong").refused(401, "INVALID_CREDENTIALS")
    venue.login(someone.user["email"], PASSWORD).ok()
    someone.put("auth/password", {"current_password": PASSWORD,
                                  "new_password": PASSWORD + "!"}).ok()
    assert counted(venue, failed) >= before[0] + 1
    wait_until(lambda: counted(venue, ended) >= before[1] + 1, 10, "the gateway has read it")
