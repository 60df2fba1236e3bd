"""placeholder"""


def check(texts, purpose, engine):
    return []
