"""What every part of the store is: some collections of the one database, and their indexes."""

from pymongo.database import Database

from wafa.runtime.mongo import Document


class Part:
    """The end of the chain of parts: no collection of its own."""

    def __init__(self, database: Database[Document]) -> None:
        """Keep the collections; nothing is sent yet."""
        self._database = database

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""

    def ping(self) -> None:
        """Return if the database answers, else raise."""
        self._database.command("ping")
