#!/usr/bin/python3
"""kubernetes_server_test.py CACHE - a real API server takes k8s/: each overlay, applied to it as a dry run of the
server's own (admission, defaults, validation, field ownership), pods of a restricted namespace included; and what the
runbooks type to a cluster, with production in it, of which no controller makes anything. The server is built of Kubernetes' Go modules with its etcd inside (apiserver/, the first time for half an hour), and knows the
custom resources by the definitions that their projects publish (definitions.py). CACHE is a folder that may be kept:
what is built is put there, with BOURSE_TEST_FULL alone."""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import yaml

import kubernetes as k8s
import readme_commands_test as typed
from contracts import ROOT
from definitions import definitions

CACHE = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCES = pathlib.Path(__file__).resolve().parent / "apiserver"
VERSION = "1.34.2"
BUILD_S, START_S = 5400, 120


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def go(*arguments, **options):
    environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=readonly", GOMEMLIMIT="3GiB")
    return subprocess.run(["go", *arguments], env=environment, text=True, capture_output=True, check=True,
                          **options).stdout


def program():
    """The server, built where it is not there yet."""
    target = CACHE / f"apiserver-{VERSION}"
    if target.exists():
        return target
    if os.environ.get("BOURSE_TEST_FULL") != "1":
        skip(f"the API server is not built; BOURSE_TEST_FULL=1 builds it into {CACHE}")
    if shutil.which("go") is None:
        skip("there is no Go to build an API server with")
    CACHE.mkdir(parents=True, exist_ok=True)
    building = target.with_suffix(".building")
    go("build", "-p", "1", "-trimpath", "-ldflags", f"-s -w -X k8s.io/component-base/version.gitVersion=v{VERSION} "
       "-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34",
       "-o", str(building), ".", cwd=SOURCES, timeout=BUILD_S)
    building.rename(target)
    return target


def free_ports(count):
    with contextlib.ExitStack() as stack:
        bound = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in bound:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in bound]


def certificate(folder):
    """A key to sign service accounts' tokens with, and whom the server lets in by a token of ours."""
    subprocess.run(["openssl", "genrsa", "-out", folder / "sa.key", "2048"], check=True, capture_output=True)
    (folder / "tokens.csv").write_text("secret,operator,1,system:masters\n")


