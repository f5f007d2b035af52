#!/usr/bin/python3
"""kubernetes_schemas_test.py CACHE - every object of Kubernetes' own kinds in k8s/ is what the API of
the three latest releases takes. CACHE is a folder that may be kept: the schemas (PyPI, 140 MB) are put
there, where CI or BOURSE_TEST_FULL is set."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

import kubernetes as k8s

PACKAGE, RELEASES = "kubernetes-validate==1.37.0", ("1.35.0", "1.36.0", "1.37.0")
OTHERS = (".strimzi.io", ".cnpg.io", "cert-manager.io", ".coreos.com")  # whose schemas it does not have
FOLDER = pathlib.Path(sys.argv.pop(1), PACKAGE).resolve()
INSTALL_S = 300  # a quiet machine takes 15


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def program():
    """Where the program is, once it is installed."""
    found, ready = FOLDER / "bin/kubernetes-validate", FOLDER / "installed"
    if not ready.exists():
        if not (os.environ.get("CI") or os.environ.get("BOURSE_TEST_FULL")):
            skip(f"{PACKAGE} is not installed; CI=true or BOURSE_TEST_FULL=1 installs it")
        try:
            for command in ([sys.executable, "-m", "venv", "--clear", FOLDER],
                            [FOLDER / "bin/pip", "install", "-q", "--no-compile", PACKAGE]):
                subprocess.run(command, check=True, timeout=INSTALL_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            skip(f"pip does not give {PACKAGE}: {error}")
        ready.touch()
    return found


def is_kubernetes_own(one):
    return not one["apiVersion"].split("/")[0].endswith(OTHERS)


class Schemas(unittest.TestCase):
    def test_every_object_is_as_the_releases_have_it(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder, f"{name}.yaml") for name in k8s.OVERLAYS]
            for name, path in zip(k8s.OVERLAYS, paths):
                path.write_text(yaml.safe_dump_all(filter(is_kubernetes_own, k8s.overlay(name))))
            for release in RELEASES:
                said = subprocess.run([program(), "--strict", "--kubernetes-version", release, *paths],
                                      text=True, capture_output=True, check=False)
                wrong = [line for line in (said.stdout + said.stderr).splitlines()
                         if " passed for " not in line]
                self.assertEqual((said.returncode, wrong), (0, []), release)


if __name__ == "__main__":
    if k8s.kustomize() is None:
        skip("there is neither kubectl nor kustomize")
    program()
    unittest.main()
