#!/usr/bin/python3
"""compose_test.py - infra/compose.yaml runs what k8s/ runs: the same images, arguments, settings,
probes, rights and sizes as the overlay of one node."""
import re
import sys
import unittest

import yaml

import kubernetes as k8s
from contracts import ROOT
from kubernetes import container, environment, named, of_kind, template

COMPOSE = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())
SERVICES, GROUND = COMPOSE["services"], {"kafka", "postgres"}
DEV = k8s.overlay("dev") if k8s.kustomize() else []
WORKLOADS = {one["metadata"]["name"]: one for one in of_kind(DEV, *k8s.WORKLOADS) if one["kind"] != "CronJob"}
# Where broker, database and page are found is another matter here, and who is let in is the network's.
ELSEWHERE = {"BOURSE_KAFKA", "BOURSE_PG", "BOURSE_VAULT_PG", "BOURSE_PUBLIC_URL"}
ONLY_THERE = {"BOURSE_KAFKA_TLS_DIR", "BOURSE_TLS", "BOURSE_TRUSTED_PROXIES"}
ONLY_HERE = {"BOURSE_TLS_CERT_FILE", "BOURSE_TLS_KEY_FILE"}
UNITS = {"Mi": 2**20, "Gi": 2**30, "m": 2**20, "g": 2**30}


def seconds(text):
    return int(text.removesuffix("s"))


def size(text):
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
    return int(number) * UNITS[unit]


class Compose(unittest.TestCase):
    def test_it_has_every_process_and_what_they_stand_on(self):
        self.assertEqual(set(SERVICES), set(WORKLOADS) | GROUND)

    def test_each_runs_the_same_image_with_the_same_arguments(self):
        for name, workload in WORKLOADS.items():
            service = SERVICES[name]
            with self.subTest(name):
                image = container(workload)["image"].split("/")[-1]
                self.assertEqual(service["image"], f"bourse-{image}")
                self.assertEqual(service["command"], container(workload)["args"])
                self.assertNotIn("entrypoint", service)

    def test_each_has_the_same_settings(self):
        for name, workload in WORKLOADS.items():
            service = SERVICES[name]
            with self.subTest(name):
                here, there = dict(service["environment"]), environment(DEV, workload)
                self.assertEqual(set(here) - ONLY_HERE, set(there) - ONLY_THERE)
                for setting in set(here) - ONLY_HERE - ELSEWHERE:
                    self.assertEqual(here[setting], there[setting], setting)

    def test_the_database_knows_each_by_the_same_role(self):
        for name, workload in WORKLOADS.items():
            with self.subTest(name):
                here, there = SERVICES[name]["environment"], environment(DEV, workload)
                for setting in {"BOURSE_PG", "BOURSE_VAULT_PG"} & set(here):
                    words = there[setting].split()
                    self.assertEqual(here[setting].split(), ["host=postgres", *words[1:3]], setting)
        roles = {role["name"] for role in named(DEV, "Cluster", "bourse-postgres")["spec"]["managed"]["roles"]}
        self.assertEqual(set(SERVICES["postgres"]["environment"]["ROLES"].split()), roles | {"bourse"})

    def test_each_file_that_is_named_is_mounted(self):
        for name in WORKLOADS:
            service = SERVICES[name]
            with self.subTest(name):
                mounts = [volume.split(":")[1] for volume in service.get("volumes", [])]
                for setting, value in service["environment"].items():
                    if setting.endswith(("_FILE", "_DIR")) and not value.startswith("/usr/share/"):
                        self.assertIn(value, mounts, setting)

    def test_each_has_the_rights_of_its_pod_and_no_more(self):
        for name, workload in WORKLOADS.items():
            service = SERVICES[name]
            with self.subTest(name):
                pod = template(workload)["spec"]["securityContext"]
                one = container(workload)["securityContext"]
                self.assertEqual(service["user"], f"{pod['runAsUser']}:{pod['runAsGroup']}")
                self.assertEqual(service["read_only"], one["readOnlyRootFilesystem"])
                self.assertEqual(service["cap_drop"], one["capabilities"]["drop"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertEqual([text.split(":")[0] for text in service["tmpfs"]], ["/var/lib/bourse"])

    def test_each_may_take_as_much(self):
        for name, workload in WORKLOADS.items():
            service = SERVICES[name]
            with self.subTest(name):
                limits = container(workload)["resources"]["limits"]
                self.assertEqual(size(service["mem_limit"]), size(limits["memory"]))
                self.assertEqual(service["cpus"], int(limits["cpu"]))

    def test_each_is_healthy_when_its_pod_is_ready(self):
        for name, workload in WORKLOADS.items():
            service = SERVICES[name]
            with self.subTest(name):
                if workload["kind"] == "Job":
                    continue
                ports = {row["name"]: row["containerPort"] for row in container(workload)["ports"]}
                probe, start = (container(workload)[key] for key in ("readinessProbe", "startupProbe"))
                url = f"http://127.0.0.1:{ports[probe['httpGet']['port']]}{probe['httpGet']['path']}"
                check = service["healthcheck"]
                self.assertEqual(check["test"][-1], url)
                self.assertEqual([seconds(check["interval"]), seconds(check["timeout"]), check["retries"]],
                                 [probe["periodSeconds"], probe["timeoutSeconds"], probe["failureThreshold"]])
                self.assertEqual(seconds(check["start_period"]),
                                 start["periodSeconds"] * start["failureThreshold"])
                self.assertEqual(service["expose"], [str(ports["metrics"])])

    def test_each_has_as_long_to_end(self):
        for name, workload in WORKLOADS.items():
            service = SERVICES[name]
            with self.subTest(name):
                if workload["kind"] != "Job":
                    self.assertEqual(seconds(service["stop_grace_period"]),
                                     template(workload)["spec"].get("terminationGracePeriodSeconds", 30))

    def test_the_broker_is_set_as_a_stack_s_is(self):
        text = (ROOT / "infra/kafka/broker.properties.in").read_text()
        local = dict(re.findall(r"^([\w.]+)=(.*)$", text, re.MULTILINE))
        filled = {"@REPLICATION@": "1", "@MIN_ISR@": "1"}
        config = SERVICES["kafka"]["environment"]
        places = {"node.id", "process.roles", "log.dirs", "inter.broker.listener.name"}
        for name, value in local.items():
            key = "KAFKA_" + name.upper().replace(".", "_")
            if key in config and name not in places and not re.search("listener|quorum", name):
                self.assertEqual(config[key], filled.get(value, value), name)
        for name in ("auto.create.topics.enable", "unclean.leader.election.enable", "log.retention.ms",
                     "message.max.bytes", "replica.fetch.max.bytes"):
            self.assertIn("KAFKA_" + name.upper().replace(".", "_"), config)

    def test_nobody_outside_reaches_more_than_the_page(self):
        self.assertTrue(COMPOSE["networks"]["inside"]["internal"])
        self.assertEqual({name: one["ports"] for name, one in SERVICES.items() if "ports" in one},
                         {"gateway": ["127.0.0.1:8443:8443"]})
        outside = {name for name, one in SERVICES.items() if "outside" in one["networks"]}
        self.assertEqual(outside, {"gateway", "settings-deliverer"})


if __name__ == "__main__":
    if not DEV:
        print("skipped: there is neither kubectl nor kustomize")
        sys.exit(77)
    unittest.main()
