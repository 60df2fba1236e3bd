"""What stands in the documents to be typed."""

import re

from tests.compose.stack import ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")


def chapter(heading: str) -> str:
    """Return what stands below a heading of docs/operating.md, up to the next of any level."""
    [text] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ )", OPERATING, re.MULTILINE | re.DOTALL)
    return str(text)


def chapters(below: str) -> list[str]:
    """Return the headings of the chapters into which one of docs/operating.md is divided."""
    [text] = re.findall(rf"^## {re.escape(below)}\n(.*?)(?=^## )", OPERATING, re.MULTILINE | re.DOTALL)
    return re.findall(r"^### (.*)$", text, re.MULTILINE)


def typed(heading: str) -> list[str]:
    """Return the commands of a chapter of docs/operating.md, a text for each of its blocks."""
    return re.findall(r"^```\n(.*?)^```$", chapter(heading), re.MULTILINE | re.DOTALL)


def typed_in_passing(heading: str) -> list[str]:
    """Return the commands in the sentences of a chapter of docs/operating.md."""
    return re.findall(r"`(docker compose [^`]+)`", chapter(heading))
