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


def is_transient_name(name: str) -> bool:
    """Tell whether an error that came over the wire by the name of its class is a transient one."""
    return name in {one for error in TRANSIENT for one in _family(error)}


def _family(error: type[BaseException]) -> set[str]:
    return {error.__name__}.union(*(_family(child) for child in error.__subclasses__()))
