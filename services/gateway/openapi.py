"""`docs/openapi.json`: the document of the HTTP interface, made without any server.

python -m services.gateway.openapi            writes it
python -m services.gateway.openapi --check    exits with 1 when it is not current
"""

import json
import sys
from pathlib import Path
from typing import Any, cast

from services.gateway.means import Means
from services.gateway.web import create_app

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    # What an application works with is needed when it answers, not to say what it would answer.
    app = create_app(cast(Means, None))
    found: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].document
    return found


def text() -> str:
    """Return the document as it is in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file or check it; return the exit code."""
    if arguments == ["--check"]:
        if FILE.exists() and FILE.read_text("utf-8") == text():
            return 0
        print(f"{FILE} is not current; run `make docs`", file=sys.stderr)
        return 1
    FILE.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
