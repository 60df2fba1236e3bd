"""The process that `driver` watches: the runner's patches, PyMongo, and greenlets that never rest."""

# First of all: it patches the standard library.
from wafa.runtime import runner  # isort: skip

import gc
import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable

import eventlet
import greenlet
import psutil
import pymongo
from pymongo.database import Database
from pymongo.errors import PyMongoError

from wafa.runtime.errors import RuntimeFault
from wafa.runtime.mongo import by_id, insert_new, open_database, replace_guarded

assert runner.GRACE
DOCUMENTS, EACH = 500, 4

Job = Callable[[Database, int], None]


def bulk_write(database: Database, turn: int) -> None:
    ids = [f"{turn % 7} {number}" for number in range(100)]
    insert_new(database["rows"], [{"_id": id, "text": "x" * 200} for id in ids])
    if turn % 3 == 0:
        database["rows"].delete_many({"_id": {"$in": ids}})


def guarded_write(database: Database, turn: int) -> None:
    ids = [f"member {(turn * 31 + number) % DOCUMENTS}" for number in range(50)]
    found = by_id(database["members"], ids)
    wanted = [{**found.get(id, {"_id": id, "version": 0}), "turn": turn} for id in dict.fromkeys(ids)]
    replace_guarded(database["members"], [{**one, "version": one["version"] + 1} for one in wanted])


def cursor(database: Database, turn: int) -> None:
    for _ in database["members"].find({}, batch_size=20):
        pass


def abandoned_cursor(database: Database, turn: int) -> None:
    next(database["members"].find({}, batch_size=2), None)


def aggregate(database: Database, turn: int) -> None:
    list(database["members"].aggregate([{"$group": {"_id": "$version", "n": {"$sum": 1}}}]))


def impatient(database: Database, turn: int) -> None:
    """Another client for each turn in a hundred, one that gives up after half a second for the others."""
    global _impatient
    if turn % 100 == 0 or _impatient is None:
        if _impatient is not None:
            _impatient.close()
        host, port = database.client._topology_settings.seeds.copy().pop()
        _impatient = pymongo.MongoClient(host, port, socketTimeoutMS=500, serverSelectionTimeoutMS=500)
    _impatient[database.name]["members"].count_documents({"turn": {"$gt": turn % 50}})


_impatient: pymongo.MongoClient | None = None
JOBS: tuple[Job, ...] = (bulk_write, guarded_write, cursor, abandoned_cursor, aggregate, impatient)


class Watch:
    """How far each greenlet has come, and what failed."""

    def __init__(self) -> None:
        self.operations = 0
        self.errors: Counter[str] = Counter()
        self.finished: dict[str, float] = {}

    def work(self, job: Job, name: str, database: Database, rng: random.Random) -> None:
        for turn in itertools.count():
            try:
                job(database, turn)
                self.operations += 1
            except (PyMongoError, RuntimeFault) as error:
                self.errors[type(error).__name__] += 1
            # An error that comes back is progress too; no answer at all is not.
            self.finished[name] = time.monotonic()
            eventlet.sleep(rng.uniform(0.05, 0.3))

    def sample(self) -> dict[str, object]:
        gc.collect()
        process = psutil.Process()
        return {
            "operations": self.operations,
            "errors": self.errors,
            "pause": time.monotonic() - min(self.finished.values()),
            "threads": process.num_threads(),
            "greenlets": sum(issubclass(type(one), greenlet.greenlet) for one in gc.get_objects()),
            "rss": process.memory_info().rss,
        }


def main() -> None:
    database = open_database(sys.argv[1], "soak")
    watch = Watch()
    for place, job in enumerate(JOBS * EACH):
        name = f"{job.__name__} {place}"
        watch.finished[name] = time.monotonic()
        eventlet.spawn(watch.work, job, name, database, random.Random(name))
    while True:
        eventlet.sleep(1)
        print(json.dumps(watch.sample()), flush=True)


if __name__ == "__main__":
    main()
