"""What can be seen of a text by taking it apart: mistakes, unknown variables, what nobody has isolated."""

import re
from collections.abc import Iterator

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.meta import find_undeclared_variables

from services.notifications.texts.findings import Found
from services.notifications.texts.guards import Guarded
from services.notifications.texts.variables import VARIABLES

_ALWAYS_THERE = frozenset({"direction", "language", "locale", "loop", "self", "super", "zone"})
_APART = frozenset({"date", "isolated", "moment", "money", "number", "time"})
#: Filters that a variable of this kind needs before it can be shown.
_NEEDED = {
    "name": "isolated",
    "code": "isolated",
    "tier": "isolated",
    "count": "number",
    "money": "money",
    "day": "date",
    "moment": "date",
}
#: Shown without its filter, a variable of this kind cannot be rendered at all.
_WITHOUT = frozenset({"money", "day", "moment"})
_WITHIN_TAG = re.compile(r"<[^<>]*$")


def check(part: str, source: str, language: str, direction: str, environment: Guarded) -> Iterator[Found]:
    """Yield what is wrong with one part of a text."""
    try:
        tree = environment.checked(source, f"{language}.{part}")
        environment.compile(tree)
    except TemplateSyntaxError as error:
        yield Found("error", error.message or "it cannot be read", part, error.lineno)
        return
    except (RecursionError, SyntaxError, ValueError, MemoryError) as error:
        yield Found("error", f"it cannot be read: {type(error).__name__}", part)
        return
    yield from _unknown(part, environment.parse(source), environment)
    sparing = part == "short" and direction == "ltr"
    for output in environment.parse(source).find_all(nodes.Output):
        yield from _shown(part, output, sparing)


def _unknown(part: str, tree: nodes.Template, environment: Guarded) -> Iterator[Found]:
    known = VARIABLES.keys() | _ALWAYS_THERE | environment.globals.keys()
    unknown = find_undeclared_variables(tree) - known
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            yield Found("error", f"there is no variable {name.name}", part, name.lineno)


def _shown(part: str, output: nodes.Output, sparing: bool) -> Iterator[Found]:
    """Yield what is shown without being set apart from the words around it."""
    within_tag = False
    for node in output.nodes:
        if isinstance(node, nodes.TemplateData):
            within_tag = part == "html" and bool(_WITHIN_TAG.search(node.data))
        elif within_tag:
            if isinstance(node, nodes.Filter) and node.name == "isolated":
                yield Found("warning", "an isolate does not belong in an attribute", part, node.lineno)
        elif not _is_apart(node):
            yield from _bare(part, node, sparing)


def _is_apart(node: nodes.Node) -> bool:
    if isinstance(node, nodes.CondExpr):
        return _is_apart(node.expr1) and (node.expr2 is None or _is_apart(node.expr2))
    if isinstance(node, nodes.Filter):
        return node.name in _APART or (node.node is not None and _is_apart(node.node))
    return isinstance(node, nodes.Call | nodes.Const)


def _bare(part: str, node: nodes.Node, sparing: bool) -> Iterator[Found]:
    names = [node] if isinstance(node, nodes.Name) else list(node.find_all(nodes.Name))
    for name in names:
        variable = VARIABLES.get(name.name)
        wanted = _NEEDED.get(variable.kind) if variable else None
        if not variable or not wanted:
            continue
        if variable.kind in _WITHOUT:
            yield Found("error", f"{name.name} needs a filter: {name.name} | {wanted}", part, name.lineno)
        elif not sparing or variable.kind != "tier":
            message = f"{name.name} can upset the direction of the sentence: write {name.name} | {wanted}"
            yield Found("warning", message, part, name.lineno)
