"""The images of infra/containers: built, started as a cluster starts them, and serving."""
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from own_stack import stack_of_its_own
from venue import REPO

BUILT = REPO / "build/images"
COMPOSE = yaml.safe_load((REPO / "infra/compose.yaml").read_text())["services"]
USER = "10001:10001"
pytestmark = [pytest.mark.disruptive,
              pytest.mark.skipif(not os.environ.get("BOURSE_TEST_FULL"), reason="builds for minutes"),
              pytest.mark.skipif("BOURSE_PRESET" in os.environ, reason="images are of a release"),
              pytest.mark.skipif(os.geteuid() != 0, reason="images are built as root")]


@pytest.fixture(scope="module", autouse=True)
def built():
    done = subprocess.run([REPO / "infra/images"], text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    print(done.stdout)
    yield
    subprocess.run([REPO / "infra/images", "--wipe"], check=True)


def images():
    return sorted(path.stem for path in (BUILT / "roots").glob("*.entry"))


def run_in(image, *command, user=USER):
    return subprocess.run([REPO / "infra/containers/run", user, image, *command], text=True, check=False,
                          capture_output=True)


def infra(*command):
    done = subprocess.run([REPO / "infra" / command[0], *command[1:]], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def status(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                if ":\t" in line)


def root_options(pid):
    """How the root of a process is mounted."""
    rows = [line.split() for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    return next(row[5].split(",") for row in rows if row[4] == "/")


def processes():
    """(name, pid of its entry point, pid of its program) of each of the stack's services."""
    for name in infra("process", "names").split():
        if name in COMPOSE and name not in ("kafka", "postgres"):
            entry = infra("process", "pid", name)
            program = pathlib.Path(f"/proc/{entry}/task/{entry}/children").read_text().strip()
            yield name, entry, program


def test_a_venue_of_images_does_what_it_is_there_for():
    with stack_of_its_own(images=True):
        seen = set()
        for name, entry, program in processes():
            seen.add(name)
            assert os.readlink(f"/proc/{entry}/exe").endswith("/usr/bin/tini"), name
            assert os.readlink(f"/proc/{program}/exe").endswith(COMPOSE[name]["command"][0]), name
            for pid in (entry, program):
                said = status(pid)
                assert "0" not in said["Uid"].split(), name
                assert int(said["CapEff"], 16) == 0 and said["NoNewPrivs"] == "1", name
                assert "ro" in root_options(pid), name
            assert healthy(name, program), name
        assert seen == set(COMPOSE) - {"init", "kafka", "postgres"}
        assert re.search(r"\d+ passed", infra("smoke"))


def healthy(name, pid):
    """Whether the health check of compose.yaml, run in the process's image, says so."""
    environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    port = next(row.split("=")[1] for row in environment if row.startswith("BOURSE_METRICS_PORT="))
    _, *check = COMPOSE[name]["healthcheck"]["test"]
    image = COMPOSE[name]["image"].split(":")[0].removeprefix("bourse-")
    return run_in(image, *[word.replace(":9090/", f":{port}/") for word in check]).returncode == 0


def test_an_image_has_its_program_and_nothing_to_work_with():
    for image in images():
        root = (BUILT / "roots" / image).resolve()
        ours = [path.name for path in (root / "usr/bin").glob("bourse*")]
        assert ours == ["bourse" if image == "cli" else f"bourse-{image}"]
        for tool in ("sh", "bash", "dash", "apt", "dpkg", "perl", "python3"):
            assert not (root / "usr/bin" / tool).exists(), (image, tool)
        assert (BUILT / "roots" / f"{image}.entry").read_text().split() == ["/usr/bin/tini", "--"]


def test_not_even_root_writes_to_an_image():
    for image in images():
        for path in ("/x", "/usr/bin/x", "/etc/x"):
            said = run_in(image, "/usr/bin/curl", "-s", "-o", path, "file:///etc/passwd", user="0:0")
            assert said.returncode == 23, (image, path, said)  # curl's for what it cannot write


def test_a_bill_of_materials_names_what_is_in_its_image():
    for image in images():
        root = (BUILT / "roots" / image).resolve()
        bill = json.loads((BUILT / f"sbom/bourse-{image}.cdx.json").read_text())
        assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
        named = {one["name"] for one in bill["components"] if one["type"] == "library"}
        assert named == {path.name for path in (root / "var/lib/dpkg/status.d").iterdir()}
        assert {"libc6", "librdkafka1", "tini"} <= named and "perl-base" not in named
        program = next(one for one in bill["components"] if one["type"] == "application")
        said = subprocess.run(["sha256sum", root / "usr/bin" / program["name"]], text=True, check=True,
                              capture_output=True).stdout
        assert program["hashes"][0]["content"] == said.split()[0]


def test_what_was_stripped_lies_beside():
    for image in images():
        program = next((BUILT / "roots" / image).resolve().glob("usr/bin/bourse*"))
        sections = subprocess.run(["readelf", "--sections", "--wide", program], text=True, check=True,
                                  capture_output=True).stdout
        assert ".debug_info" not in sections and ".gnu_debuglink" in sections
        found = subprocess.run(["readelf", "--sections", "--wide", BUILT / f"debug/{program.name}.debug"],
                               text=True, check=True, capture_output=True).stdout
        assert ".debug_info" in found
