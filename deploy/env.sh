#!/bin/sh
# Prints `.env.example`, or the file that is named, with a random password for each user and a secret for links:
# `sh deploy/env.sh > .env`.
set -eu

while IFS= read -r line; do
    case $line in
        *_PASSWORD= | *_LINK_SECRET=) echo "$line$(od -An -N 24 -t x1 /dev/urandom | tr -d ' \n')" ;;
        *) echo "$line" ;;
    esac
done < "${1:-$(dirname "$0")/../.env.example}"
