"""What happened to one's sign-in, shown to its user, and counted for operators."""
from cookies_test import Page
from gateways import free_port, gateway_beside
from metrics import counted, ports
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


def test_refusals_and_revocations_are_counted(venue):
    failed = 'bourse_http_problems_total{code="INVALID_CREDENTIALS"}'
    ended = "bourse_sessions_ended_total"
    port = ports(venue)["gateway"]
    before = counted(port, failed), counted(port, ended)
    someone = venue.register("counted")
    venue.login(someone.user["email"], "wrong").refused(401, "INVALID_CREDENTIALS")
    venue.login(someone.user["email"], PASSWORD).ok()
    someone.put("auth/password", {"current_password": PASSWORD,
                                  "new_password": PASSWORD + "!"}).ok()
    assert counted(port, failed) >= before[0] + 1
    wait_until(lambda: counted(port, ended) >= before[1] + 1, 10, "the gateway has read it")


def test_what_a_user_was_refused_shows_and_is_counted_by_its_name(venue, tmp_path):
    someone, port = venue.register("refused"), free_port()
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=port, BOURSE_LIMIT_WRITE="1/60s",
                        BOURSE_LIMIT_LOGIN="off") as gateway:
        page = Page(gateway.venue, someone.user["email"])
        for token, status, code in (("x", 403, "CSRF_FAILED"), (page.csrf, 429, "RATE_LIMITED")):
            page.ask("POST", "orders/cancel-after", {"timeout_s": 0},
                     X_CSRF_Token=token).refused(status, code)
        gateway.venue.login(someone.user["email"], "wrong").refused(401, "INVALID_CREDENTIALS")
        for event in ("csrf_failed", "limit_hit", "login_failed"):
            assert counted(port, f'bourse_security_events_total{{event="{event}"}}') == 1
    expected = [("login_failed", "INVALID_CREDENTIALS"), ("refused", "RATE_LIMITED"),
                ("refused", "CSRF_FAILED"), ("login", None), ("login", None), ("registered", None)]
    wait_until(lambda: events_of(someone) == expected, 10, "all of it shows")
    refused = someone.items("settings/security-log", limit=2)[1]
    assert refused["ip_address"] == "127.0.0.1" and refused["by_staff"] is False
