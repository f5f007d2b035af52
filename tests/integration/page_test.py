"""The gateway serves a page beside the API: its files as they were built, its views by index.html."""
import gzip
import shutil

import pytest

from gateways import gateway_beside
from venue import unique

SCRIPT = b"console.log('page');\n" * 100
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
POLICY = "Content-Security-Policy"


@pytest.fixture(scope="module")
def folder(venue):
    """One that the user of the gateway may read."""
    path = venue.run_dir / unique("page")
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def public(venue, folder, tmp_path_factory):
    """Nobody in particular, at a gateway that has a page."""
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html><p>page")
    (folder / "assets/index-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets/index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets/index-1a2b.js.br").write_bytes(b"brotli of it")
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway"), BOURSE_WEB_DIR=folder) as gateway:
        yield gateway.venue.public


def test_what_has_its_hash_in_its_name_is_kept_for_ever_and_sent_as_it_was_compressed(public):
    path = "/assets/index-1a2b.js"
    plain = public.get(path)
    assert plain.ok() is None and plain.text == SCRIPT.decode()
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    sizes = {None: len(SCRIPT), "br": len(b"brotli of it"), "gzip": len(gzip.compress(SCRIPT))}
    for sent, coding in (("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0", None)):
        answer = public.get(path, headers={"Accept-Encoding": sent})
        assert answer.headers["Content-Encoding"] == coding, sent
        assert int(answer.headers["Content-Length"]) == sizes[coding], sent
        assert answer.headers["Vary"] == "Accept-Encoding" or coding is None


def test_the_start_page_is_asked_for_anew_and_sent_once(public):
    answer = public.get("/", headers=HTML)
    assert answer.text == "<!doctype html><p>page"
    assert answer.headers["Cache-Control"] == "no-cache"
    again = public.get("/", headers={**HTML, "If-None-Match": answer.headers["ETag"]})
    assert again.status == 304 and again.text == ""
    twin = public.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "gzip"})
    again = public.get("/assets/index-1a2b.js",
                       headers={"Accept-Encoding": "gzip", "If-None-Match": twin.headers["ETag"]})
    assert again.status == 304


def test_a_page_may_load_nothing_but_what_the_venue_serves(public):
    policy = public.get("/", headers=HTML).headers[POLICY]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert "script-src" not in public.get("market/quotes").headers[POLICY]


def test_a_view_is_the_page_and_what_the_api_does_not_have_is_a_problem(public):
    assert public.get("/admin/market-makers", headers=HTML).text == "<!doctype html><p>page"
    for path in ("/api/v1/nothing", "/api", "/docs/nothing.html", "/schemas/nothing"):
        public.get(path, headers=HTML).refused(404, "NOT_FOUND")
    public.get("/admin/market-makers").refused(404, "NOT_FOUND")
    public.get("/assets/index-0000.js").refused(404, "NOT_FOUND")
    assert public.request("POST", "/admin/market-makers", {}).status == 404


def test_no_path_leads_out_of_the_folder(public):
    for path in ("/../../etc/passwd", "/assets/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                 "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/assets//etc/passwd"):
        answer = public.get(path)
        assert answer.status in (400, 404), path
        assert "root:" not in answer.text


def test_a_gateway_without_a_page_is_as_ever(venue, tmp_path):
    with gateway_beside(venue, tmp_path) as gateway:
        gateway.venue.public.get("/", headers=HTML).refused(404, "NOT_FOUND")
        gateway.venue.public.get("/health").ok()


def test_a_folder_without_a_page_is_no_start(venue, tmp_path):
    with pytest.raises(AssertionError, match="has no index.html"):
        with gateway_beside(venue, tmp_path, BOURSE_WEB_DIR=venue.run_dir / "tls"):
            pass
