"""All databases as files, and back: whole or not at all, and nobody who was erased comes back."""

import gzip
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import msgspec
import pytest
from bson import Decimal128, Int64

from services.notifications.sending import restoring
from services.notifications.sending.restoring import is_restored
from services.notifications.store import NotificationsStore
from wafa.runtime.backup import manifest
from wafa.runtime.backup.checking import verify
from wafa.runtime.backup.databases import Databases, open_databases
from wafa.runtime.backup.errors import BackupFault, Damaged, NotEmpty, Unsettled
from wafa.runtime.backup.forgotten import Forgotten, of_path
from wafa.runtime.backup.restoring import restore
from wafa.runtime.backup.taking import take
from wafa.runtime.errors import InvalidArgument

Json = dict[str, Any]

AT = datetime(2026, 5, 1, 10, 0, 0, 123000, UTC)
ODD: Json = {
    "_id": "c-1",
    "name": "سارة حداد",
    "points": Int64(2**53 + 1),
    "spend": Decimal128("29.330"),
    "at": AT,
    "raw": b"\x00\xff",
    "z": {"b": 1, "a": [1.5, None, True]},
}


def quiet(label: str, total: int, more: int) -> None:
    pass


@pytest.fixture
def databases(mongodb_uri: str, unique: str) -> Iterator[Databases]:
    with open_databases(mongodb_uri, f"{unique}_") as databases:
        yield databases
        for service in ("gateway", "notifications", "loyalty", "interactions", "customers", "restore"):
            databases.client.drop_database(databases.prefix + service)


@pytest.fixture
def filled(databases: Databases) -> Databases:
    """Something of everybody, an index of its own kind, and more documents than go into one answer."""
    databases.of("customers")["customers"].insert_one(ODD)
    databases.of("customers")["customers"].create_index([("name", 1), ("at", -1)], unique=True, sparse=True)
    members = databases.of("loyalty")["members"]
    members.insert_many([{"_id": f"m-{number:05}", "version": 1} for number in range(2500)])
    members.create_index("wakes", name="w", partialFilterExpression={"wakes": {"$exists": True}})
    databases.of("gateway")["answers"].insert_one({"_id": 1, "at": AT})
    databases.of("gateway")["answers"].create_index("at", expireAfterSeconds=3600)
    databases.of("notifications")["settings"].insert_one({"_id": "rate", "n": 1})
    return databases


def everything(databases: Databases) -> dict[str, list[bytes]]:
    """What is stored, to the byte."""
    return {
        f"{service}.{name}": sorted(bson.encode(one) for one in databases.of(service)[name].find())
        for service in ("gateway", "notifications", "loyalty", "interactions", "customers")
        for name in databases.collections(service)
    }


def indexes(databases: Databases) -> dict[str, Any]:
    return {
        f"{service}.{name}": databases.of(service)[name].index_information()
        for service in ("gateway", "notifications", "loyalty", "interactions", "customers")
        for name in databases.collections(service)
    }


def wipe(databases: Databases) -> None:
    for service in ("gateway", "notifications", "loyalty", "interactions", "customers"):
        databases.client.drop_database(databases.prefix + service)


def put_back(databases: Databases, folder: Path, *, force: bool = False, erased: Any = Forgotten) -> int:
    return restore(databases, None, folder, erased, quiet, force=force).erased_again


def erase(databases: Databases, change_id: str, *customer_ids: str) -> None:
    """Leave what an erasure leaves in customers."""
    change = {
        "_id": change_id,
        "kind": "erase",
        "state": "published",
        "customer_ids": [*customer_ids],
        "waiting_for": [],
    }
    databases.of("customers")["changes"].insert_one({**change, "requested_at": AT})


def test_what_is_restored_is_what_was_there_to_the_byte_with_its_indexes(
    filled: Databases, tmp_path: Path
) -> None:
    stored, indexed = everything(filled), indexes(filled)
    take(filled, None, tmp_path / "b", quiet)
    wipe(filled)

    put_back(filled, tmp_path / "b")

    held = filled.of("notifications")["settings"].find_one_and_delete({"_id": "restored"})
    assert held, "nobody is contacted until somebody has reconciled"
    filled.of("customers").drop_collection("erase_again")
    assert {name: one for name, one in everything(filled).items() if one} == stored
    found = indexes(filled)
    assert {name: found[name] for name in indexed} == indexed


def test_only_the_owner_can_read_a_backup(filled: Databases, tmp_path: Path) -> None:
    take(filled, None, tmp_path / "b", quiet)

    found = [*(tmp_path / "b").rglob("*"), tmp_path / "b"]
    modes = {one: stat.S_IMODE(one.stat().st_mode) for one in found}
    assert [one for one, mode in modes.items() if mode & 0o077] == []


