import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    """Every variable that a service reads, with the attribute of `Settings` that it becomes."""
    source = (ROOT / "wafa" / "runtime" / "settings.py").read_text("utf-8")
    found = re.findall(r'"(\w+)": env\.\w+\(\s*"(\w+)"', source)
    return {variable: attribute for attribute, variable in found}
