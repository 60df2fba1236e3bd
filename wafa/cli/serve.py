"""`wafa serve`: the front door, which answers HTTP."""

import importlib
import os

import click

from wafa.runtime.figures import VARIABLE, own_folder
from wafa.runtime.settings import load_settings


@click.command()
def serve() -> None:
    """Answer HTTP in this process and its workers, until SIGTERM.

    It is configured by the environment; `.env.example` lists every variable.

    \b
    Example:
      AMQP_URI=amqp://... MONGODB_URI=mongodb://... WAFA_HTTP_PORT=8000 wafa serve
    """
    settings = load_settings()
    os.environ[VARIABLE] = str(own_folder())
    # By its name: the ground knows no service.
    importlib.import_module("services.gateway.serving.server").serve(settings)