def test_the_manifest_counts_what_is_in_the_files(filled: Databases, tmp_path: Path) -> None:
    made = take(filled, None, tmp_path / "b", quiet)

    assert manifest.read(tmp_path / "b") == made == verify(tmp_path / "b", quiet)
    copy = made.of("loyalty", "members")
    assert copy
    assert copy.documents == 2500
    assert len(bson.decode_all(gzip.decompress((tmp_path / "b" / copy.file).read_bytes()))) == 2500


def test_a_backup_goes_into_a_folder_of_its_own(filled: Databases, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep")

    with pytest.raises(BackupFault, match="not empty"):
        take(filled, None, tmp_path, quiet)

    assert (tmp_path / "mine").read_text() == "keep"


def test_nothing_personal_is_left_of_a_backup_that_fails(filled: Databases, tmp_path: Path) -> None:
    def full_disk(label: str, total: int, more: int) -> None:
        if label == "loyalty.members" and more:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        take(filled, None, tmp_path / "b", full_disk)

    assert [*(tmp_path / "b").iterdir()] == []


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing", "manifest", "no manifest", "exchanged"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    damage: str, filled: Databases, tmp_path: Path
) -> None:
    folder = tmp_path / "b"
    take(filled, None, folder, quiet)
    stored, file = everything(filled), folder / "loyalty" / "members.bson.gz"
    content = file.read_bytes()
    match damage:
        case "flipped":
            file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        case "cut":
            file.write_bytes(content[:-100])
        case "missing":
            file.unlink()
        case "manifest":
            path = folder / manifest.NAME
            path.write_text(path.read_text().replace('"documents": 2500', '"documents": 2499'))
        case "no manifest":
            (folder / manifest.NAME).unlink()
        case "exchanged":
            file.write_bytes((folder / "customers" / "customers.bson.gz").read_bytes())

    with pytest.raises(BackupFault) as told:
        put_back(filled, folder, force=True)

    assert isinstance(told.value, Damaged) == (damage != "no manifest")
    assert str(folder) in str(told.value)
    assert everything(filled) == stored


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"service": "../admin"}, "no service has"),
        ({"collection": "system.users"}, "no service has"),
        ({"collection": "a$b"}, "no service has"),
        ({"collection": "members", "service": "loyalty"}, "twice"),
        ({"file": "../other/ledger.bson.gz"}, "outside of the backup"),
        ({"file": "/etc/passwd"}, "outside of the backup"),
        ({"documents": "many"}, "not a manifest"),
    ],
)
def test_a_manifest_that_somebody_sealed_anew_leads_nowhere_else(
    change: dict[str, Any], told: str, filled: Databases, tmp_path: Path
) -> None:
    made = take(filled, None, tmp_path / "b", quiet)
    stored = everything(filled)
    others = [one for one in made.copies if one.collection != "members"]
    [members] = [one for one in made.copies if one.collection == "members"]
    changed = [*others[1:], members, msgspec.structs.replace(others[0], **change)]
    (tmp_path / "b" / manifest.NAME).write_bytes(
        manifest.encode(msgspec.structs.replace(made, copies=changed))
    )

    with pytest.raises(Damaged, match=told):
        put_back(filled, tmp_path / "b", force=True)

    assert everything(filled) == stored


def test_data_that_are_there_are_not_deleted_unless_somebody_says_so(
    filled: Databases, tmp_path: Path
) -> None:
    take(filled, None, tmp_path / "b", quiet)
    filled.of("loyalty")["members"].insert_one({"_id": "since"})
    filled.of("loyalty")["since"].insert_one({"_id": 1})

    with pytest.raises(NotEmpty, match="--force"):
        put_back(filled, tmp_path / "b")
    assert filled.of("loyalty")["members"].find_one({"_id": "since"})

    put_back(filled, tmp_path / "b", force=True)
    assert not filled.of("loyalty")["members"].find_one({"_id": "since"})
    assert "since" not in filled.collections("loyalty"), "what came since the backup is gone, too"


def test_who_was_erased_since_is_noted_to_be_erased_again(filled: Databases, tmp_path: Path) -> None:
    erase(filled, "before", "c-0")
    take(filled, None, tmp_path / "b", quiet)
    erase(filled, "since", "c-1", "c-2")
    filled.of("customers")["erased"].insert_one({"_id": "hash", "at": AT})
    filled.of("customers")["secrets"].insert_one({"_id": "erased identifiers", "key": b"k"})

    assert put_back(filled, tmp_path / "b", force=True, erased=None) == 1

    noted = [*filled.of("customers")["erase_again"].find()]
    assert noted == [{"_id": "since", "customer_ids": ["c-1", "c-2"]}]
    assert filled.of("customers")["erased"].find_one({"_id": "hash"}), "so that late events are known"
    assert filled.of("customers")["secrets"].count_documents({}) == 1


