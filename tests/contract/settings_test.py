#!/usr/bin/python3
"""settings_test.py TABLE - docs/configuration.md says what the settings table does. TABLE is the
program settings_table."""
import subprocess
import sys
import unittest

from contracts import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import configuration  # noqa: E402

TABLE = sys.argv.pop(1)


class Settings(unittest.TestCase):
    def test_the_page_is_what_the_table_says(self):
        said = subprocess.run([TABLE], text=True, capture_output=True, check=True).stdout
        written = (ROOT / "docs/configuration.md").read_text()
        self.assertEqual(written, configuration.page(configuration.rows(said)),
                         f"make it anew: {TABLE} | docs/configuration.py >docs/configuration.md")


if __name__ == "__main__":
    unittest.main()
