#!/usr/bin/python3
"""kubernetes_test.py BUILD - what k8s/ renders runs what a development stack runs, with settings that
its programs take, and keeps what this project promises of its pods. BUILD is the build folder."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from contracts import ROOT

sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "k8s")]
import kafka_users  # noqa: E402
import postgres_users  # noqa: E402
import kubernetes as k8s  # noqa: E402
from kubernetes import component, container, environment, named, of_kind, template  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1))
TABLE = k8s.settings(BUILD / "tests/contract/settings_table")
READERS = {"client": "caller"}  # whose name is the component's where nothing else stands here
PEM = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"
HEX = bytes(range(32)).hex()
CONTENTS = {"BOURSE_SEAL_KEY_FILE": HEX, "BOURSE_SIGNING_KEY_FILE": HEX,
            "BOURSE_ADMIN_PASSWORD_FILE": "correct horse battery staple"}


def of_all(kinds):
    """(what it is, the objects of its overlay, object) of every object of these kinds."""
    for name in k8s.OVERLAYS:
        objects = k8s.overlay(name)
        for one in of_kind(objects, *kinds):
            yield f"{name}: {one['kind']} {one['metadata']['name']}", objects, one


class Processes(unittest.TestCase):
    def test_each_process_of_a_stack_is_one_workload_with_its_program_and_arguments(self):
        wanted = {p.name: [f"/usr/bin/{p.program}", *p.arguments] for p in k8s.processes()}
        for name in k8s.OVERLAYS:
            found = {one["metadata"]["name"]: container(one)["args"]
                     for one in k8s.long_lived(k8s.overlay(name))}
            self.assertEqual(found, wanted, name)

    def test_each_has_a_name_of_its_own_and_may_be_moved(self):
        for title, objects, one in of_all(("Deployment", "StatefulSet")):
            with self.subTest(title):
                name = one["metadata"]["name"]
                selector = {"matchLabels": {"app.kubernetes.io/name": name}}
                self.assertEqual(one["spec"]["selector"], selector)
                self.assertEqual(template(one)["spec"]["serviceAccountName"], name)
                self.assertFalse(named(objects, "ServiceAccount", name)["automountServiceAccountToken"])
                budget = named(objects, "PodDisruptionBudget", name)["spec"]
                self.assertEqual(budget, {"maxUnavailable": 1, "selector": selector})

    def test_what_only_one_may_be_is_one(self):
        """Of two projectors each ends for the other's sake, again and again."""
        for title, _, one in of_all(("StatefulSet",)):
            with self.subTest(title):
                if component(one) in ("projector", "signer"):
                    self.assertEqual(one["spec"]["replicas"], 1)
        for title, _, one in of_all(("HorizontalPodAutoscaler", "ScaledObject")):
            with self.subTest(title):
                self.assertEqual(one["spec"]["scaleTargetRef"]["name"], "gateway")


