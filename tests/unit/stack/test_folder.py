import os
from pathlib import Path

import psutil
import pytest

from wafa.stack import StackError, running
from wafa.stack.folder import Folder
from wafa.stack.process import Identity


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "state")


def test_two_stacks_never_share_a_folder(folder: Folder) -> None:
    folder.lock()
    folder.write_record({"pid": 4711}, [])
    with pytest.raises(StackError, match=r"process 4711.*WAFA_STATE"):
        Folder(folder.path).lock()
    assert Folder(folder.path).in_use()
    folder.unlock()
    assert not Folder(folder.path).in_use()


def test_a_stack_that_is_gone_is_not_taken_for_running(folder: Folder) -> None:
    folder.lock()
    folder.write_record({"pid": 4711}, [])
    folder.unlock()
    assert running(folder.path) is None
    assert running(folder.path / "never") is None


def test_a_process_that_got_the_number_of_an_old_one_is_left_alone(folder: Folder) -> None:
    myself = psutil.Process()
    folder.lock()
    folder.write_record({}, [Identity("rabbitmq", os.getpid(), myself.create_time() - 100)])
    assert folder.leftovers() == []
    folder.write_record({}, [Identity("rabbitmq", os.getpid(), myself.create_time())])
    assert folder.leftovers() == [myself]
    folder.unlock()


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_record_counts_as_none(folder: Folder, content: str) -> None:
    folder.path.mkdir()
    (folder.path / "stack.json").write_text(content)
    assert folder.record() == {}


def test_links_in_old_mail_hold_after_a_restart_and_a_fresh_start(folder: Folder) -> None:
    folder.lock()
    secret = folder.link_secret()
    folder.clear()
    assert Folder(folder.path).link_secret() == secret
    assert len(secret) >= 32
    assert (folder.path / "link-secret").stat().st_mode & 0o077 == 0
    folder.unlock()
