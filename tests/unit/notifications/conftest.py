import pytest

from services.notifications.texts.renderer import Renderer
from services.notifications.texts.titles import titles_of
from wafa.runtime.settings import DEFAULT_PROGRAM


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(titles_of(DEFAULT_PROGRAM))