def test_where_the_database_is_lost_somebody_has_to_say_who_was_erased(
    filled: Databases, tmp_path: Path
) -> None:
    take(filled, None, tmp_path / "old", quiet)
    erase(filled, "since", "c-1")
    take(filled, None, tmp_path / "new", quiet)
    wipe(filled)

    with pytest.raises(BackupFault, match="--erased"):
        put_back(filled, tmp_path / "old", erased=None)
    assert filled.collections("loyalty") == []

    assert put_back(filled, tmp_path / "old", erased=lambda: of_path(tmp_path / "new")) == 1


def test_a_system_that_was_begun_anew_does_not_know_who_was_erased_in_the_old_one(
    filled: Databases, tmp_path: Path
) -> None:
    erase(filled, "before", "c-0")
    take(filled, None, tmp_path / "b", quiet)
    wipe(filled)
    filled.of("customers")["customers"].insert_one({"_id": "new"})

    with pytest.raises(BackupFault, match="--erased"):
        put_back(filled, tmp_path / "b", force=True, erased=None)


def test_an_interrupted_restore_does_not_forget_who_was_erased(filled: Databases, tmp_path: Path) -> None:
    take(filled, None, tmp_path / "b", quiet)
    erase(filled, "since", "c-1")

    def killed(label: str, total: int, more: int) -> None:
        if label == "loyalty.members":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(filled, None, tmp_path / "b", None, killed, force=True)

    with pytest.raises(NotEmpty):
        put_back(filled, tmp_path / "b", erased=None)
    assert put_back(filled, tmp_path / "b", force=True, erased=None) == 1
    assert filled.collections("restore") == []


@pytest.mark.parametrize("when", ["loyalty.members", "customers.customers"])
def test_of_an_interrupted_restore_nobody_goes_on_and_no_backup_is_made(
    when: str, filled: Databases, tmp_path: Path
) -> None:
    take(filled, None, tmp_path / "b", quiet)
    store = NotificationsStore(filled.of("notifications"))

    def killed(label: str, total: int, more: int) -> None:
        if label == when:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(filled, None, tmp_path / "b", None, killed, force=True)

    for go_on in (lambda: is_restored(store), lambda: restoring.go_on(store, False, AT)):
        with pytest.raises(InvalidArgument, match="do `wafa restore` again"):
            go_on()
    assert store.rebuilding()
    with pytest.raises(BackupFault, match="not through"):
        take(filled, None, tmp_path / "half", quiet)
    assert not (tmp_path / "half").exists()

    put_back(filled, tmp_path / "b", force=True, erased=None)
    assert is_restored(store)
    assert restoring.go_on(store, False, AT) == {"dropped": 0}
    assert not is_restored(store)


def test_the_list_of_erasures_may_be_what_the_command_printed(tmp_path: Path) -> None:
    file = tmp_path / "changes.json"
    file.write_text(
        '[{"change_id": "1", "kind": "erase", "customer_ids": ["a"]},'
        ' {"change_id": "2", "kind": "merge", "customer_ids": ["b", "c"]}]'
    )
    assert of_path(file).changes == {"1": ["a"]}

    file.write_text("nobody")
    with pytest.raises(BackupFault, match="neither"):
        of_path(file)


def test_a_backup_begins_anew_when_somebody_is_erased_while_it_is_made(
    filled: Databases, tmp_path: Path
) -> None:
    """Otherwise what was read before still had them, and nobody would ever look for them there again."""
    seen: list[str] = []

    def erasing(label: str, total: int, more: int) -> None:
        if label == "loyalty.members" and not more:
            seen.append(label)
            if len(seen) == 1:
                filled.of("gateway")["answers"].delete_many({})
                erase(filled, "meanwhile", "c-1")

    made = take(filled, None, tmp_path / "b", erasing)

    answers = made.of("gateway", "answers")
    assert len(seen) == 2
    assert answers
    assert answers.documents == 0


def test_no_backup_is_made_of_half_an_erasure(filled: Databases, tmp_path: Path) -> None:
    erase(filled, "underway", "c-1")
    filled.of("customers")["changes"].update_one({}, {"$set": {"waiting_for": ["loyalty"]}})

    with pytest.raises(Unsettled, match="wafa customers changes"):
        take(filled, None, tmp_path / "b", quiet, patience=0.3)


def test_members_are_read_before_the_ledger_that_says_what_they_have(
    filled: Databases, tmp_path: Path
) -> None:
    """A receipt without its effect is put right by folding anew; an effect without receipt comes twice."""
    filled.of("loyalty")["ledger"].insert_one({"_id": "row"})
    order: list[str] = []

    take(filled, None, tmp_path / "b", lambda label, total, more: order.append(label))

    assert order.index("loyalty.members") < order.index("loyalty.ledger")
    assert order.index("gateway.answers") < order.index("loyalty.members")
    assert order.index("loyalty.ledger") < order.index("customers.customers")


def test_a_server_that_is_away_is_told_in_a_sentence() -> None:
    def ask() -> None:
        with open_databases("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200", "t_") as databases:
            databases.client.admin.command("ping")

    with pytest.raises(BackupFault, match="does not answer"):
        ask()
