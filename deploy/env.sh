#!/bin/sh
# Prints `.env.example`, or the file that is named, with a random password for each user and a secret for links:
# `sh deploy/env.sh > .env`. A file that this goes to is for its owner alone.
set -eu

if [ -f /dev/stdout ]; then chmod 600 /dev/stdout; fi
# The last line may lack its end.
while IFS= read -r line || [ -n "$line" ]; do
    case $line in
        *_PASSWORD= | *_LINK_SECRET=) echo "$line$(od -An -N 24 -t x1 /dev/urandom | tr -d ' \n')" ;;
        *) echo "$line" ;;
    esac
done < "${1:-$(dirname "$0")/../.env.example}"
