#!/usr/bin/python3
"""The table of docs/capacity.md is what k8s/overlays/production asks for, and what comes of it."""
import re
import sys
import unittest

import kubernetes as k8s
from contracts import ROOT

ROW = re.compile(r"^\| `?([\w-]+)`? \| (0\.\d+) \| (\d+m?) \| ([\d,]+) \|$", re.MULTILINE)
BASE = {"broker": "KafkaNodePool", "Postgres": "Cluster"}


def asked_for(objects, name):
    """The CPU that one instance of a process asks for."""
    if name in BASE:
        found = [one for one in k8s.of_kind(objects, BASE[name]) if one["metadata"]["name"] != "controller"]
        return str(found[0]["spec"]["resources"]["requests"]["cpu"])
    workload = [one for one in k8s.of_kind(objects, *k8s.WORKLOADS) if one["metadata"]["name"] == name][0]
    return str(k8s.container(workload)["resources"]["requests"]["cpu"])


class Capacity(unittest.TestCase):
    def test_the_table_is_what_is_asked_for(self):
        objects = k8s.overlay("production")
        rows = ROW.findall((ROOT / "docs/capacity.md").read_text())
        self.assertEqual(len(rows), 10)
        for name, cpu_ms, asked, carries in rows:
            self.assertEqual(asked, asked_for(objects, name), name)
            millicores = int(asked[:-1]) if asked.endswith("m") else 1000 * int(asked)
            self.assertEqual(int(carries.replace(",", "")), int(millicores / float(cpu_ms) + 1e-6), name)


if __name__ == "__main__":
    if k8s.kustomize() is None:
        print("skipped: there is neither kubectl nor kustomize")
        sys.exit(77)
    unittest.main()
