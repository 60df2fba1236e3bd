import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import psutil
import pytest

from wafa.stack import StackError
from wafa.stack.supervisor import Server, Supervisor

STUBBORN = "trap '' TERM; touch ready; while :; do sleep 0.1; done"


@pytest.fixture
def states() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def supervisor(states: list[tuple[str, str]]) -> Iterator[Supervisor]:
    supervisor = Supervisor(lambda name, state: states.append((name, state)))
    yield supervisor
    supervisor.kill_all()


def server(folder: Path, script: str, name: str = "server", **times: float) -> Server:
    return Server(
        name=name,
        command=["sh", "-c", script],
        environment={"PATH": "/usr/bin:/bin"},
        folder=folder,
        log=folder / f"{name}.log",
        ready=(folder / "ready").exists,
        **times,
    )


def test_a_server_that_dies_is_reported_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(
        StackError, match=r"(?s)server \(exit code 3\), last lines of .*/server\.log:\n  no disk"
    ):
        supervisor.start([server(tmp_path, "echo no disk; exit 3")])


def test_a_server_that_never_gets_ready_is_not_waited_for_for_ever(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(StackError, match=r"Not ready after 0 s: server, last lines"):
        supervisor.start([server(tmp_path, "sleep 60", patience=0.2)])


def test_a_program_that_is_not_there_is_named(supervisor: Supervisor, tmp_path: Path) -> None:
    missing = Server("server", ["/nowhere/program"], {}, tmp_path, tmp_path / "log", ready=lambda: True)
    with pytest.raises(StackError, match=r"server cannot be started.*/nowhere/program"):
        supervisor.start([missing])


def test_when_one_fails_the_others_are_not_waited_for(supervisor: Supervisor, tmp_path: Path) -> None:
    began = monotonic()
    with pytest.raises(StackError, match="exit code 1"):
        supervisor.side_by_side(
            [
                lambda: supervisor.start([server(tmp_path, "sleep 60", "slow", patience=50)]),
                lambda: supervisor.start([server(tmp_path, "exit 1", "broken")]),
            ]
        )
    assert monotonic() - began < 30


def test_a_server_that_ignores_the_polite_signal_is_killed_after_its_grace(
    supervisor: Supervisor, states: list[tuple[str, str]], tmp_path: Path
) -> None:
    supervisor.start([server(tmp_path, STUBBORN, grace=0.2)])
    [identity] = supervisor.identities()
    supervisor.stop(["server"])
    assert not psutil.pid_exists(identity.pid)
    assert [state for _, state in states] == ["starting", "ready", "stopping", "stopped"]


def test_a_death_later_on_is_noticed_and_the_server_can_be_revived(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start([server(tmp_path, STUBBORN)])
    [before] = supervisor.identities()
    supervisor.check()
    os.kill(before.pid, signal.SIGKILL)
    os.waitid(os.P_PID, before.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(StackError, match=r"server \(exit code -9\)"):
        supervisor.check()
    supervisor.revive("server")
    supervisor.check()
    assert supervisor.identities() != [before]


def test_ctrl_c_in_the_terminal_does_not_reach_the_children(supervisor: Supervisor, tmp_path: Path) -> None:
    script = f"exec {sys.executable} -c \"import os; print(os.getpgrp() == os.getpid()); open('ready', 'w')\""
    with_group = server(tmp_path, script)
    supervisor.start([with_group])
    supervisor.stop(["server"])
    assert with_group.log.read_text() == "True\n"
