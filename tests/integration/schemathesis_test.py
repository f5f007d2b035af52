"""The running gateway against its whole OpenAPI document: no answer that is not in there, no 5xx, and
nothing refused for its form that the document allows, or taken that it does not."""
import json
import os
import subprocess
import sys

import pytest

from authorisation_test import OPERATIONS, OWN, OWNED, Owner, body_schema
from venue import PASSWORD, REPO, Trader, wait_until

PACKAGE = "schemathesis==4.32.5"
SEED = os.environ.get("BOURSE_SEED", "1")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The command, where this machine can have the package: it is nothing that the venue itself needs."""
    folder = tmp_path_factory.mktemp("schemathesis")
    made = subprocess.run([sys.executable, "-m", "venv", folder], check=False)
    if made.returncode != 0:
        pytest.skip("python3 cannot make a virtual environment")
    installed = subprocess.run([folder / "bin/pip", "install", "-q", PACKAGE], check=False)
    if installed.returncode != 0:
        pytest.skip(f"pip does not give {PACKAGE}")
    return folder / "bin/st"


class World:
    """A member of the staff who trades as well, and something of everything that paths name."""

    def __init__(self, venue):
        self.venue = venue
        self.owner = Owner(venue)
        self.market = self.owner.market
        self.victim = venue.trader("who is changed", EUR=1000)
        self.key = self.victim.post("settings/api-keys", {"name": "k", "scopes": ["read"]}).ok(201)
        self.maker = venue.maker(CEA=1000, EUA=1000)
        self.owner.user = self.promoted(self.owner.user)

    def promoted(self, trader):
        venue, email = self.venue, trader.user["email"]
        venue.admin().put(f"admin/users/{trader.user['id']}/role",
                          {"roles": ["user", "admin", "operator", "auditor"]}).ok()
        tokens = venue.login(email, PASSWORD).ok()
        someone = Trader(venue, tokens["access_token"], tokens["user"])
        wait_until(lambda: someone.get("admin/accounts").status == 200, 10, "it counts everywhere")
        return someone

    def market_order(self):
        return self.venue.admin().post("admin/market-orders", {
            "market_maker_id": self.maker["id"], "instrument": "CEA-EUR", "quantity": "1",
            "price": "1000000"}).ok(201)["id"]

    def parameters(self, name):
        """What the parameters of an operation's path are; none where any will do."""
        path = OPERATIONS[name][1].removeprefix("/api/v1/")
        if name in OWNED and name in OWN:
            return OWN[name][0](self.owner)
        by_start = {"admin/market-makers/": lambda: {"market_maker_id": self.maker["id"]},
                    "admin/market-orders/": lambda: {"id": self.market_order()},
                    "admin/accounts/": lambda: {"id": self.victim.account_id},
                    "drilldowns/accounts/": lambda: {"id": self.victim.account_id},
                    "admin/users/": lambda: {"id": self.victim.user["id"],
                                             "key_id": self.key["id"]},
                    "admin/logging/tickets/": lambda: {"ticket_id": self.maker["ticket_id"]}}
        for start, values in by_start.items():
            if path.startswith(start):
                return values()
        return {"symbol": self.market.symbol} if "{symbol}" in path else {}

    def rules(self):
        """Those in force, which stay so."""
        rules = self.venue.admin().get("admin/venue-rules").ok()
        return {name: rules[name]
                for name in body_schema(OPERATIONS["changeVenueRules"][2])["properties"]}

    def write(self, path):
        venue = self.venue
        path.write_text(json.dumps({
            "url": venue.url.geturl(), "authority": str(venue.run_dir / "tls/ca.pem"),
            "credentials": {"email": self.owner.user.user["email"], "password": PASSWORD},
            "bodies": {"changeVenueRules": self.rules()},
            "parameters": {name: self.parameters(name) for name in OPERATIONS}}, default=str))


@pytest.mark.disruptive
@pytest.mark.skipif(not os.environ.get("BOURSE_TEST_FULL"), reason="takes minutes, and the package")
def test_every_answer_is_as_the_document_says(venue, program, tmp_path):
    World(venue).write(tmp_path / "world.json")
    (tmp_path / "schemathesis.toml").write_text("max-stream-events = 2\n")
    done = subprocess.run(
        [program, "run", f"{venue.url.geturl()}/openapi.json", "--tls-verify",
         venue.run_dir / "tls/ca.pem", "--checks", "all", "--seed", SEED, "--no-shrink",
         "--continue-on-failure", "--generation-database", "none", "--warnings", "off",
         "--generation-allow-x00", "false", # no text of the venue's has U+0000
         "--no-color", "--phases", "examples,coverage,fuzzing,stateful", "-n", "10"],
        cwd=tmp_path, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
             "PYTHONPATH": str(REPO / "tests/integration"),
             "SCHEMATHESIS_WORLD": str(tmp_path / "world.json")})
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-20000:]