class Settings(unittest.TestCase):
    def test_each_is_in_the_table_and_read_by_who_has_it(self):
        for title, objects, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                reader = READERS.get(component(one), component(one))
                for name in environment(objects, one):
                    self.assertIn(name, TABLE)
                    self.assertIn(reader, TABLE[name].readers.split(","), name)

    def test_none_that_is_required_is_missing(self):
        for title, objects, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                reader = READERS.get(component(one), component(one))
                required = {row.name for row in TABLE.values() if reader in row.required.split(",")}
                self.assertEqual(required - set(environment(objects, one)), set())

    def test_each_file_that_is_named_is_mounted(self):
        for title, objects, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                mounts = [mount["mountPath"] for mount in container(one).get("volumeMounts", [])]
                paths = [word.split("=")[-1] for value in environment(objects, one).values()
                         for word in value.split() if "/etc/bourse/" in word]
                for path in paths:
                    self.assertTrue(any(path == at or path.startswith(at + "/") for at in mounts), path)

    def test_the_programs_take_them(self):
        with tempfile.TemporaryDirectory() as folder:
            for title, objects, one in of_all(("Deployment", "StatefulSet")):
                if component(one) == "client":
                    continue # a command of `bourse`, which checks them as it begins
                with self.subTest(title):
                    settings = {name: self.with_file(folder, name, value)
                                for name, value in environment(objects, one).items()}
                    program, *arguments = container(one)["args"]
                    service = pathlib.Path(program).name.removeprefix("bourse-")
                    found = BUILD / "services" / service / pathlib.Path(program).name
                    said = subprocess.run([found, *arguments, "--check-config"], env=settings, text=True,
                                          capture_output=True, check=False)
                    self.assertEqual(said.returncode, 0, said.stderr + said.stdout)

    @staticmethod
    def with_file(folder, name, value):
        """The value, or where it is a path one where the like lies."""
        if TABLE[name].kind == "folder":
            for file in ("ca.crt", "user.crt", "user.key"):
                pathlib.Path(folder, file).write_text(PEM)
                pathlib.Path(folder, file).chmod(0o600)
            return folder
        if not TABLE[name].kind.endswith("file"):
            return value
        path = pathlib.Path(folder, name)
        path.write_text(CONTENTS.get(name, PEM))
        path.chmod(0o600)
        return str(path)

    def test_what_is_fixed_at_the_first_start_fits_the_brokers(self):
        for name in k8s.OVERLAYS:
            objects = k8s.overlay(name)
            copies = int(environment(objects, named(objects, "Job", "init"))["BOURSE_REPLICATION"])
            pools = of_kind(objects, "KafkaNodePool")
            brokers = sum(pool["spec"]["replicas"] for pool in pools if "broker" in pool["spec"]["roles"])
            config = named(objects, "Kafka", "bourse")["spec"]["kafka"]["config"]
            self.assertEqual(config["default.replication.factor"], copies, name)
            self.assertGreaterEqual(brokers, copies, name)
            self.assertEqual(config["min.insync.replicas"], 2 if copies == 3 else 1, name)

    def test_a_venue_of_real_money_is_the_production_overlay_alone(self):
        for name in k8s.OVERLAYS:
            objects = k8s.overlay(name)
            for one in of_kind(objects, "Deployment", "StatefulSet"):
                if component(one) in ("writer", "gateway"):
                    mode = environment(objects, one)["BOURSE_VENUE_MODE"]
                    self.assertEqual(mode, "live" if name == "production" else "paper", name)

    def test_gateways_share_limits_by_as_many_as_there_are_at_least(self):
        for name in k8s.OVERLAYS:
            objects = k8s.overlay(name)
            least = named(objects, "HorizontalPodAutoscaler", "gateway")["spec"]["minReplicas"]
            settings = environment(objects, named(objects, "Deployment", "gateway"))
            self.assertEqual(int(settings["BOURSE_GATEWAYS"]), least, name)


class Pods(unittest.TestCase):
    def test_each_has_the_restricted_profile_and_a_root_that_cannot_be_written(self):
        for title, _, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                pod = template(one)["spec"]
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertGreater(pod["securityContext"]["runAsUser"], 10000)
                self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertFalse(pod["automountServiceAccountToken"])
                self.assertEqual(container(one)["securityContext"],
                                 {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                  "capabilities": {"drop": ["ALL"]}})

    def test_each_namespace_lets_no_other_in(self):
        for title, _, one in of_all(("Namespace",)):
            with self.subTest(title):
                labels = one["metadata"]["labels"]
                self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")

    def test_each_says_what_it_needs_and_takes_no_more_memory(self):
        for title, _, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                needs = container(one)["resources"]
                for what in ("cpu", "memory", "ephemeral-storage"):
                    self.assertIn(what, needs["requests"])
                    self.assertIn(what, needs["limits"])
                self.assertEqual(needs["requests"]["memory"], needs["limits"]["memory"])

    def test_probes_ask_for_what_they_mean(self):
        for title, _, one in of_all(("Deployment", "StatefulSet")):
            with self.subTest(title):
                wanted = {"livenessProbe": "/health/live", "readinessProbe": "/health/ready",
                          "startupProbe": "/health/ready" if component(one) in ("writer", "gateway")
                                          else "/health/live"}
                for probe, path in wanted.items():
                    self.assertEqual(container(one)[probe]["httpGet"], {"path": path, "port": "metrics"})

    def test_a_writer_has_half_an_hour_to_replay(self):
        for title, _, one in of_all(("StatefulSet",)):
            with self.subTest(title):
                if component(one) == "writer":
                    probe = container(one)["startupProbe"]
                    self.assertGreaterEqual(probe["periodSeconds"] * probe["failureThreshold"], 1800)

    def test_secrets_are_files_that_the_group_may_read_and_nothing_else(self):
        for title, _, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                for volume in template(one)["spec"].get("volumes", []):
                    secret = volume.get("secret", volume.get("projected"))
                    if secret is not None:
                        self.assertEqual(secret["defaultMode"], 0o440)
                for row in container(one).get("env", []):
                    self.assertIn("fieldRef", row.get("valueFrom", {"fieldRef": None}),
                                  "no setting comes from a secret but as a file")

    def test_images_are_ours_and_keep_their_entry_point(self):
        for title, _, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                program = pathlib.Path(container(one)["args"][0]).name
                image = {"bourse": "cli"}.get(program, program.removeprefix("bourse-"))
                self.assertEqual(container(one)["image"].split(":")[0].split("/")[-1], image)
                self.assertIn(image, k8s.IMAGES)
                self.assertNotIn("command", container(one), "it would take the place of tini")

    def test_images_have_a_fixed_tag(self):
        for title, _, one in of_all(k8s.WORKLOADS):
            with self.subTest(title):
                self.assertRegex(container(one)["image"], r"^[\w./-]+:(?!latest)[\w.-]+(@sha256:\w+)?$")

    def test_no_secret_is_written_here(self):
        for name in k8s.OVERLAYS:
            self.assertEqual(of_kind(k8s.overlay(name), "Secret"), [], name)
            self.assertIsNone(re.search(r"password=|PRIVATE KEY", k8s.render(f"overlays/{name}")), name)


