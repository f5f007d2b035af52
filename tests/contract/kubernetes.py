"""What the tests of k8s/ share: the overlays as Kustomize renders them, and the settings table."""
import collections
import functools
import pathlib
import re
import shutil
import subprocess

import yaml

from contracts import ROOT

K8S = ROOT / "k8s"
OVERLAYS = sorted(path.name for path in (K8S / "overlays").iterdir())
IMAGES = re.search(r"^readonly IMAGES=\((.*)\)$", (ROOT / "infra/images").read_text(), re.MULTILINE)[1].split()
WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")

Process = collections.namedtuple("Process", "name program arguments")
LABEL = re.compile(r"metadata\.labels\['(.+)'\]")
ROW = re.compile(r'^    "(\S+) +\d+ services/\w+/(\S+?)(?: (--\w+))?"$', re.MULTILINE)


def kustomize():
    """The command that renders a folder, a list without the folder; None: there is none."""
    for command in (["kubectl", "kustomize"], ["kustomize", "build"]):
        if shutil.which(command[0]):
            return command
    return None


@functools.lru_cache(maxsize=None)
def render(folder):
    """The text of a folder below k8s/."""
    return subprocess.run([*kustomize(), K8S / folder], text=True, capture_output=True, check=True).stdout


@functools.lru_cache(maxsize=None)
def overlay(name):
    """The objects of an overlay. Tests change none of them."""
    return [one for one in yaml.safe_load_all(render(f"overlays/{name}")) if one]


def of_kind(objects, *kinds):
    return [one for one in objects if one["kind"] in kinds]


def long_lived(objects):
    """What a development stack runs, too: not what calls the gateway as clients do."""
    return [one for one in of_kind(objects, "Deployment", "StatefulSet") if component(one) != "client"]


def named(objects, kind, name):
    found = [one for one in of_kind(objects, kind) if one["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} objects are {kind} {name}"
    return found[0]


def template(workload):
    """The pod template of a workload."""
    spec = workload["spec"]
    return (spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"]


def container(workload):
    containers = template(workload)["spec"]["containers"]
    assert len(containers) == 1
    return containers[0]


def component(workload):
    return template(workload)["metadata"]["labels"]["app.kubernetes.io/component"]


def environment(objects, workload):
    """{setting: value} of a workload, its ConfigMaps resolved, and what its labels say."""
    values, labels = {}, {}
    one = container(workload)
    for source in one.get("envFrom", []):
        values.update(named(objects, "ConfigMap", source["configMapRef"]["name"])["data"])
    for row in one.get("env", []):
        if "valueFrom" in row:
            label = LABEL.fullmatch(row["valueFrom"]["fieldRef"]["fieldPath"]).group(1)
            labels[f"$({row['name']})"] = template(workload)["metadata"]["labels"][label]
            continue
        value = row["value"]
        for name, said in labels.items(): # of those that stand before it
            value = value.replace(name, said)
        assert "$(" not in value, value
        values[row["name"]] = value
    return values


def processes():
    """The processes that a development stack starts, from infra/lib.sh."""
    text = pathlib.Path(ROOT / "infra/lib.sh").read_text()
    found = [Process(name, program, [argument] if argument else [])
             for name, program, argument in ROW.findall(text)]
    assert len(found) >= 13
    return found


def settings(program):
    """The rows of the settings table, as the program settings_table prints them."""
    import configuration
    said = subprocess.run([program], text=True, capture_output=True, check=True).stdout
    return {row.name: row for row in configuration.rows(said)}
