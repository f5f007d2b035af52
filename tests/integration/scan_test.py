"""The gateway as a scanner sees it: its TLS, and the headers of whatever it answers."""
import http.client
import json
import os
import shutil
import subprocess

import pytest

from venue import API

HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
TOLERATED = {"cert_revocation"} # the development authority has no list and no responder


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/health/live", 200), ("GET", "/openapi.json", 200), ("GET", "/nowhere", 404),
    ("GET", f"{API}/auth/me", 401), ("PUT", f"{API}/auth/me", 405),
    ("POST", f"{API}/auth/login", 422), ("GET", f"{API}/market/quotes?symbols=%ff", 400)])
def test_every_answer_has_the_headers_that_protect_it(public, method, path, status):
    answer = public.request(method, path)
    assert answer.status == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Permissions-Policy"] and answer.headers["X-Request-Id"]
    for name in ("Server", "X-Powered-By", "Access-Control-Allow-Origin"):
        assert answer.headers[name] is None


def test_plain_http_only_redirects(venue):
    connection = http.client.HTTPConnection("localhost", int(venue.settings["BOURSE_HTTP_PORT"]))
    connection.request("POST", f"{API}/auth/login?next=1", "{}")
    answer = connection.getresponse()
    assert answer.status == 308
    assert answer.headers["Location"] == f"https://localhost:{venue.url.port}{API}/auth/login?next=1"
    connection.close()


@pytest.mark.skipif(not shutil.which("testssl") or not os.environ.get("BOURSE_TEST_FULL"),
                    reason="takes minutes, and the package testssl.sh")
def test_testssl_finds_nothing_at_medium_or_above(venue, tmp_path):
    found = tmp_path / "found.json"
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--severity",
                    "MEDIUM", "--add-ca", venue.run_dir / "tls/ca.pem", "--jsonfile", found,
                    f"localhost:{venue.url.port}"], stdout=subprocess.DEVNULL, check=False)
    grave = [row for row in json.loads(found.read_text())
             if row["severity"] in ("MEDIUM", "HIGH", "CRITICAL") and row["id"] not in TOLERATED]
    assert grave == []
