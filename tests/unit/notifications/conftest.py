import pytest

from services.notifications.rendering import Renderer, titles_of
from wafa.runtime.settings import DEFAULT_PROGRAM


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(titles_of(DEFAULT_PROGRAM))
