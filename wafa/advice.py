"""What staff say first to the customer before them, in both languages.

The Arabic speaks of "us" instead of commanding somebody, whose form would be a man's or a woman's.
"""

ADVICE = {
    "apologise": {
        "en": "There is an open complaint: apologise first.",
        "ar": "هناك شكوى مفتوحة: لنبدأ بالاعتذار.",
    },
    "thank": {
        "en": "A regular: thank them for coming back.",
        "ar": "من عملائنا الأوفياء: لنبدأ بالشكر على العودة.",
    },
    "welcome": {"en": "Welcome them.", "ar": "لنبدأ بالترحيب."},
}


def advice(*, complains: bool, regular: bool) -> dict[str, str]:
    """Return what to say: `code`, a word for machines, and a sentence in `en` and in `ar`.

    `complains`: a complaint of theirs is open, which comes before everything else. `regular`: they have come
    back before.
    """
    code = "apologise" if complains else "thank" if regular else "welcome"
    return {"code": code, **ADVICE[code]}
