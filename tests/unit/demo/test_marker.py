"""A demo empties only what a demo made."""

from pathlib import Path

import pytest

from wafa.demo.marker import DataInTheWay, claim, disclaim


def with_data(folder: Path) -> Path:
    (folder / "mongodb").mkdir(parents=True, exist_ok=True)
    return folder


def test_demos_follow_one_another_in_an_empty_folder(tmp_path: Path) -> None:
    claim(tmp_path / "state", fresh=False)
    claim(with_data(tmp_path / "state"), fresh=False)


def test_what_no_demo_made_is_given_up_only_on_request(tmp_path: Path) -> None:
    with_data(tmp_path)
    with pytest.raises(DataInTheWay, match=r"--fresh"):
        claim(tmp_path, fresh=False)
    claim(tmp_path, fresh=True)
    claim(tmp_path, fresh=False)


def test_what_was_used_for_work_after_a_demo_is_no_longer_the_demos(tmp_path: Path) -> None:
    claim(tmp_path, fresh=False)
    disclaim(with_data(tmp_path))
    with pytest.raises(DataInTheWay):
        claim(tmp_path, fresh=False)
