#!/usr/bin/python3
"""runbooks_test.py BUILD - what docs/runbooks tells people to type exists: commands, processes,
objects of k8s/, links. What the commands do is tests/integration/runbooks_test.py's. BUILD is the build
folder."""
import pathlib
import re
import subprocess
import sys
import unittest

from contracts import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import kubernetes as k8s  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1))
PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
ACTIONS = {"start", "stop", "kill", "restart", "wait", "pid", "log"}
OUTSIDE = {"postgres", "kafka", "mail"}  # of a stack, and not of infra/lib.sh's services


def typed(page):
    """The lines of a page's blocks, and the commands that stand in its text."""
    text = page.read_text()
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return lines + re.findall(r"`((?:bourse|infra/\w+|kubectl) [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def bourse(*arguments):
    return subprocess.run([BUILD / "services/cli/bourse", *arguments], text=True, capture_output=True, check=True).stdout


def commands():
    return re.findall(r"^  ([a-z][a-z -]*?)  ", bourse("help"), re.MULTILINE)


class Runbooks(unittest.TestCase):
    def test_each_command_says_what_it_is_for(self):
        for command in commands():
            said = bourse(*command.split(), "-h")
            self.assertTrue(said.startswith(f"usage: bourse {command}"), said)

    def test_each_command_of_bourse_exists(self):
        known = commands()
        self.assertIn("doctor", known)
        for page in PAGES:
            for line in typed(page):
                for command in re.findall(r"\bbourse ((?!bourse)[a-z][a-z ]+)", line.replace('", "', " ")):
                    self.assertTrue(any((command + " ").startswith(one + " ") for one in known),
                                    f"{page.name}: bourse {command}")

    def test_each_script_and_process_exists(self):
        names = {p.name for p in k8s.processes()} | OUTSIDE
        for page in PAGES:
            for line in typed(page):
                for script in re.findall(r"\binfra/[a-z]+", line):
                    self.assertTrue((ROOT / script).exists(), f"{page.name}: {script}")
                for action, rest in re.findall(r"infra/process (\w+)([a-z\d -]*)", line):
                    if action == "run":
                        continue
                    self.assertIn(action, ACTIONS, page.name)
                    self.assertEqual(set(rest.split()) - names, set(), page.name)

    @unittest.skipIf(k8s.kustomize() is None, "there is neither kubectl nor kustomize")
    def test_each_object_of_the_cluster_exists(self):
        known = {(one["kind"].lower(), one["metadata"]["name"]) for one in k8s.overlay("production")}
        for page in PAGES:
            for line in typed(page):
                if "kubectl" not in line:
                    continue
                named = re.findall(r"\b(cronjob|statefulset|deployment|hpa|certificate)[ /]([a-z][\w-]*)", line)
                for kind, name in named:
                    kind = {"hpa": "horizontalpodautoscaler"}.get(kind, kind)
                    self.assertIn((kind, name), known, f"{page.name}: {line}")

    def test_each_link_and_setting_leads_somewhere(self):
        settings = k8s.settings(BUILD / "tests/contract/settings_table")
        for page in PAGES:
            text = page.read_text()
            for target in re.findall(r"\]\(([^)#]+)", text):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")
            for name in re.findall(r"\bBOURSE_[A-Z_]*[A-Z]\b", text):
                self.assertIn(name, settings, page.name)

    def test_each_page_is_in_the_table(self):
        table = (ROOT / "docs/runbooks/README.md").read_text()
        for page in PAGES:
            if page.name != "README.md":
                self.assertIn(f"]({page.name})", table)


if __name__ == "__main__":
    unittest.main()
