"""What is missing on a machine is installed by who may, and named to who may not."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

LOCAL = Path(__file__).parents[3] / "deploy" / "local"


class Bare:
    """A machine that has little more than a shell and Debian's installer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("sh", "dirname", "chmod"):
            (folder / name).symlink_to(str(shutil.which(name)))

    def has(self, name: str, script: str) -> None:
        path = self._folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", LOCAL / script],
            env={"PATH": str(self._folder)},
            capture_output=True,
            text=True,
        )


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(tmp_path)


def test_root_on_debian_gets_what_is_missing_without_a_question(bare: Bare, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    bare.has("id", "echo 0")
    comes = f"for name in node npm; do echo > {tmp_path}/$name; chmod +x {tmp_path}/$name; done"
    bare.has("apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {asked}; [ "$1" = update ] || {{ {comes}; }}')
    done = bare.run("node.sh")
    assert done.returncode == 0, done.stderr
    update, install = asked.read_text("utf-8").splitlines()
    assert update.startswith("noninteractive update")
    assert install.startswith("noninteractive install -y")
    # Somebody else may be installing: they are waited for.
    assert "DPkg::Lock::Timeout=300" in update
    assert "DPkg::Lock::Timeout=300" in install
    before = asked.read_text("utf-8")
    assert bare.run("node.sh").returncode == 0
    assert asked.read_text("utf-8") == before


@pytest.mark.parametrize("script", ["node.sh", "promtool.sh"])
def test_who_may_not_install_is_told_what_to_install(bare: Bare, script: str) -> None:
    bare.has("id", "echo 1000")
    bare.has("apt-get", "exit 1")
    done = bare.run(script)
    assert done.returncode == 1
    assert "sudo apt-get install" in done.stderr