class Network(unittest.TestCase):
    def test_whatever_is_not_named_is_denied(self):
        for name in k8s.OVERLAYS:
            deny = named(k8s.overlay(name), "NetworkPolicy", "deny-all")["spec"]
            self.assertEqual(deny, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})

    def test_only_a_gateway_is_reached_from_outside(self):
        for title, _, one in of_all(("NetworkPolicy",)):
            with self.subTest(title):
                for rule in one["spec"].get("ingress", []):
                    self.assertTrue(rule["from"] and rule["ports"])
        for title, _, one in of_all(("Ingress",)):
            with self.subTest(title):
                self.assertEqual([row["secretName"] for row in one["spec"]["tls"]], ["bourse-tls"])
                for rule in one["spec"]["rules"]:
                    for path in rule["http"]["paths"]:
                        self.assertEqual(path["backend"]["service"]["name"], "gateway")

    def test_mail_goes_out_by_a_port_that_is_open(self):
        for name in k8s.OVERLAYS:
            objects = k8s.overlay(name)
            url = environment(objects, named(objects, "StatefulSet", "settings-deliverer"))["BOURSE_SMTP_URL"]
            [way] = named(objects, "NetworkPolicy", "deliverer")["spec"]["egress"]
            self.assertIn(urllib.parse.urlsplit(url).port, [row["port"] for row in way["ports"]], url)

    def test_hosts_are_the_same_everywhere(self):
        for name in k8s.OVERLAYS:
            objects = k8s.overlay(name)
            host = named(objects, "Ingress", "gateway")["spec"]["rules"][0]["host"]
            self.assertEqual(named(objects, "Certificate", "bourse")["spec"]["dnsNames"], [host])
            for workload in ("gateway", "settings-deliverer"):
                kind = "Deployment" if workload == "gateway" else "StatefulSet"
                settings = environment(objects, named(objects, kind, workload))
                self.assertEqual(settings["BOURSE_PUBLIC_URL"], f"https://{host}", name)
            for one in of_kind(objects, "Deployment"):
                called = environment(objects, one).get("BOURSE_URL", f"https://{host}")
                self.assertEqual(called, f"https://{host}", name)


