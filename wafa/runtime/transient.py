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
