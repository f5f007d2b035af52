"""What processes log: a JSON object a line, with the trace of the request that something went wrong with; and never what
opens anything, nor who somebody is."""
import base64
import json
import re
import secrets

from cookies_test import Page
from funding_test import IBAN
from gateways import free_port, gateway_beside
from two_factor_test import Guarded
from venue import PASSWORD, Session, unique

FIELDS = {"ts", "level", "event", "service", "instance"}
PROVIDER = "nobody-there"
# Of the stack's own files those are secrets whose every line opens something.
KEYS = ("seal.key", "token.key", "signing.key", "server.key", "push.key", "admin.password", "payment.secret")


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def beside(venue, folder, **settings):
    """A gateway that logs all it can, and tries a provider that does not answer."""
    port = free_port()
    return gateway_beside(venue, folder, BOURSE_HTTPS_PORT=port, BOURSE_LOG_LEVEL="debug", BOURSE_OIDC_PROVIDER=PROVIDER,
                          BOURSE_OIDC_ISSUER=f"http://127.0.0.1:{free_port()}", BOURSE_OIDC_CLIENT_ID="bourse",
                          BOURSE_PUBLIC_URL=f"https://localhost:{port}", **settings)


def test_what_went_wrong_with_a_request_is_logged_with_its_trace(venue, tmp_path):
    trace = secrets.token_hex(16)
    with beside(venue, tmp_path) as gateway:
        answer = gateway.venue.public.get(f"auth/oidc/{PROVIDER}/start",
                                          headers={"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"})
        assert answer.status >= 300 and answer.headers["traceparent"].split("-")[1] == trace
    log, = tmp_path.glob("gateway-*.log")
    told = [line for line in lines_of(log) if line["event"] == "oidc.no_answer"]
    assert [line["trace_id"] for line in told] == [trace]


def life_of_somebody(venue, beside_venue):
    """What somebody has that opens something, or says who it is, after all of it was used, rightly and wrongly."""
    guarded = Guarded(beside_venue)
    challenge = guarded.challenge()
    guarded.complete(challenge, "000000").refused(401, "TWO_FACTOR_INVALID")
    guarded.complete(challenge, guarded.backups[0]).ok()
    user = beside_venue.trader("logged", EUR=10)
    page = Page(beside_venue, user.user["email"])
    page.ask("POST", "auth/refresh", X_CSRF_Token=page.csrf).ok()
    page.ask("POST", "settings/api-keys", {"name": "k", "scopes": ["read"]}, X_CSRF_Token="wrong").refused(403, "CSRF_FAILED")
    key = user.post("settings/api-keys", {"name": "k", "scopes": ["read"]}).ok(201)["key"]
    keyed = Session(beside_venue)
    keyed.credentials = lambda: {"X-API-Key": key}
    keyed.get("auth/me")
    user.post("funding/payment-methods", {"kind": "bank_account", "iban": IBAN}).ok(201)
    mistyped, forged = unique("mistyped-password"), f"{user.token}x"
    beside_venue.login(user.user["email"], mistyped).refused(401, "INVALID_CREDENTIALS")
    Session(beside_venue, forged).get("auth/me").refused(401, "UNAUTHENTICATED")
    user.post("orders", {"instrument": mistyped, "password": mistyped}).refused(422, "VALIDATION_FAILED")
    tokens = venue.signed_in(user.user["email"])
    return {"a password": PASSWORD, "a mistyped password": mistyped, "an access token": user.token,
            "a forged token": forged, "a refresh token": tokens["refresh_token"], "a CSRF token": page.csrf,
            "an API key": key, "a second factor's secret": guarded.secret, "a backup code": guarded.backups[0],
            "a challenge": challenge, "an account number": IBAN, "an e-mail address": user.user["email"],
            "a name": "logged of the tests", **{f"cookie {name}": value for name, value in page.cookies.items()}}


def keys_of_stack(venue):
    for name in KEYS:
        path = venue.run_dir / "secrets" / name
        if path.exists():
            for line in path.read_text().splitlines():
                if len(line) >= 16 and not line.startswith("-----"):
                    yield f"{name}", line


def test_no_log_has_what_opens_anything_or_says_who_somebody_is(venue, tmp_path):
    with beside(venue, tmp_path) as gateway:
        known = life_of_somebody(venue, gateway.venue)
    logs = [*tmp_path.glob("gateway-*.log"), *(venue.run_dir / "logs").glob("*.log")]
    assert len(logs) > 10
    found = [(what, path.name) for path in logs if path.name != "mail.log"
             for text in [path.read_text(errors="replace")]
             for what, secret in [*known.items(), *keys_of_stack(venue)]
             if secret in text or base64.b64encode(secret.encode()).decode() in text]
    assert found == []


def test_each_line_of_a_service_is_one_object_that_says_when_what_and_who(venue):
    names = [name for name in venue.process("names").stdout.split()
             if name not in ("kafka", "postgres", "mail", "toxiproxy") and not re.match(r"kafka-\d", name)]
    seen = 0
    for name in names:
        path = venue.run_dir / f"logs/{name}.log"
        for line in lines_of(path) if path.exists() else []:
            assert FIELDS <= set(line), (name, line)
            assert line["level"] in ("debug", "info", "warn", "error"), (name, line)
            seen += 1
    assert seen > len(names)
