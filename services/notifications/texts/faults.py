"""What is wrong with a text, and where."""

from types import TracebackType

from jinja2 import Template
from jinja2.exceptions import TemplateSyntaxError


class TimeUp(BaseException):
    """A text takes longer than it may. Nothing in a text can catch it."""


class TextFault(Exception):
    """A text cannot be rendered; the message says which part, and where it is known the line, and why."""

    def __init__(self, part: str, line: int | None, message: str) -> None:
        super().__init__(part, line, message)
        self.part, self.line, self.message = part, line, message

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        return f"part {self.part}{line}: {self.message}"

    @classmethod
    def of(cls, part: str, error: BaseException) -> "TextFault":
        """Return what an error while compiling or rendering says of a part."""
        if isinstance(error, TemplateSyntaxError):
            return cls(part, error.lineno, error.message or "it cannot be read")
        return cls(part, _line(error.__traceback__), _words(error))


def _words(error: BaseException) -> str:
    match error:
        case TimeUp():
            return "it takes too long"
        case MemoryError():
            return "it takes more memory than any message needs"
        case RecursionError():
            return "it goes too deep"
        case _:
            return str(error) or type(error).__name__


def _line(trace: TracebackType | None) -> int | None:
    """Return the line of the text in which something failed: that of the last frame that is a template's."""
    found = None
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        # Between two lines, where only a signal can interrupt, there is no number.
        if isinstance(template, Template) and trace.tb_lineno is not None:
            found = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return found
