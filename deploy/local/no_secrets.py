"""Looks for passwords, keys and tokens in what Git keeps; exit code 1: something new looks like one.

`# pragma: allowlist secret` behind a line, or an entry in ALLOWED, says that it is none.
"""

import subprocess
from pathlib import Path

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

ROOT = Path(__file__).resolve().parents[2]
#: Those that know a form. Words and entropy would call every password of a test a secret.
KINDS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
#: What has no secrets, and many lines.
PASSED_OVER = (
    "requirements.txt",
    "requirements-plots.txt",
    "requirements-models.txt",
    "requirements-dev.txt",
    "package-lock.json",
    ".csv",
    ".bson",
)
#: File, and kind of what is none there.
ALLOWED: frozenset[tuple[str, str]] = frozenset()


def main() -> int:
    """Look, print, and return the exit code."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    files = [one for one in listed.stdout.split("\0") if one and not one.endswith(PASSED_OVER)]
    found = [one for one in suspects(files) if one[:2] not in ALLOWED]
    for file, kind, line in found:
        print(
            f"{file}:{line}: this looks like a secret ({kind}); see deploy/local/no_secrets.py if it is none"
        )
    print(f"{len(files)} files, {len(found) or 'no'} secrets")
    return 1 if found else 0


def suspects(files: list[str]) -> list[tuple[str, str, int]]:
    """Return what looks like a secret: file, kind, line."""
    detectors = [one for one in get_mapping_from_secret_type_to_class().values() if one.__name__ in KINDS]
    forms = [(one.secret_type, form) for one in detectors for form in one.denylist]
    found = []
    for file in files:
        # The library's own scan takes minutes, because it asks everything of every line.
        text = (ROOT / file).read_bytes().decode("utf-8", "replace") if (ROOT / file).is_file() else ""
        for kind, form in forms:
            for match in form.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                if "pragma: allowlist secret" not in text.splitlines()[line - 1]:
                    found.append((file, kind, line))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
