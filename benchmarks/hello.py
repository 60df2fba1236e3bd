"""A bare Flask application on the same gunicorn as the front door: the floor of what HTTP costs here.

python -m benchmarks.hello --port 8000
"""

import argparse
from typing import Any

from flask import Flask, jsonify
from gunicorn.app.base import BaseApplication

from wafa.runtime.settings import load_settings

app = Flask(__name__)


@app.get("/readyz")
def hello() -> Any:
    """Say hello."""
    return jsonify(hello="world")


class Hello(BaseApplication):
    """As many processes and threads as the front door has."""

    def __init__(self, port: int) -> None:
        self._port = port
        super().__init__()

    def load_config(self) -> None:
        """Set what the front door sets; called by gunicorn."""
        settings = load_settings()
        values: dict[str, Any] = {
            "bind": f"127.0.0.1:{self._port}",
            "workers": settings.http_workers,
            "threads": settings.http_threads,
            "worker_class": "gthread",
            "keepalive": 30,
            "control_socket_disable": True,
            "loglevel": "warning",
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application; called in each process."""
        return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hello", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    Hello(parser.parse_args().port).run()
