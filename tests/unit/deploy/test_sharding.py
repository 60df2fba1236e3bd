"""What operators are told of shards holds for the code."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
SERVICES = {path.parent.name: path.parent for path in (ROOT / "services").glob("*/service.py")}
UNIQUE = r'self\._(\w+)(?:\.create_index\(|, )\[\("(\w+)", \w+\)\], unique=True'
ROWS = re.findall(r"^\| (\w+) \| (.+?) \| (.+?) \|", OPERATING.partition("### Shards")[2], re.MULTILINE)


def code(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))


def told() -> dict[str, dict[str, str]]:
    """Whether each collection may be sharded, by database."""
    found: dict[str, dict[str, str]] = {name: {} for name in SERVICES}
    for database, collections, how in ROWS:
        if database in found:
            found[database] |= dict.fromkeys(re.findall(r"`(\w+)`", collections), how)
    return found


def test_every_collection_is_told_of() -> None:
    kept = {name: set(re.findall(r'database\["(\w+)"\]', code(folder))) for name, folder in SERVICES.items()}
    assert kept["loyalty"]
    for name, found in kept.items():
        assert found - told()[name].keys() == set(), name


def test_a_unique_index_is_in_no_sharded_collection() -> None:
    """One without the shard key cannot be made there, and ours hold other fields than `_id`."""
    unique = [
        (name, *found) for name, folder in SERVICES.items() for found in re.findall(UNIQUE, code(folder))
    ]
    assert unique == [("customers", "customers", "identifiers")]
    everywhere = "".join(map(code, SERVICES.values()))
    assert len(re.findall(r"\bunique=True", everywhere)) == len(unique)
    assert told()["customers"]["customers"].startswith("no")
