"""What the public pages say, in Arabic and in English. Nothing in it is about a person."""

from typing import NamedTuple


class Words(NamedTuple):
    """A page in one language; `button` is what its one button says, empty for none."""

    title: str
    text: str
    button: str = ""


#: Page -> language -> words; `{messages}` is what somebody gets no more.
WORDS = {
    "unsubscribe": {
        "ar": Words(
            "إيقاف {messages}؟",
            "لن تصلك منّا {messages} من هذا النوع بعد الآن. ضغطة واحدة تكفي.",
            "نعم، أوقفوها",
        ),
        "en": Words(
            "No more {messages}?",
            "You will get no more {messages} of this kind from us. One click is enough.",
            "Yes, stop them",
        ),
    },
    "unsubscribed": {
        "ar": Words("تمّ الإيقاف", "لن تصلك منّا {messages} من هذا النوع. قد يصلك ما أُرسل قبل لحظات."),
        "en": Words(
            "Done",
            "You will get no more {messages} of this kind from us. "
            "What was sent a moment ago may still arrive.",
        ),
    },
    "answer yes": {
        "ar": Words("هل حُلّت المشكلة؟", "جوابك: نعم، حُلّت.", "إرسال الجواب: نعم"),
        "en": Words("Is it really solved?", "Your answer: yes, it is solved.", "Send the answer: yes"),
    },
    "answer no": {
        "ar": Words(
            "هل حُلّت المشكلة؟", "جوابك: لا، ما زالت قائمة. عندئذٍ نعيد فتح شكواك فورًا.", "إرسال الجواب: لا"
        ),
        "en": Words(
            "Is it really solved?",
            "Your answer: no, it is not. We then reopen your complaint at once.",
            "Send the answer: no",
        ),
    },
    "answered yes": {
        "ar": Words("شكرًا لك", "يسعدنا أن المشكلة حُلّت."),
        "en": Words("Thank you", "We are glad that it is solved."),
    },
    "answered no": {
        "ar": Words("شكرًا على صراحتك", "نعيد فتح شكواك، ونتابعها معك حتى تُحلّ."),
        "en": Words(
            "Thank you for telling us", "We reopen your complaint, and stay with it until it is solved."
        ),
    },
    "unknown": {
        "ar": Words(
            "هذا الرابط لا يعمل",
            "ربما وصل ناقصًا، أو لم نعد نحتفظ بما يخصّه. يُرجى فتحه مرة أخرى من الرسالة نفسها.",
        ),
        "en": Words(
            "This link does not work",
            "It may have been cut off, or what it is about is not kept any more. "
            "Open it from the message again.",
        ),
    },
    "away": {
        "ar": Words(
            "لم يتمّ ذلك بعد",
            "تعذّر ذلك الآن. تُرجى المحاولة مرة أخرى بعد دقيقة؛ الرابط يبقى صالحًا.",
            "إعادة المحاولة",
        ),
        "en": Words(
            "Not done yet",
            "This cannot be done just now. Try again in a minute: the link stays good.",
            "Try again",
        ),
    },
}

#: Channel -> language -> what comes by it.
MESSAGES = {
    "email": {"ar": "رسائل بريد إلكتروني", "en": "e-mails"},
    "sms": {"ar": "رسائل نصية", "en": "text messages"},
    "whatsapp": {"ar": "رسائل واتساب", "en": "WhatsApp messages"},
    "phone": {"ar": "مكالمات", "en": "calls"},
}
ANY = {"ar": "رسائل", "en": "messages"}
