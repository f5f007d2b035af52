"""What the processes of a stack count."""
import re
import urllib.request

from venue import REPO

ROW = re.compile(r'^    "(\S+) +(\d+) services/', re.MULTILINE)


def ports(venue):
    """The metrics port of each service, by its name."""
    base = int(venue.settings["BOURSE_METRICS_PORT"])
    rows = ROW.findall((REPO / "infra/lib.sh").read_text())
    return {name: base + int(number) for name, number in rows}


def page(port, accept="*/*"):
    """The page of a process: what it says it is, and its text."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def counted(port, series):
    """The value of a series, as it is written on the page; 0: nothing has counted it yet."""
    found = re.search(rf"^{re.escape(series)} (\d+)$", page(port)[1], re.MULTILINE)
    return int(found.group(1)) if found else 0
