"""Writes phone_metadata.txt, the numbering plans of the world as `build.rs` reads them.

Run:  pip install phonenumbers==9.0.42 && python smrt-core/data/phone_metadata.py > smrt-core/data/phone_metadata.txt

The patterns are Google's (libphonenumber, Apache-2.0; see NOTICE beside this file).
The version must be the one of the `rlibphonenumber` in Cargo.lock, because that crate formats
numbers and answers for the few spellings that smrt does not read itself.
"""

import re

import phonenumbers
from phonenumbers import PhoneMetadata
from phonenumbers.data import _COUNTRY_CODE_TO_REGION_CODE as REGIONS_OF_CODE

TYPES = [
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
]
MOBILE_TOKEN_CODE = 54  # Argentina writes a 9 between calling code and area code.


def lengths(values):
    return ",".join(str(value) for value in values) or "-"


def area_lines(plan):
    """One line a number format: how many digits of such a number are its area code."""
    for form in plan.intl_number_format or plan.number_format:
        groups = re.findall(r"\(([^()]*)\)", form.pattern)
        assert form.format.startswith("\\1")
        printed = form.format.count("\\")
        width = mobile_width = 0
        if printed > 1:
            width = mobile_width = digits_of(groups[0])
            if plan.country_code == MOBILE_TOKEN_CODE:
                mobile_width = digits_of(groups[1]) + 1
        leading = form.leading_digits_pattern[-1] if form.leading_digits_pattern else "-"
        yield f"area {width} {mobile_width} {leading} {form.pattern}"


def digits_of(group):
    if group == r"\d":
        return 1
    fixed = re.fullmatch(r"\\d\{(\d+)\}", group)
    if fixed:
        return int(fixed.group(1))
    variable = re.fullmatch(r"\\d\{(\d+),(\d+)\}", group)
    return 0 if variable else len(group)


def plan_lines(name, plan):
    main = REGIONS_OF_CODE[plan.country_code][0] == name
    yield f"region {name} {plan.country_code} {'main' if main else 'shared'}"
    if plan.national_prefix is not None:
        yield f"national_prefix {plan.national_prefix}"
    if plan.international_prefix:
        yield f"idd {plan.international_prefix}"
    if plan.national_prefix_for_parsing:
        yield f"prefix {plan.national_prefix_for_parsing}"
    if plan.national_prefix_transform_rule:
        yield f"transform {plan.national_prefix_transform_rule}"
    if plan.leading_digits:
        yield f"leading {plan.leading_digits}"
    general = plan.general_desc
    yield (
        f"general {lengths(general.possible_length)} "
        f"{lengths(general.possible_length_local_only)} {general.national_number_pattern}"
    )
    for kind in TYPES:
        desc = getattr(plan, kind)
        if desc is None or not desc.national_number_pattern or -1 in desc.possible_length:
            continue
        same = kind == "mobile" and plan.fixed_line is not None and (
            desc.national_number_pattern == plan.fixed_line.national_number_pattern
        )
        pattern = "same_as_fixed_line" if same else desc.national_number_pattern
        yield f"{kind} {lengths(desc.possible_length)} {pattern} {desc.example_number or '-'}"
    if name != "001":
        yield from area_lines(plan)


print(f"# Numbering plans of libphonenumber {phonenumbers.__version__}.")
print("# Written by phone_metadata.py; do not edit. See NOTICE for origin and licence.")
for name in sorted(phonenumbers.SUPPORTED_REGIONS):
    print(*plan_lines(name, PhoneMetadata.metadata_for_region(name)), sep="\n")
for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
    print(*plan_lines("001", PhoneMetadata.metadata_for_nongeo_region(code)), sep="\n")
