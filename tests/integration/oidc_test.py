"""Sign-in through an OpenID provider that really runs."""
import contextlib
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from gateways import free_port, gateway_beside
from mailbox import Mailbox, token_of
from metrics import counted
from secret_file import SecretFile, going_on
from two_factor_test import code_of
from venue import PASSWORD, Session, unique, wait_until

PACKAGE = "oidc-provider@9.13.3"
NODE_MIN = 20
NAME = "example"


class Stay(urllib.request.HTTPRedirectHandler):
    """Says where it is sent instead of going there."""

    def redirect_request(self, *_):
        return None


class Browser:
    """Somebody at the provider's pages, with cookies."""

    def __init__(self, login):
        self.login = login
        self.opener = urllib.request.build_opener(Stay, urllib.request.HTTPCookieProcessor())

    def open(self, url, form=None):
        """(where it is sent or None, the page)"""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self.opener.open(url, data, timeout=30) as page:
                return None, page.read().decode()
        except urllib.error.HTTPError as error:
            assert error.code in (302, 303), (error.code, error.read())
            return urllib.parse.urljoin(url, error.headers["Location"]), ""

    def go(self, url):
        """Signs in and agrees wherever it is asked to; gives the address it is sent back to."""
        form = None
        for _ in range(20):
            sent, page = self.open(url, form)
            if sent and sent.startswith("https://"):
                return sent
            form = None
            if sent:
                url = sent
                continue
            url = urllib.parse.urljoin(url, re.search(r'action="([^"]+)"', page).group(1))
            prompt = re.search(r'name="prompt" value="(\w+)"', page).group(1)
            form = {"prompt": prompt, "login": self.login, "password": "any"}
        raise AssertionError("it never comes back")


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The provider, where this machine can have it: it is nothing that the venue itself needs."""
    if shutil.which("npm") is None or node_version() < NODE_MIN:
        pytest.skip(f"there is no npm with a node of {NODE_MIN} or later")
    folder = tmp_path_factory.mktemp("npm")
    installed = subprocess.run(["npm", "install", "--silent", "--prefix", folder, PACKAGE],
                               check=False, timeout=300)
    if installed.returncode != 0:
        pytest.skip(f"npm does not give {PACKAGE}")
    return folder / "node_modules"


def node_version():
    done = subprocess.run(["node", "--version"], text=True, capture_output=True, check=True)
    return int(done.stdout.strip().lstrip("v").split(".")[0])


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def page(venue):
    """A page to be sent to, which the user of the gateway may read."""
    path = venue.run_dir / unique("page")
    path.mkdir(mode=0o755)
    (path / "index.html").write_text("<!doctype html>")
    yield path
    shutil.rmtree(path)


@contextlib.contextmanager
def provided(venue, modules, folder, *secrets, **settings):
    """A gateway that takes sign-ins through the provider, as a venue; the provider may want secrets."""
    port, at, metrics_port = free_port(), free_port(), free_port()
    issuer = f"http://127.0.0.1:{port}"
    back = f"https://localhost:{at}/api/v1/auth/oidc/{NAME}/callback"
    script = str(__file__).replace("_test.py", "_provider.mjs")
    with open(folder / "provider.log", "w") as log, subprocess.Popen(
            ["node", script, str(modules), str(port), back, *secrets], stdout=log,
            stderr=log) as provider:
        try:
            wait_until(lambda: answers(issuer), 30, "the provider answers")
            with gateway_beside(venue, folder, BOURSE_HTTPS_PORT=at,
                                BOURSE_PUBLIC_URL=f"https://localhost:{at}",
                                BOURSE_OIDC_PROVIDER=NAME, BOURSE_OIDC_ISSUER=issuer,
                                BOURSE_OIDC_CLIENT_ID="bourse",
                                BOURSE_METRICS_PORT=metrics_port, **settings) as beside:
                beside.venue.metrics_port = metrics_port
                yield beside.venue
        finally:
            provider.kill()


@pytest.fixture(scope="module")
def gateway(venue, modules, page, tmp_path_factory):
    with provided(venue, modules, tmp_path_factory.mktemp("oidc"), BOURSE_WEB_DIR=page) as beside:
        yield beside


def registered(venue, verified=True, name="member"):
    """The address of a user who has only registered, or has verified it."""
    address = f"{unique(name)}@example.com"
    user = venue.public.post("auth/register", {"email": address, "password": PASSWORD,
                                               "full_name": "Mem Ber"}).ok(201)
    if verified:
        token = token_of(Mailbox(venue, address).wait("Confirm your e-mail address"))
        venue.public.post("auth/email/verify", {"token": token}).ok()
        wait_until(lambda: venue.sql("SELECT 1 FROM settings.users WHERE email_verified_at IS NOT"
                                     f" NULL AND id = '{user['id']}'"), 10, "it shows")
    return address


def begin(gateway, **query):
    """(the provider's address, the cookie of this browser)"""
    answer = gateway.public.get(f"auth/oidc/{NAME}/start", **query)
    answer.ok(302)
    return answer.headers["Location"], answer.headers["Set-Cookie"].split(";")[0]


def come_back(gateway, url, cookie, **headers):
    parts = urllib.parse.urlsplit(url)
    return gateway.public.get(f"{parts.path}?{parts.query}", headers={"Cookie": cookie, **headers})


def come_back_as_browser(gateway, url, cookie):
    answer = come_back(gateway, url, cookie, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    answer.ok(303)
    assert not answer.text
    return answer


def test_who_the_provider_vouches_for_signs_in(gateway):
    address = registered(gateway)
    url, cookie = begin(gateway)
    tokens = come_back(gateway, Browser(address).go(url), cookie).ok()
    assert tokens["user"]["email"] == address
    assert Session(gateway, tokens["access_token"]).get("auth/me").ok()["email"] == address


def test_the_way_there_has_a_challenge_a_state_and_a_nonce_of_its_own(gateway):
    (first, cookie), (second, _) = begin(gateway), begin(gateway)
    asked, other = (dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
                    for url in (first, second))
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"])
    assert cookie.startswith("__Host-bourse-oidc=")
    for name in ("state", "nonce", "code_challenge"):
        assert asked[name] != other[name]


def test_a_code_and_a_state_are_good_once(gateway):
    browser = Browser(registered(gateway))
    url, cookie = begin(gateway)
    back = browser.go(url)
    come_back(gateway, back, cookie).ok()
    come_back(gateway, back, cookie).refused(401, "UNAUTHENTICATED")
    again = browser.go(url)
    assert again != back
    come_back(gateway, again, cookie).refused(401, "UNAUTHENTICATED")


def failures(gateway):
    return counted(gateway.metrics_port, 'bourse_security_events_total{event="pkce_failed"}')


def test_another_browser_or_a_changed_state_signs_nobody_in(gateway):
    browser = Browser(registered(gateway))
    url, cookie = begin(gateway)
    _, other = begin(gateway)
    back = browser.go(url)
    before = failures(gateway)
    come_back(gateway, back, other).refused(401, "UNAUTHENTICATED")
    come_back(gateway, back, "x=y").refused(401, "UNAUTHENTICATED")
    come_back(gateway, back.replace("state=", "state=A"), cookie).refused(401, "UNAUTHENTICATED")
    assert failures(gateway) == before + 3
    come_back(gateway, back, cookie).ok()


@pytest.mark.parametrize("verified", [None, False], ids=["unknown", "not verified here"])
def test_an_account_is_opened_only_for_the_one_who_verified_the_address(gateway, verified):
    address = f"{unique('nobody')}@example.com" if verified is None \
        else registered(gateway, verified=False)
    url, cookie = begin(gateway)
    come_back(gateway, Browser(address).go(url), cookie).refused(401, "INVALID_CREDENTIALS")


def test_an_address_that_the_provider_has_not_verified_opens_nothing(gateway):
    address = registered(gateway, name="unverified")
    url, cookie = begin(gateway)
    come_back(gateway, Browser(address).go(url), cookie).refused(401, "UNAUTHENTICATED")


def test_a_page_gets_its_tokens_as_cookies(gateway):
    address = registered(gateway)
    url, cookie = begin(gateway, cookie="true")
    answer = come_back(gateway, Browser(address).go(url), cookie)
    assert "access_token" not in answer.ok()
    assert any("__Host-bourse-access=" in one for one in answer.headers.get_all("Set-Cookie"))


def test_a_browser_is_sent_to_the_page_with_its_cookies(gateway):
    address = registered(gateway)
    url, cookie = begin(gateway)
    answer = come_back_as_browser(gateway, Browser(address).go(url), cookie)
    assert answer.headers["Location"] == "/login#signed-in"
    set_cookies = [one.split(";")[0] for one in answer.headers.get_all("Set-Cookie")]
    me = gateway.public.get("auth/me", headers={"Cookie": "; ".join(set_cookies)})
    assert me.ok()["email"] == address


def test_a_browser_is_told_on_the_page_what_was_refused(gateway):
    url, cookie = begin(gateway)
    back = Browser(f"{unique('nobody')}@example.com").go(url)
    answer = come_back_as_browser(gateway, back, cookie)
    assert answer.headers["Location"] == "/login#refused=INVALID_CREDENTIALS"
    assert "__Host-bourse-access" not in str(answer.headers)
    answer = come_back_as_browser(gateway, back, "x=y")
    assert answer.headers["Location"] == "/login#refused=UNAUTHENTICATED"


def test_a_browser_is_asked_for_its_second_factor_on_the_page(gateway):
    address = registered(gateway)
    session = Session(gateway, gateway.login(address, PASSWORD).ok()["access_token"])
    secret = session.post("settings/2fa/enable").ok()["secret"]
    session.post("settings/2fa/verify", {"code": code_of(secret, -1)}).ok()
    url, cookie = begin(gateway)
    answer = come_back_as_browser(gateway, Browser(address).go(url), cookie)
    begins, challenge = answer.headers["Location"].split("=")
    assert begins == "/login#challenge"
    tokens = gateway.public.post("auth/login/2fa",
                                 {"challenge": challenge, "code": code_of(secret)}).ok()
    assert tokens["user"]["email"] == address


def test_a_page_is_told_which_providers_there_are(venue, gateway):
    assert gateway.public.get("auth/oidc").ok()["items"] == [{"name": NAME}]
    assert venue.public.get("auth/oidc").ok()["items"] == []


def test_there_are_no_other_providers(venue, gateway):
    gateway.public.get("auth/oidc/other/start").refused(404, "NOT_FOUND")
    gateway.public.get("auth/oidc/other/callback?code=1&state=2").refused(404, "NOT_FOUND")
    venue.public.get(f"auth/oidc/{NAME}/start").refused(404, "NOT_FOUND")


def test_the_secret_at_the_provider_is_changed_while_people_sign_in(venue, modules, tmp_path):
    file, agreed = SecretFile(venue, "first secret"), tmp_path / "secrets"
    agreed.write_text("first secret")
    with provided(venue, modules, tmp_path, str(agreed),
                  BOURSE_OIDC_CLIENT_SECRET_FILE=file.path) as gateway:
        browser, port = Browser(registered(gateway)), gateway.metrics_port

        def status():
            url, cookie = begin(gateway)
            return come_back(gateway, browser.go(url), cookie).status

        def signs_in():
            answered = status()
            return None if answered == 200 else f"a sign-in was answered {answered}"

        agreed.write_text("first secret\nsecond secret") # the provider's overlap
        with going_on(signs_in):
            file.write("second secret")
            wait_until(lambda: counted(port, 'bourse_settings_reread_total{group="oidc"}'), 20,
                       "the second secret is taken")
        agreed.write_text("second secret") # nobody is on the way with the first any more
        with going_on(signs_in):
            file.write("")
            wait_until(lambda: counted(port, 'bourse_settings_refused{group="oidc"}'), 20,
                       "the broken file is told")
        agreed.write_text("third secret")
        assert status() == 401
        file.write("third secret")
        wait_until(lambda: status() == 200, 20, "the third secret is taken")
    file.remove()
