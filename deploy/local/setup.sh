#!/bin/sh
# Makes .venv with everything pinned. On Debian and Ubuntu, as root, it installs Python's venv where that is missing.
set -eu
. "$(dirname "$0")/apt.sh"

newest_fit() {
    for name in ${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
}

makes_venvs() { [ -n "$1" ] && "$1" -c 'import ensurepip, venv' 2>/dev/null; }

python=$(newest_fit)
if ! makes_venvs "$python" && can_install; then
    install python3 python3-venv
    python=$(newest_fit)
fi
if [ -z "$python" ]; then
    echo "Wafa needs Python 3.11 or later${PYTHON:+ (PYTHON=$PYTHON is none)}. On Debian 12: sudo apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! makes_venvs "$python"; then
    echo "$python cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
fi

echo "Installing the pinned packages into .venv ($("$python" --version)) ..."
"$python" -m venv --clear .venv
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
.venv/bin/python -m pip install --quiet --require-hashes --only-binary :all: --no-compile -r requirements-dev.txt
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
