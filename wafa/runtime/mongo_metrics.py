"""What the database is asked, counted and timed."""

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    TopologyClosedEvent,
    TopologyDescriptionChangedEvent,
    TopologyListener,
    TopologyOpenedEvent,
)

from wafa.runtime import metrics

#: The commands that are told apart.
TOLD_APART = frozenset(
    {"find", "getMore", "aggregate", "count", "insert", "update", "delete", "findAndModify", "ping"}
)


class Commands(CommandListener):
    """Takes down every command that a client sends; called by PyMongo."""

    def started(self, event: CommandStartedEvent) -> None:
        """Do nothing: the end tells how long it took."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Note an answer."""
        _note(event)

    def failed(self, event: CommandFailedEvent) -> None:
        """Note that it was refused, or that no answer came."""
        metrics.DATABASE_FAILURES.labels(_note(event)).inc()


class Members(TopologyListener):
    """Takes down how many servers a client knows of, and how many of them answer; called by PyMongo.

    Of a replica set these are all its members, by whichever it was found.
    """

    def opened(self, event: TopologyOpenedEvent) -> None:
        """Do nothing: no server has been asked yet."""

    def description_changed(self, event: TopologyDescriptionChangedEvent) -> None:
        """Count anew."""
        servers = event.new_description.server_descriptions().values()
        answering = sum(server.is_server_type_known for server in servers)
        metrics.DATABASE_MEMBERS.labels("answers").set(answering)
        metrics.DATABASE_MEMBERS.labels("away").set(len(servers) - answering)

    def closed(self, event: TopologyClosedEvent) -> None:
        """Do nothing: whoever closes a client ends with it."""


def _note(event: CommandSucceededEvent | CommandFailedEvent) -> str:
    name = event.command_name if event.command_name in TOLD_APART else "other"
    metrics.DATABASE_SECONDS.labels(name).observe(event.duration_micros / 1_000_000)
    return name
