"""A registry of one's own: Apicurio takes every schema under the venue's ids, and stock deserializers read by it what they
read by the venue's. Needs Maven, a Java of 21 or later and 160 MB from Maven's repository."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from venue import REPO, wait_until

pytestmark = pytest.mark.skipif(not os.environ.get("BOURSE_TEST_FULL"), reason="takes minutes")
KIT = REPO / "infra/analytics"
ARTIFACT, JAVA_MIN = "io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all", 21
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"


def java():
    """A Java that is new enough; None: there is none."""
    for path in [shutil.which("java"), *sorted(pathlib.Path("/usr/lib/jvm").glob("*/bin/java"))]:
        said = path and subprocess.run([path, "-version"], text=True, capture_output=True, check=False).stderr
        version = re.search(r'version "(\d+)', said or "")
        if version and int(version[1]) >= JAVA_MIN:
            return path
    return None


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/apis/ccompat/v7/subjects", timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


@pytest.fixture(scope="module")
def apicurio(tmp_path_factory):
    """Its address."""
    folder, runs = tmp_path_factory.mktemp("apicurio"), java()
    if runs is None or shutil.which("mvn") is None:
        pytest.skip(f"there is no Maven with a Java of {JAVA_MIN} or later")
    fetched = subprocess.run(["mvn", "-q", f"{PLUGIN}:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"],
                             check=False, timeout=600, cwd=folder)
    if fetched.returncode != 0:
        pytest.skip(f"Maven does not give {ARTIFACT}")
    archive, = folder.glob("*.tar.gz")
    subprocess.run(["tar", "xzf", archive, "-C", folder], check=True)
    with socket.socket() as free, socket.socket() as other:
        free.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, management = free.getsockname()[1], other.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen([runs, "-Xmx384m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}",
                           f"-Dquarkus.management.port={management}", "-jar", folder / "quarkus-run.jar"], cwd=folder,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(url), 300, "Apicurio answers")
            yield url
        finally:
            process.kill()


def publish(apicurio):
    return subprocess.run([KIT / "apicurio.py", apicurio], text=True, capture_output=True, check=True, timeout=600).stdout


def test_every_schema_is_published_under_its_id_once(apicurio, public):
    first, again = publish(apicurio), publish(apicurio)
    subjects = len(public.get("/subjects").ok())
    assert f" of {subjects} subjects are in {apicurio}; " in first and not first.endswith("; 0 versions are new\n")
    assert again.endswith("; 0 versions are new\n")


def test_the_stock_deserializer_reads_by_it_what_it_reads_by_the_venue_s(apicurio, tmp_path, venue):
    publish(apicurio)
    venue.maker("mirrored")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "kit"], check=True)
    subprocess.run([tmp_path / "kit/bin/pip", "install", "-q", "-r", KIT / "requirements.txt"], check=True, timeout=600)
    end = venue.bourse("events", "tail", "accounts").stdout.count("\n")
    read = {}
    for name, settings in (("venue", {}), ("apicurio", {"BOURSE_REGISTRY": f"{apicurio}/apis/ccompat/v7", "BOURSE_CA": ""})):
        subprocess.run([tmp_path / "kit/bin/python", KIT / "export.py", "bourse.accounts.events", tmp_path / name, "--csv",
                        "--type", "MarketMakerCreated", "--to", str(end)], check=True, timeout=600,
                       env={**os.environ, **settings})
        read[name] = (tmp_path / name / "bourse.accounts.events/MarketMakerCreated.csv").read_text()
    assert read["venue"] == read["apicurio"] and len(read["venue"].splitlines()) > 1
