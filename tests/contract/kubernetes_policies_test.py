#!/usr/bin/python3
"""kubernetes_policies_test.py CACHE - k8s/ against what matters to us (policies/, as conftest takes
them), and against what kube-score and checkov think of any cluster: nothing critical that
infra/explained.yaml does not explain. CACHE is a folder that may be kept: what reads policies (PyPI, 8 MB)
is put there where CI or BOURSE_TEST_FULL is set, the two programs (Go modules, PyPI; minutes), where they
are not on the path, with BOURSE_TEST_FULL alone."""
import copy
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

import kubernetes as k8s
from contracts import ROOT

sys.path.insert(0, str(ROOT / "infra"))
import advisories  # noqa: E402

CACHE = pathlib.Path(sys.argv.pop(1)).resolve()
POLICIES = pathlib.Path(__file__).resolve().parent / "policies"
# What is installed into a folder, which is $0: version, command, which setting asks for it.
TOOLS = {"regopy": ("1.5.2", "/usr/bin/python3 -m pip install -q --target $0 regopy==1.5.2",
                    ("CI", "BOURSE_TEST_FULL")),
         "checkov": ("3.3.30", "/usr/bin/python3 -m venv $0 && $0/bin/pip install -q checkov==3.3.30",
                     ("BOURSE_TEST_FULL",)),
         "kube-score": ("1.20.0", "GOBIN=$0/bin go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
                        ("BOURSE_TEST_FULL",))}
INSTALL_S = 1800


def installed(name):
    """The folder that a tool is installed in. SkipTest: it cannot be had."""
    version, command, wanted = TOOLS[name]
    folder = CACHE / f"{name}-{version}"
    ready = folder / "installed"
    if ready.exists():
        return folder
    if not any(os.environ.get(variable) for variable in wanted):
        raise unittest.SkipTest(f"{name} is not installed; {' or '.join(wanted)}=1 installs it")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run(["sh", "-c", command, folder], check=True, timeout=INSTALL_S, stdin=subprocess.DEVNULL)
    except subprocess.SubprocessError as error:
        raise unittest.SkipTest(f"{name} cannot be had: {error}") from error
    ready.touch()
    return folder


def program(name):
    return shutil.which(name) or installed(name) / "bin" / name


