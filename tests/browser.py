"""A browser to look at pages with: Chromium or Chrome as the system has it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def executable() -> str:
    """Return the path of a browser. Raises SystemExit, with what to do, where there is none."""
    found = next(filter(None, map(shutil.which, COMMANDS)), None)
    if found is None and ON_MACOS.exists():
        return str(ON_MACOS)
    if found is None:
        raise SystemExit("Neither Chromium nor Chrome was found. `make browser` installs it, or says how.")
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start a browser without a window."""
    # An event loop runs in this thread until the end of this: keep it no longer than for a module.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable())
        yield browser
        browser.close()


if __name__ == "__main__":
    print(executable())
