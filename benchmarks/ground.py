"""One broker and one database server for all runs; a room for each, so that they do not meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import amqp
from pymongo import MongoClient
from pymongo.database import Database

from wafa.runtime.broker import connect
from wafa.runtime.mongo import Document, open_database
from wafa.runtime.topology import declare_all
from wafa.stack import WORKERS, Stack


@dataclass(frozen=True, slots=True)
class Room:
    """A virtual host with Wafa's topology, databases with a prefix of their own, a folder for logs."""

    name: str
    amqp_uri: str
    mongodb_uri: str
    smtp_url: str
    folder: Path

    @property
    def prefix(self) -> str:
        """What the names of the room's databases begin with."""
        return f"b_{self.name}_"

    def database(self, service: str) -> Database[Document]:
        """Return the database of `service` in this room, with the write concern that services use."""
        return open_database(self.mongodb_uri, self.prefix + service)

    def connect(self) -> amqp.Connection:
        """Return a connection of the benchmark's own."""
        return connect(self.amqp_uri, name="benchmark")

    def environment(self) -> dict[str, str]:
        """Return the variables by which a process finds this room."""
        return {
            "AMQP_URI": self.amqp_uri,
            "MONGODB_URI": self.mongodb_uri,
            "WAFA_SMTP_URL": self.smtp_url,
            "WAFA_DATABASE_PREFIX": self.prefix,
        }


class Ground:
    """The servers; a context manager is `Stack`'s, this only lets rooms."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    @contextmanager
    def room(self, name: str) -> Iterator[Room]:
        """Let a room. What is in it is dropped afterwards: no run carries the load of an earlier one."""
        self._stack.rabbitmqctl("add_vhost", name)
        self._stack.rabbitmqctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        root = self._stack.amqp_uri.rpartition("/")[0]
        folder = self._folder / name
        folder.mkdir()
        room = Room(name, f"{root}/{name}", self._stack.mongodb_uri, self._stack.smtp_url, folder)
        with room.connect() as connection:
            declare_all(connection.channel())
        yield room
        self._stack.rabbitmqctl("delete_vhost", name)
        with MongoClient[Document](room.mongodb_uri) as client:
            for service in WORKERS:
                client.drop_database(room.prefix + service)

    def servers(self) -> dict[str, int]:
        """Return the process ids of broker and database, as far as they are the benchmark's own."""
        return {one.name: one.pid for one in self._stack.identities() if one.name in ("rabbitmq", "mongodb")}
