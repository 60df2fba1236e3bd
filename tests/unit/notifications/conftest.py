from collections.abc import Iterator

import pytest

from services.notifications.texts.renderer import Renderer
from services.notifications.texts.titles import titles_of
from wafa.runtime.settings import DEFAULT_PROGRAM


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer(titles_of(DEFAULT_PROGRAM))
    yield renderer
    renderer.close()