class Server:
    """An API server and how to ask it."""

    def __init__(self, folder, port):
        self.folder = folder
        self.config = folder / "kubeconfig"
        self.config.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": f"https://127.0.0.1:{port}",
                                                    "insecure-skip-tls-verify": True}}],
            "users": [{"name": "it", "user": {"token": "secret"}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it", "namespace": "bourse"}}]}))

    def kubectl(self, *arguments, text=None):
        return subprocess.run(["kubectl", "--kubeconfig", self.config, *arguments], text=True, check=False,
                              input=text, capture_output=True)

    def apply(self, objects, *options):
        """(what was said, how it ended) of objects that are applied by the server."""
        done = self.kubectl("apply", "--server-side", *options, "-f", "-",
                            text=yaml.safe_dump_all(objects))
        return done.stdout + done.stderr, done.returncode

    def wait(self, what, *arguments):
        until = time.monotonic() + START_S
        while self.kubectl(*arguments).returncode != 0:
            assert time.monotonic() < until, f"{what}: {(self.folder / 'log').read_text()[-4000:]}"
            time.sleep(0.2)


@contextlib.contextmanager
def running():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        port, etcd, peer = free_ports(3)
        certificate(folder)
        arguments = [program(), folder / "etcd", str(etcd), str(peer), "--bind-address=127.0.0.1",
                     f"--secure-port={port}", f"--cert-dir={folder}/tls", f"--token-auth-file={folder}/tokens.csv",
                     "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
                     "--service-account-issuer=https://venue.example",
                     f"--service-account-key-file={folder}/sa.key",
                     f"--service-account-signing-key-file={folder}/sa.key",
                     "--disable-admission-plugins=ServiceAccount"] # whose controller runs nowhere here
        with open(folder / "log", "w") as log, subprocess.Popen(arguments, stdout=log, stderr=log) as process:
            try:
                server = Server(folder, port)
                server.wait("it is ready", "get", "--raw", "/readyz")
                yield server
            finally:
                process.terminate()


def known(objects, missing):
    """Without those whose definitions could not be had."""
    return [one for one in objects if one["apiVersion"].split("/")[0] not in missing]


def pod(workload):
    """What its controller would make of a workload, with the volumes that it would claim."""
    template = k8s.template(workload)
    claims = [one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", [])]
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": workload["metadata"]["name"], "namespace": workload["metadata"]["namespace"],
                         "labels": template["metadata"]["labels"]},
            "spec": dict(template["spec"], volumes=template["spec"].get("volumes", []) + volumes)}


# What the runbooks type that needs what makes pods of it, and is left out here.
NO_PODS = re.compile(r"kubectl (logs|rollout status) ")


class DryRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(running())
        found, cls.missing = definitions(CACHE)
        done = cls.server.kubectl("apply", "--server-side", "-f", "-", text="\n---\n".join(found))
        assert done.returncode == 0, done.stderr
        cls.server.wait("definitions are in force", "wait", "--for=condition=established", "--timeout=60s",
                        "crd", "--all")
        for name in k8s.OVERLAYS: # which are really made, for what is in them is asked about them
            spaces = k8s.of_kind(k8s.overlay(name), "Namespace")
            said, status = cls.server.apply(spaces, "--force-conflicts")
            assert status == 0, said

    def test_every_overlay_would_be_taken(self):
        for name in k8s.OVERLAYS:
            with self.subTest(name):
                objects = known(k8s.overlay(name), self.missing)
                said, status = self.server.apply(objects, "--dry-run=server", "--validate=strict")
                self.assertEqual(status, 0, said)
                taken = [line for line in said.splitlines() if line.endswith("serverside-applied (server dry run)")]
                self.assertEqual(len(taken), len(objects), said)
                self.assertNotIn("Warning", said)

    def test_pods_are_as_a_restricted_namespace_wants_them(self):
        """What the templates say is held against it by the server itself, which refuses pods, and only warns of
        what makes them."""
        for name in k8s.OVERLAYS:
            with self.subTest(name):
                pods = [pod(workload) for workload in k8s.of_kind(k8s.overlay(name), *k8s.WORKLOADS)]
                said, status = self.server.apply(pods, "--dry-run=server", "--validate=strict")
                self.assertEqual(status, 0, said)
                self.assertNotIn("Warning", said)

    def test_what_is_wrong_is_refused(self):
        """So that the others' silence says something."""
        objects = known(k8s.overlay("production"), self.missing)
        as_root = pod(k8s.named(objects, "StatefulSet", "orders"))
        as_root["spec"] = dict(as_root["spec"], securityContext={"runAsUser": 0})
        wrong = {
            "StatefulSet": lambda one: one["spec"].update(serviceName="a b"),
            "NetworkPolicy": lambda one: one["spec"].update(policyTypes=["Sideways"]),
            "Cluster": lambda one: one["spec"].update(instances="three"),
            "Certificate": lambda one: one["spec"].pop("secretName"),
            "KafkaNodePool": lambda one: one["spec"].pop("replicas"),
            "PrometheusRule": lambda one: one["spec"]["groups"][0].pop("name"),
        }
        for kind, spoil in wrong.items():
            with self.subTest(kind):
                if not k8s.of_kind(objects, kind):
                    continue
                spoiled = yaml.safe_load(yaml.safe_dump(k8s.of_kind(objects, kind)[0]))
                spoil(spoiled)
                said, status = self.server.apply([spoiled], "--dry-run=server", "--validate=strict")
                self.assertNotEqual(status, 0, said)
        said, status = self.server.apply([as_root], "--dry-run=server")
        self.assertNotEqual(status, 0, said)
        self.assertIn("violates PodSecurity", said)


class Runbooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(running())
        found, cls.missing = definitions(CACHE)
        done = cls.server.kubectl("apply", "--server-side", "-f", "-", text="\n---\n".join(found))
        assert done.returncode == 0, done.stderr
        cls.server.wait("definitions are in force", "wait", "--for=condition=established", "--timeout=60s",
                        "crd", "--all")

    def type_in(self, command):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, text=True, check=False,
                              capture_output=True, env=dict(os.environ, KUBECONFIG=str(self.server.config)))
        self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")

    def test_what_the_runbooks_type_to_a_cluster_is_taken(self):
        commands = [command for command in typed.of_cluster() if not NO_PODS.match(command)]
        made = [command for command in commands if " apply -k " in command]
        self.assertTrue(made)
        if self.missing:
            self.skipTest(f"the definitions of {self.missing} could not be had")
        # The namespace has to be there before what is in it, and a client's own apply does not wait.
        said, status = self.server.apply(k8s.of_kind(k8s.overlay("production"), "Namespace"))
        self.assertEqual(status, 0, said)
        for command in [made[0], *commands]:
            with self.subTest(command):
                self.type_in(command)
        # What was scaled away is back by the last of them, which applies the overlay.
        wanted = k8s.named(k8s.overlay("production"), "StatefulSet", "orders")["spec"]["replicas"]
        there = self.server.kubectl("get", "statefulset", "orders", "-o", "jsonpath={.spec.replicas}").stdout
        self.assertEqual(there, str(wanted))


if __name__ == "__main__":
    if k8s.kustomize() is None or shutil.which("kubectl") is None:
        skip("there is no kubectl")
    program()
    unittest.main()
