"""Reads a page of metrics from standard input with prometheus_client's own parser of OpenMetrics 1.0 (from PyPI),
which is strict, and prints its samples as JSON: name, labels, value, the labels of the exemplar.

    openmetrics.py <page
"""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(json.dumps({"family": family.name, "type": family.type, "name": sample.name,
                          "labels": sample.labels, "value": sample.value,
                          "exemplar": sample.exemplar and sample.exemplar.labels}))
