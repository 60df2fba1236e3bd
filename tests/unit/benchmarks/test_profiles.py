import json

import pytest

from benchmarks.profiles import ROOT, summary, words

FRAMES = [
    {"name": "take_in", "file": f"{ROOT}/services/loyalty/handlers.py"},
    {"name": "find", "file": "/usr/lib/python3/site-packages/pymongo/collection.py"},
    {"name": "recv", "file": "/usr/lib/python3.11/socket.py"},
    {"name": "<module>", "file": None},
    {"name": "Hub.do_poll", "file": "/usr/lib/python3/site-packages/eventlet/hubs/epolls.py"},
    {"name": "_find_and_load", "file": "<frozen importlib._bootstrap>"},
]
WAIT, IMPORT = 4, 5


def profile(path, *stacks):
    threads = [{"type": "sampled", "samples": [list(one)], "weights": [0.01]} for one in stacks]
    path.write_text(json.dumps({"shared": {"frames": FRAMES}, "profiles": threads}), "utf-8")
    return path


def test_what_the_standard_library_does_counts_for_who_called_it(tmp_path):
    found = summary([profile(tmp_path / "one", (0, 1, 2), (0, 1), (0,), (0, 2))])
    assert found["parts"] == {"pymongo": 0.5, "services/loyalty": 0.5}


def test_the_function_on_top_of_the_stack_is_counted(tmp_path):
    found = summary([profile(tmp_path / "one", (0, 1, 2), (0, 1), (0, 1))])
    assert found["functions"] == pytest.approx(
        {"find (pymongo/collection.py)": 0.6667, "recv (socket.py)": 0.3333}
    )


def test_processes_that_do_the_same_are_added_up(tmp_path):
    found = summary([profile(tmp_path / "one", (0,)), profile(tmp_path / "two", (0, 1), (3,))])
    assert found["samples"] == 3
    assert set(found["parts"]) == {"services/loyalty", "pymongo", "standard library"}


def test_waiting_and_starting_are_no_work(tmp_path):
    found = summary([profile(tmp_path / "one", (0,), (0, WAIT), (3, IMPORT, 1))])
    assert found["samples"] == 1
    assert found["parts"] == {"services/loyalty": 1.0}


def test_a_process_that_was_never_busy_has_an_empty_profile(tmp_path):
    path = tmp_path / "idle"
    path.write_text(json.dumps({"shared": {"frames": []}, "profiles": []}), "utf-8")
    assert summary([path]) == {"samples": 0, "parts": {}, "functions": {}}


def test_the_summary_can_be_read(tmp_path):
    text = words({"loyalty": summary([profile(tmp_path / "one", (0, 1))])})
    assert "loyalty: 1 samples" in text
    assert "100.0%  pymongo" in text
