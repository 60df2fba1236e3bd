"""Logs: one JSON object a line, from our own code and from every library, with the ids that join them.

`bound_contextvars` of structlog adds fields for the length of a block. Where a line speaks of one event it
has `event_id`, `customer_id` and `correlation_id`.

Nobody can erase a person from a log. So no line quotes what an event says: an unexpected error is told by its
class and its place, and whatever looks like an e-mail address or a telephone number is masked.
"""

import logging
import re
import sys
from typing import Any

import structlog

# Chatty at INFO about what our own metrics and logs say already.
_QUIET = ("nameko", "amqp", "kombu", "pymongo", "eventlet")


_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+\.\w+|\+\d[\d .()-]{6,}\d")


class Withheld(Exception):
    """Stands for an error whose words may quote an event."""


def withheld(error: BaseException) -> tuple[type[BaseException], BaseException, Any]:
    """Return the `exc_info` of an error without its words."""
    return type(error), Withheld("withheld, it may quote the event"), error.__traceback__


class _WithoutWords(logging.Filter):
    """For a logger of somebody else's that quotes every error."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1]:
            record.msg, record.args = "unexpected error in a worker", ()
            record.exc_info = withheld(record.exc_info[1])
        return True


def mask(logger: object, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Put a mask over addresses and numbers, in every text of a line."""
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = _ADDRESS.sub("(masked)", value)
    return line


def configure_logs(service: str, *, level: str = "INFO", style: str = "json") -> None:
    """Send all logs of this process to standard error; `style` is `json`, or `console` for people."""

    def name_service(
        logger: object, method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        line["service"] = service
        return line

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_service,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = _renderers(style)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    # It writes a traceback for what is expected while something is away; our own line says it.
    containers = logging.getLogger("nameko.containers")
    containers.setLevel(logging.ERROR)
    containers.addFilter(_WithoutWords())


def _renderers(style: str) -> list[structlog.typing.Processor]:
    if style == "console":
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    # Local variables hold people's names and addresses: they do not belong in a log.
    tracebacks = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    return [tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
