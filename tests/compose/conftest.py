"""Docker's containers for the tests: built and brought up once, taken down with their volumes at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.stack import Containers

HERE = Path(__file__).parent
#: Building included, on a machine that has nothing yet (seconds).
PATIENCE = 1200
SHOWN = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def containers(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Containers]:
    """The whole system, healthy."""
    stack = Containers(tmp_path_factory.mktemp("containers"))
    with stack.timed("images, of Debian and Python"):
        assert stack.images is not None
    with stack.timed("images, of Wafa and the servers"):
        stack.build()
    try:
        with stack.timed("up, until healthy"):
            stack.up()
        pytestconfig.stash[SHOWN] = [stack.table(), *stack.told]
        stack.told.clear()
        yield stack
    except BaseException:
        print(stack.compose("ps"), stack.compose("logs", "--no-color", "--tail", "50"))
        raise
    finally:
        with stack.timed("down"):
            stack.down()
        shown = pytestconfig.stash.setdefault(SHOWN, [])
        shown.extend(f"{seconds:6.0f} s  {what}" for what, seconds in stack.took.items())
        shown.extend(stack.told)


@pytest.fixture(scope="session")
def figures(containers: Containers) -> list[dict[str, str]]:
    """What the demo compares, played before anything else gets into the ledger."""
    with containers.timed("demo"):
        found = containers.drive("played.py", containers.until.isoformat()).end()
    assert found, "the demo was not played to its end"
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if shown := config.stash.get(SHOWN, None):
        terminalreporter.section("containers")
        for text in shown:
            terminalreporter.write_line(text)
