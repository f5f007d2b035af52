"""Programs out of Debian's packages, which are unpacked and not installed: that would start servers."""
import os
import pathlib
import shutil
import subprocess
import tempfile


def fetch(package, target):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True, timeout=300)
        subprocess.run(["dpkg-deb", "-x", next(pathlib.Path(folder).glob("*.deb")), target], check=True)


def program(name, package, cache):
    """The path of a program: installed, or unpacked in the folder cache, where CI is set out of its package.
    None: it cannot be had."""
    target = pathlib.Path(cache, package)
    unpacked = target / "usr/bin" / name
    installed = shutil.which(name)
    if installed or unpacked.exists() or not os.environ.get("CI"):
        return installed or (str(unpacked) if unpacked.exists() else None)
    try:
        fetch(package, target)
    except (OSError, subprocess.SubprocessError, StopIteration):
        return None
    return str(unpacked)
