"""Which errors mean "something is away, the events are fine": the batch is kept and tried again."""

import amqp.exceptions
import pymongo.errors

from wafa.runtime.errors import Transient

# ConnectionFailure covers lost connections, failed elections and no reachable server.
TRANSIENT: tuple[type[BaseException], ...] = (
    Transient,
    OSError,
    amqp.exceptions.AMQPError,
    pymongo.errors.ConnectionFailure,
    pymongo.errors.WTimeoutError,
    pymongo.errors.ExecutionTimeout,
)

# What a MongoDB server answers when it is the server that has a problem: no right to do this, wrong password,
# no room, shutting down, taking too long, stepping down (error codes of the MongoDB manual).
_SERVER_TROUBLE = frozenset(
    {6, 7, 13, 18, 24, 50, 64, 89, 91, 100, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031}
)


def is_transient(error: BaseException) -> bool:
    """Tell whether an error is nobody's fault who sent an event."""
    if isinstance(error, pymongo.errors.OperationFailure):
        return isinstance(error, TRANSIENT) or error.code in _SERVER_TROUBLE
    return isinstance(error, TRANSIENT)


def is_transient_name(name: str) -> bool:
    """Tell whether an error that came over the wire by the name of its class is a transient one."""
    return name in {one for error in TRANSIENT for one in _family(error)}


def _family(error: type[BaseException]) -> set[str]:
    return {error.__name__}.union(*(_family(child) for child in error.__subclasses__()))