def said_of(objects, *command):
    """What a program says of objects in a file, whose path is the command's last argument."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump_all(objects, file)
        file.flush()
        done = subprocess.run([*command, file.name], text=True, capture_output=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@functools.lru_cache(maxsize=None)
def judge():
    """What reads our policies."""
    sys.path.append(str(installed("regopy")))
    import regopy
    found = regopy.Interpreter()
    found.add_module("venue", (POLICIES / "venue.rego").read_text())
    return found


def denied(objects):
    """The sentences of our policies about the objects."""
    judge().set_input([{"path": "", "contents": one} for one in objects])
    return sorted(json.loads(str(judge().query("data.main.deny")))["expressions"][0])


def set_at(objects, kind, path, value):
    """The objects with a value at a path of one of a kind; None takes away what is there."""
    changed = copy.deepcopy(objects)
    node = next(one for one in k8s.of_kind(changed, kind)
                if one["metadata"]["name"] == BROKEN.get(kind, one["metadata"]["name"]))
    for step in path[:-1]:
        node = node[step]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return changed


# Which of a kind is broken; of the others any.
BROKEN = {"Deployment": "gateway", "StatefulSet": "orders", "PodDisruptionBudget": "orders",
          "NetworkPolicy": "deny-all", "Service": "gateway"}
POD = ("spec", "template", "spec")
ONE = (*POD, "containers", 0)
BREACHES = (
    ("may run as root", "Deployment", (*POD, "securityContext", "runAsNonRoot"), False),
    ("somebody's", "Deployment", (*POD, "securityContext", "runAsUser"), 1000),
    ("any system call", "Deployment", (*POD, "securityContext", "seccompProfile"), None),
    ("shares its node's hostPID", "Deployment", (*POD, "hostPID"), True),
    ("sees its node's files", "Deployment", (*POD, "volumes", 0), {"name": "x", "hostPath": {"path": "/"}}),
    ("key to the cluster", "StatefulSet", (*POD, "automountServiceAccountToken"), None),
    ("may gain rights", "Job", (*ONE, "securityContext", "allowPrivilegeEscalation"), True),
    ("keeps capabilities", "Job", (*ONE, "securityContext", "capabilities", "add"), ["NET_RAW"]),
    ("may write to its root", "StatefulSet", (*ONE, "securityContext", "readOnlyRootFilesystem"), None),
    ("lets unrestricted pods in", "Namespace", ("metadata", "labels"), None),
    ("whose tag may change", "Deployment", (*ONE, "image"), "registry.example.org/bourse/gateway:latest"),
    ("without a tag", "Deployment", (*ONE, "image"), "gateway"),
    ("how much memory it may take", "StatefulSet", (*ONE, "resources", "limits", "memory"), None),
    ("did not ask for", "StatefulSet", (*ONE, "resources", "limits", "memory"), "8Gi"),
    ("has no startupProbe", "StatefulSet", (*ONE, "startupProbe"), None),
    ("when it is not ready", "Deployment", (*ONE, "livenessProbe", "httpGet", "path"), "/health/ready"),
    ("all of its instances at once", "PodDisruptionBudget", ("spec", "selector"), None),
    ("there is no policy that denies", "NetworkPolicy", ("spec", "policyTypes"), ["Ingress"]),
    ("lets everybody in", "NetworkPolicy", ("spec", "ingress"), [{"ports": [{"port": 1}]}]),
    ("opens a port of every node", "Service", ("spec", "type"), "NodePort"),
    ("has no certificate", "Ingress", ("spec", "tls"), None),
    ("is a secret in a file", "ConfigMap", ("kind",), "Secret"),
    ("from a secret", "Deployment", (*ONE, "env", 0),
     {"name": "BOURSE_X", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}),
)


class Policies(unittest.TestCase):
    def test_no_overlay_breaks_one(self):
        for name in k8s.OVERLAYS:
            self.assertEqual(denied(k8s.overlay(name)), [], name)

    def test_each_is_seen_to_deny_what_breaks_it(self):
        judge()
        objects = k8s.overlay("production")
        for sentence, kind, path, value in BREACHES:
            with self.subTest(sentence):
                said = denied(set_at(objects, kind, path, value))
                self.assertTrue(any(sentence in line for line in said), said)

    def test_each_has_a_breach_here(self):
        written = (POLICIES / "venue.rego").read_text().count("\ndeny contains ")
        self.assertEqual(written, len(BREACHES))


class Programs(unittest.TestCase):
    """What they find is explained, and what is explained they find."""

    def check(self, tool, find):
        findings = [one for name in k8s.OVERLAYS for one in find(k8s.overlay(name))]
        rows = advisories.explanations()
        self.assertEqual(advisories.unexplained(findings, rows), [])
        self.assertEqual(advisories.stale(findings, rows, [tool]), [])

    def test_kube_score_finds_nothing_critical(self):
        path = program("kube-score")
        self.check("kube-score", lambda objects: advisories.of_kube_score(
            said_of(objects, path, "score", "--output-format", "json")))

    def test_checkov_finds_nothing(self):
        path = program("checkov")
        self.check("checkov", lambda objects: advisories.of_checkov(
            said_of(objects, path, "--framework", "kubernetes", "--quiet", "--compact", "--output", "json",
                    "--skip-download", "-f")))


if __name__ == "__main__":
    if k8s.kustomize() is None:
        print("skipped: there is neither kubectl nor kustomize")
        sys.exit(77)
    result = unittest.main(exit=False, verbosity=2).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
