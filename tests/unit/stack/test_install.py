import os
from pathlib import Path

import pytest

from wafa.stack import StackError, install


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without RabbitMQ; what lies in its folder `bin` is on the path."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(install, "PACKAGED", tmp_path / "packaged")
    monkeypatch.setattr(install, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def put_apt(machine: Path, script: str) -> None:
    apt = machine / "bin" / "apt-get"
    apt.write_text(f"#!/bin/sh\n{script}\n")
    apt.chmod(0o755)


def test_who_cannot_install_is_told_what_to_install(bare_machine: Path) -> None:
    with pytest.raises(
        StackError, match=r"rabbitmq-server was not found.*apt-get install rabbitmq-server.*AMQP_URI"
    ):
        install.ensure_rabbitmq()


def test_nothing_is_installed_for_who_is_not_root(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_apt(bare_machine, "touch $0.called")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(StackError):
        install.ensure_rabbitmq()
    assert not (bare_machine / "bin" / "apt-get.called").exists()


def test_the_package_is_installed_without_starting_a_second_broker(bare_machine: Path) -> None:
    packaged = bare_machine / "packaged"
    put_apt(
        bare_machine,
        f"[ -x {bare_machine}/policy-rc.d ] || exit 9\n"
        f'case "$*" in *install*rabbitmq-server) /bin/mkdir {packaged}; : >{packaged}/rabbitmq-server;; esac',
    )
    announced: list[str] = []
    install.ensure_rabbitmq(lambda: announced.append("installing"))
    assert announced == ["installing"]
    assert install.find_rabbitmq() == packaged / "rabbitmq-server"
    assert not install.POLICY.exists()


def test_a_failed_installation_shows_why_and_leaves_the_machine_as_it_was(bare_machine: Path) -> None:
    put_apt(bare_machine, "echo E: no space left; exit 100")
    with pytest.raises(StackError, match=r"(?s)exit code 100.*no space left"):
        install.ensure_rabbitmq()
    assert not install.POLICY.exists()


def test_a_policy_that_was_there_before_stays(bare_machine: Path) -> None:
    install.POLICY.write_text("theirs")
    put_apt(bare_machine, "exit 1")
    with pytest.raises(StackError):
        install.ensure_rabbitmq()
    assert install.POLICY.read_text() == "theirs"
