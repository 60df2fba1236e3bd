"""What stands in the documents to be typed."""

import re

from tests.compose.stack import ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")


def typed(heading: str) -> list[str]:
    """Return the commands of a chapter of docs/operating.md, a text for each of its blocks."""
    [chapter] = re.findall(rf"^#+ {heading}\n(.*?)(?=^#+ )", OPERATING, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL)
