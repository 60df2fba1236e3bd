"""The sandbox that texts run in: what is not on a list here, a text cannot do.

Jinja's own sandbox forbids what is known to be dangerous. A text needs little, so here it is the other way
round: statements, filters, functions, attributes and operators are allowed by name, and what a text may show
is words and numbers. What is left can still run for long or grow large: `limits` sees to that.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from jinja2 import DictLoader, StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.filters import FILTERS
from jinja2.runtime import BlockReference, Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

Functions = Mapping[str, Callable[..., Any]]

LAYOUT = "layout.html"
LONGEST_RANGE = 1000
LARGEST_NUMBER = 10**15
LARGEST_OUTPUT = 256 * 1024
# Looked at together: one by one takes longer than the text itself.
PIECES = 64

FILTERS_OF_JINJA = frozenset(
    {"abs", "capitalize", "count", "d", "default", "e", "escape", "first", "join", "last", "length", "list"}
    | {"lower", "max", "min", "sort", "sum", "title", "trim", "unique", "upper"}
)
_STATEMENTS = (
    nodes.Template,
    nodes.Extends,
    nodes.Block,
    nodes.Output,
    nodes.For,
    nodes.If,
    nodes.With,
    nodes.Assign,
    nodes.AssignBlock,
    nodes.FilterBlock,
)
_ATTRIBUTES: tuple[tuple[type, frozenset[str]], ...] = (
    (str, frozenset({"endswith", "lower", "startswith", "strip", "upper"})),
    (dict, frozenset({"get", "items", "keys", "values"})),
    (date, frozenset({"day", "month", "year"})),
    (LoopContext, frozenset({"cycle", "first", "index", "index0", "last", "length", "nextitem", "previtem"})),
    (BlockReference, frozenset({"super"})),
)
_SHOWN = frozenset({str, int, float, Decimal, Markup})
_NUMBERS = frozenset({int, float, Decimal})


class TooLarge(Exception):
    """What a text makes is larger than any message."""


class Guarded(ImmutableSandboxedEnvironment):
    """The environment of all texts: our filters, our functions, and one template to extend, the layout."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, layout: str, filters: Functions, functions: Functions) -> None:
        super().__init__(
            loader=DictLoader({LAYOUT: layout}),
            autoescape=lambda name: bool(name and name.endswith("html")),
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            # What could be computed once and for all would be, at a time when nobody knows the reader.
            optimized=False,
        )
        self.filters = {name: FILTERS[name] for name in FILTERS_OF_JINJA} | dict(filters)
        self.globals = {"range": _range, **functions}

    def checked(self, source: str, name: str) -> nodes.Template:
        """Return a text taken apart. Raises `TemplateSyntaxError`, also for what texts may not say."""
        tree = self.parse(source, name)
        for node in tree.find_all(nodes.Node):
            if isinstance(node, nodes.Stmt | nodes.Template) and not isinstance(node, _STATEMENTS):
                raise TemplateSyntaxError(f"{_said(node)} cannot stand in a text", node.lineno, name)
            if isinstance(node, nodes.Extends) and not (
                isinstance(node.template, nodes.Const) and node.template.value == LAYOUT
            ):
                raise TemplateSyntaxError(f'a text can extend "{LAYOUT}" and nothing else', node.lineno, name)
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a text may see this attribute: only what is listed here."""
        allowed = next((names for kind, names in _ATTRIBUTES if isinstance(obj, kind)), frozenset())
        return attr in allowed and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Leave `format` to `is_safe_attribute`, which does not allow it."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply, or take the remainder of, numbers of a sensible size; nothing else."""
        for operand in (left, right):
            if isinstance(operand, Undefined):
                str(operand)
            if operator == "**" or type(operand) not in _NUMBERS or abs(operand) > LARGEST_NUMBER:
                raise SecurityError("`*` and `%` are for numbers of up to 15 digits, and `**` is for none")
        return super().call_binop(context, operator, left, right)

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Join what a block has made. Raises `TooLarge`."""
        return joined(pieces)


def joined(pieces: Iterable[str]) -> str:
    """Return pieces of output as one, stopping at those that are too many. Raises `TooLarge`."""
    pieces, made, size = iter(pieces), [], 0
    while some := list(islice(pieces, PIECES)):
        made.append("".join(some))
        size += len(made[-1])
        if size > LARGEST_OUTPUT:
            raise TooLarge(f"it makes more than {LARGEST_OUTPUT:,} characters")
    return "".join(made)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    # Its length is taken this way because `len` fails for what is longer than a machine word.
    if numbers[LONGEST_RANGE:]:
        raise SecurityError(f"a range is of {LONGEST_RANGE:,} numbers at most")
    return numbers


def _shown(value: Any) -> Any:
    """Return what a text shows, if it is something to be shown to people."""
    if type(value) in _SHOWN:
        return value
    if isinstance(value, Undefined):
        # Says which one, or why it may not be seen.
        return str(value)
    if value is None:
        raise ValueError("a value that this customer does not have would be shown; ask with {% if … %} first")
    if isinstance(value, date):
        raise ValueError("a day or moment would be shown without `| date`, `| time` or `| moment`")
    raise ValueError(f"this can be shown to nobody: {type(value).__name__}")


def _said(node: nodes.Node) -> str:
    name = type(node).__name__.lower()
    # What Jinja makes of `autoescape` stands within one of these.
    return "`autoescape`" if name == "scope" else f"`{name}`"
