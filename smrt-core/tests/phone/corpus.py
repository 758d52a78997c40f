"""Adds Google's answers to a file of texts: the frozen corpus, or any larger one.

Run:  pip install phonenumbers==9.0.42
      cargo run --release -p smrt-core --example phone_agreement -- write texts.tsv 6000 20260101
      python smrt-core/tests/phone/corpus.py < texts.tsv > smrt-core/tests/phone/corpus.tsv
      cargo run --release -p smrt-core --example phone_agreement -- check corpus.tsv

A line holds a region (`-` for none) and an escaped text; see corpus.rs for what is added.
"""

import re
import sys
import unicodedata

import phonenumbers as google

TYPES = {
    getattr(google.PhoneNumberType, name.upper()): name
    for name in (
        "fixed_line mobile fixed_line_or_mobile toll_free premium_rate shared_cost voip "
        "personal_number pager uan voicemail unknown"
    ).split()
}


def unescaped(text):
    return re.sub(r"\\([0-9a-f]+);", lambda match: chr(int(match.group(1), 16)), text)


def answer(text, home):
    try:
        number = google.parse(text, home)
    except google.NumberParseException:
        return ["-"]
    if not google.is_valid_number(number):
        return ["-"]
    extension = "".join(str(unicodedata.digit(digit)) for digit in number.extension or "")
    region = google.region_code_for_number(number)
    return [
        google.format_number(
            google.PhoneNumber(
                country_code=number.country_code,
                national_number=number.national_number,
                italian_leading_zero=number.italian_leading_zero,
                number_of_leading_zeros=number.number_of_leading_zeros,
            ),
            google.PhoneNumberFormat.E164,
        ),
        "-" if region == "001" else region,
        TYPES[google.number_type(number)],
        str(google.length_of_geographical_area_code(number)),
        extension or "-",
    ]


sys.stdin.reconfigure(encoding="utf-8", newline="\n")
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
for line in sys.stdin:
    home, text = line.rstrip("\n").split("\t")[:2]
    print(home, text, *answer(unescaped(text), None if home == "-" else home), sep="\t")
