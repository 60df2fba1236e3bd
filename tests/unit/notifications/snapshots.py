"""Writes down our words as they are now: python -m tests.unit.notifications.snapshots"""

from services.notifications.texts.renderer import Renderer
from services.notifications.texts.titles import titles_of
from tests.unit.notifications.test_rendering import OURS, SNAPSHOTS, shown
from wafa.runtime.settings import DEFAULT_PROGRAM

if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    renderer = Renderer(titles_of(DEFAULT_PROGRAM))
    for template in OURS:
        for locale in ("ar-EG", "en-GB"):
            (SNAPSHOTS / f"{template}.{locale}.txt").write_text(shown(renderer, template, locale), "utf-8")
