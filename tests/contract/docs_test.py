#!/usr/bin/python3
"""What our documents point to is there: files and folders in backquotes, links, and the tests by whose
names SECURITY.md says that a promise is kept."""
import re
import unittest

from contracts import SCHEMAS

ROOT = SCHEMAS.parent
ROOMS = ("docs", "infra", "k8s", "libs", "schemas", "services", "tests")
DOCUMENTS = [*ROOT.glob("*.md"),
             *(path for room in ROOMS for path in (ROOT / room).rglob("*.md")
               if not {"node_modules", "build"} & set(path.relative_to(ROOT).parts))]
PATH = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w./-]+)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def there(name):
    """A file, a folder, or one whose ending is left out, as of headers and sources."""
    path = ROOT / name.rstrip("/")
    return path.exists() or any(path.parent.glob(f"{path.name}.*"))


class Documents(unittest.TestCase):
    def test_a_path_in_backquotes_is_there(self):
        for document in DOCUMENTS:
            for name in set(PATH.findall(document.read_text())):
                with self.subTest(f"{document.relative_to(ROOT)}: {name}"):
                    self.assertTrue(there(name))

    def test_a_link_leads_somewhere(self):
        for document in DOCUMENTS:
            for name in set(LINK.findall(document.read_text())):
                with self.subTest(f"{document.relative_to(ROOT)}: {name}"):
                    self.assertTrue((document.parent / name).exists())

    def test_each_test_that_a_promise_of_security_rests_on_is_there(self):
        text = (ROOT / "SECURITY.md").read_text()
        names = re.findall(r"`(?:integration/)?(\w+_test)`", text)
        self.assertGreater(len(names), 10)
        for name in names:
            with self.subTest(name):
                self.assertTrue((ROOT / f"tests/integration/{name}.py").exists())


if __name__ == "__main__":
    unittest.main()