class Brokers(unittest.TestCase):
    def test_they_know_whom_the_table_names_and_let_each_do_what_it_says(self):
        table = subprocess.run([BUILD / "services/cli/bourse", "access"], text=True, capture_output=True,
                               check=True).stdout
        self.assertEqual((k8s.K8S / "platform/kafka-users.yaml").read_text(), kafka_users.document(table),
                         "make it anew: bourse access | k8s/kafka_users.py >k8s/platform/kafka-users.yaml")

    def test_each_process_shows_them_its_own_certificate(self):
        for title, objects, one in of_all(k8s.WORKLOADS):
            if "BOURSE_KAFKA" not in environment(objects, one):
                continue
            with self.subTest(title):
                name = one["metadata"]["name"]
                user = "cli" if component(one) in ("init", "cli") else name
                volumes = {volume["name"]: volume for volume in template(one)["spec"]["volumes"]}
                secrets = [source["secret"] for source in volumes["kafka"]["projected"]["sources"]]
                self.assertEqual([secret["name"] for secret in secrets],
                                 [f"kafka-{user}", "bourse-cluster-ca-cert"])
                files = [item["path"] for secret in secrets for item in secret["items"]]
                self.assertEqual(files, ["user.crt", "user.key", "ca.crt"])
                named(objects, "KafkaUser", user)

    def test_nobody_is_above_the_rules_but_who_runs_commands(self):
        for title, _, one in of_all(("Kafka",)):
            kafka = one["spec"]["kafka"]
            self.assertEqual(kafka["authorization"], {"type": "simple", "superUsers": ["CN=cli"]}, title)
            self.assertEqual([listener["authentication"] for listener in kafka["listeners"]],
                             [{"type": "tls"}], title)

    def test_they_are_set_as_a_stack_s_broker_is(self):
        """What infra/kafka/broker.properties.in says of records and topics holds here, too."""
        text = (ROOT / "infra/kafka/broker.properties.in").read_text()
        local = dict(re.findall(r"^([\w.]+)=(.*)$", text, re.MULTILINE))
        for title, _, one in of_all(("Kafka",)):
            with self.subTest(title):
                config = one["spec"]["kafka"]["config"]
                for name in ("auto.create.topics.enable", "unclean.leader.election.enable",
                             "log.retention.ms", "message.max.bytes", "replica.fetch.max.bytes"):
                    self.assertEqual(str(config[name]).lower(), local[name], name)

    def test_the_database_knows_whom_the_table_names(self):
        table = subprocess.run([BUILD / "services/cli/bourse", "access", "database"], text=True,
                               capture_output=True, check=True).stdout
        self.assertEqual((k8s.K8S / "platform/postgres-users.yaml").read_text(),
                         postgres_users.document(table),
                         "make it anew: bourse access database | k8s/postgres_users.py >k8s/platform/"
                         "postgres-users.yaml")
        for title, _, one in of_all(("Cluster",)):
            roles = one["spec"]["managed"]["roles"]
            self.assertEqual({role["name"] for role in roles}, set(postgres_users.roles(table)), title)
            self.assertTrue(all(set(role) == {"name", "ensure", "login"} for role in roles), title)

    def test_each_process_is_known_to_the_database_by_its_own_role_and_certificate(self):
        for title, objects, one in of_all(k8s.WORKLOADS):
            settings = environment(objects, one)
            with self.subTest(title):
                role = "bourse" if component(one) in ("init", "cli") else one["metadata"]["name"]
                for name in {"BOURSE_PG", "BOURSE_VAULT_PG"} & set(settings):
                    self.assertIn(f" user={role} sslmode=verify-full ", settings[name])
                    volumes = {volume["name"]: volume for volume in template(one)["spec"]["volumes"]}
                    self.assertEqual(volumes["postgres"]["secret"]["secretName"], f"postgres-{role}")
                    named(objects, "Certificate", f"postgres-{role}")

    def test_a_production_database_answers_once_two_have_it(self):
        for name in ("staging", "production"):
            cluster = named(k8s.overlay(name), "Cluster", "bourse-postgres")["spec"]
            self.assertEqual(cluster["instances"], 3)
            self.assertEqual(cluster["postgresql"]["synchronous"],
                             {"method": "any", "number": 1, "dataDurability": "required"})


class Readme(unittest.TestCase):
    def test_each_process_has_a_row(self):
        text = (k8s.K8S / "README.md").read_text().split("## The processes")[1]
        rows = re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)
        others = ["init", "doctor", "feed", "canary"]
        self.assertEqual(sorted(rows), sorted([p.name for p in k8s.processes()] + others))

    def test_each_secret_that_people_make_is_named(self):
        text = (k8s.K8S / "README.md").read_text()
        made = {one["spec"]["secretName"] for _, _, one in of_all(("Certificate",))}
        for title, _, one in of_all(k8s.WORKLOADS):
            for volume in template(one)["spec"].get("volumes", []):
                name = volume.get("secret", {}).get("secretName")
                if name is not None and name not in made:
                    self.assertIn(f"secret generic {name} ", text, title)


if __name__ == "__main__":
    if k8s.kustomize() is None:
        print("skipped: there is neither kubectl nor kustomize")
        sys.exit(77)
    os.environ.pop("KUBECONFIG", None)
    unittest.main()
