#!/bin/sh
# Pins requirements*.in with hashes, for every platform. No address of a package index gets into the files.
set -eu

command -v .venv/bin/uv >/dev/null || .venv/bin/python -m pip install --quiet uv
for name in requirements requirements-plots requirements-models requirements-dev; do
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --custom-compile-command 'make lock' "$@" "$name.in" --output-file "$name.txt"
done
