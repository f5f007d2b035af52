"""Browser push: what a push service is given, and that its browser alone can open it."""
import secrets

import pytest

from gateways import gateway_beside
from notifications_test import SOON, inbox, move, wait_for_alert, wait_until_told
from push_service import Browser, encode, push_service
from venue import NOBODY, Trader, psql, wait_until

SUBSCRIPTIONS = "notifications/push-subscriptions"


@pytest.fixture
def user(venue):
    user = venue.trader("who has browsers", EUR=1000)
    user.put("settings", {"email_notifications": False}).ok()
    return user


def subscribe(user, browser):
    return user.post(SUBSCRIPTIONS, browser.subscription).ok(201)


def be_told(venue, user, market, price, state="sent"):
    """A notification of the user's that has come so far on its way to browsers."""
    alert = wait_for_alert(user, market, price)
    move(venue, market, price)
    return wait_until_told(user, alert["id"], lambda item: item["push"] == state)


def test_a_browser_alone_opens_what_its_push_service_carries(venue, user, market):
    key = user.get("notifications/push-key").ok()["public_key"]
    with push_service() as service:
        browser, other = Browser(service), Browser(service)
        subscribe(user, browser)
        assert user.get("notifications/settings").ok()["push"] is True
        notice = be_told(venue, user, market, 10)
        (headers, body), = service.to(browser)
        service.check_sender(headers, key)
        with pytest.raises(Exception):
            other.open(body)
    said = browser.open(body)
    assert (said["id"], said["kind"], said["instrument"]) == (notice["id"], "price_alert", market.symbol)
    assert headers["Content-Encoding"] == "aes128gcm" and len(headers["Topic"]) <= 32
    assert 0 < int(headers["TTL"]) <= 24 * 3600
    assert market.symbol.encode() not in body


def test_each_browser_gets_it_once_whatever_the_others_answer(venue, user, market):
    with push_service(500, 503, 429) as service:
        browsers = [Browser(service) for _ in range(3)]
        for browser in browsers:
            subscribe(user, browser)
        notice = be_told(venue, user, market, 10)
        wait_until(lambda: len(service.got) == 6, SOON, "each has taken it, the second time")
        for browser in browsers:
            (first, _), (again, body) = service.to(browser)
            assert first["Topic"] == again["Topic"] and browser.open(body)["id"] == notice["id"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_sent_nothing_more(venue, user, market, status):
    with push_service(status) as service:
        gone, stays = Browser(service), Browser(service)
        subscribe(user, gone)
        be_told(venue, user, market, 10, "failed")
        wait_until(lambda: user.items(SUBSCRIPTIONS) == [], SOON, "its subscription is over")
        kept = subscribe(user, stays)
        be_told(venue, user, market, 20)
        assert len(service.to(gone)) == 1 and len(service.to(stays)) == 1
        assert [item["id"] for item in user.items(SUBSCRIPTIONS)] == [kept["id"]]


def test_what_is_refused_for_good_is_shown_as_failed_and_the_browser_stays(venue, user, market):
    with push_service(413) as service:
        kept = subscribe(user, Browser(service))
        be_told(venue, user, market, 10, "failed")
        assert len(service.got) == 1
        assert [item["id"] for item in user.items(SUBSCRIPTIONS)] == [kept["id"]]


def test_keys_that_are_no_point_of_the_curve_reach_nobody(venue, user, market):
    with push_service() as service:
        browser = Browser(service)
        wrong = {**browser.subscription, "p256dh": encode(b"\4" + secrets.token_bytes(64))}
        user.post(SUBSCRIPTIONS, wrong).ok(201)
        be_told(venue, user, market, 10, "failed")
        assert service.got == []


def test_an_endpoint_is_there_once_with_its_newest_keys(venue, user, market):
    with push_service() as service:
        before = Browser(service)
        browser = Browser(service)
        browser.endpoint = before.endpoint
        first, again = subscribe(user, before), subscribe(user, browser)
        assert first["id"] == again["id"]
        be_told(venue, user, market, 10)
        (_, body), = service.to(browser)
        assert browser.open(body)["kind"] == "price_alert"


def test_who_wants_none_or_has_ended_it_is_sent_none(venue, user, market):
    with push_service() as service:
        kept = subscribe(user, Browser(service))
        user.put("settings", {"push_notifications": False, "email_notifications": False}).ok()
        be_told(venue, user, market, 10, None)
        user.put("settings", {"email_notifications": False}).ok()
        user.delete(f"{SUBSCRIPTIONS}/{kept['id']}").ok()
        be_told(venue, user, market, 20, None)
        user.delete(f"{SUBSCRIPTIONS}/{kept['id']}").refused(404, "NOT_FOUND")
        assert service.got == [] and user.get("notifications/settings").ok()["push"] is False


def test_ten_browsers_are_taken_and_an_end_makes_room(venue, user):
    with push_service() as service:
        kept = [subscribe(user, Browser(service)) for _ in range(10)]
        more = Browser(service)
        user.post(SUBSCRIPTIONS, more.subscription).refused(422, "VALIDATION_FAILED")
        user.delete(f"{SUBSCRIPTIONS}/{kept[0]['id']}").ok()
        subscribe(user, more)
    assert len(user.items(SUBSCRIPTIONS, limit=3)) == 10


@pytest.mark.parametrize("wrong", [{"endpoint": "ftp://example.net/x"}, {"p256dh": "short"}, {"auth": "A" * 21},
                                   {"endpoint": "https://example.net/" + "x" * 1000}])
def test_what_no_browser_gives_is_refused_by_its_field(user, wrong):
    subscription = {"endpoint": "https://push.example.net/x", "p256dh": "B" + "A" * 86, "auth": "A" * 22}
    refused = user.post(SUBSCRIPTIONS, {**subscription, **wrong}).refused(422, "VALIDATION_FAILED")
    assert [error["field"] for error in refused["errors"]] == list(wrong)


def test_a_venue_without_a_key_offers_none(venue, user, tmp_path):
    with gateway_beside(venue, tmp_path) as gateway, push_service() as service:
        beside = Trader(gateway.venue, user.token, user.user)
        beside.get("notifications/push-key").refused(404, "NOT_FOUND")
        refused = beside.post(SUBSCRIPTIONS, Browser(service).subscription).refused(422, "VALIDATION_FAILED")
        assert refused["errors"][0]["field"] == "endpoint"


def test_a_users_browsers_are_his_own(venue, user, market):
    other = venue.trader("who pries", EUR=1000)
    with push_service() as service:
        browser = Browser(service)
        kept = subscribe(user, browser)
        assert other.items(SUBSCRIPTIONS) == []
        other.delete(f"{SUBSCRIPTIONS}/{kept['id']}").refused(404, "NOT_FOUND")
        user.delete(f"{SUBSCRIPTIONS}/{NOBODY}").refused(404, "NOT_FOUND")
        be_told(venue, other, market, 10, None)
        be_told(venue, user, market, 20)
        assert len(service.to(browser)) == 1 and inbox(other)


def test_an_erased_person_has_no_browsers(venue, admin):
    with push_service() as service:
        other = venue.register("who is erased")
        kept = subscribe(other, Browser(service))
        shown = f"SELECT id, endpoint FROM settings.push_subscriptions WHERE id = '{kept['id']}'"
        assert psql(venue.reader_address(), shown) == [f"{kept['id']}|{kept['endpoint']}"]
        admin.delete(f"admin/users/{other.user['id']}/personal-data").ok()
        wait_until(lambda: psql(venue.reader_address(), shown) == [f"{kept['id']}|"], SOON, "it is forgotten")
