"""What a user would like: defaults, changes from a version, and what is refused."""
import pytest

from venue import unique

DEFAULTS = {"default_order_type": "market", "require_confirmation": True, "email_notifications": True,
            "sms_notifications": False, "push_notifications": True, "notification_quiet_hours": False,
            "quiet_start_time": None, "quiet_end_time": None, "theme": "dark", "language": "en",
            "timezone": "UTC"}


def own(answer):
    """Those of the fields that have defaults."""
    return {name: answer.ok()[name] for name in DEFAULTS}


def test_everybody_begins_with_the_same(venue):
    user = venue.register("of preferences")
    shown = user.get("settings")
    assert own(shown) == DEFAULTS and shown.headers["ETag"] == '"1"'
    assert shown.json["full_name"] == user.user["full_name"]
    assert shown.json["updated_at"] == shown.json["created_at"]


def test_preferences_are_replaced_whole_but_for_the_name(venue):
    user, name = venue.register("of preferences"), unique("Ada")
    liked = {"theme": "light", "timezone": "Europe/Berlin", "notification_quiet_hours": True,
             "quiet_start_time": "22:00", "quiet_end_time": "07:00", "default_order_type": "limit"}
    changed = user.put("settings", {**liked, "full_name": name}, headers={"If-Match": '"1"'})
    assert own(changed) == {**DEFAULTS, **liked} and changed.headers["ETag"] == '"2"'
    assert user.get("auth/me").ok()["full_name"] == changed.json["full_name"] == name
    assert changed.json["updated_at"] > changed.json["created_at"]
    again = user.put("settings", {"language": "de"})
    assert own(again) == {**DEFAULTS, "language": "de"} and again.json["full_name"] == name
    user.put("settings", {}, headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    assert own(user.get("settings")) == {**DEFAULTS, "language": "de"}


@pytest.mark.parametrize("change", [
    {"timezone": "Berlin"}, {"timezone": "../../etc/passwd"}, {"timezone": "Europe"},
    {"timezone": "posix/Europe/Berlin"}, {"timezone": "/usr/share/zoneinfo/UTC"}, {"theme": "pink"},
    {"quiet_start_time": "24:00"}, {"notification_quiet_hours": True}, {"language": "English"},
    {"default_order_type": "all"}, {"full_name": ""}, {"colour": "red"}])
def test_what_nobody_can_like_is_refused(user, change):
    user.put("settings", change).refused(422, "VALIDATION_FAILED")


@pytest.mark.parametrize("name", ["UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "Europe/Berlin"])
def test_time_zones_go_by_their_iana_names(user, name):
    assert user.put("settings", {"timezone": name}).ok()["timezone"] == name
