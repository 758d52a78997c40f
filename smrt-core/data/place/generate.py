#!/usr/bin/env python3
"""Writes zones.txt, area-codes.txt, countries.txt and zone-changes.txt.

    pip install phonenumbers==9.0.43 tzdata==2026.6
    pip download --no-deps tzdata==2025.2        # the release compiled into chrono-tz
    python3 generate.py tzdata-2025.2-py2.py3-none-any.whl

The output depends on these three versions alone. `states.txt`, `overlays.txt` and
`corrections.txt` are kept by hand; this script checks them against what it writes.
"""

import collections
import datetime
import importlib.resources
import io
import pathlib
import sys
import zipfile
import zoneinfo

import phonenumbers
import tzdata
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

VERSIONS = ("9.0.43", "2026.6")
HERE = pathlib.Path(__file__).parent
UTC = datetime.timezone.utc

# Names of whole area codes in the geographic data. A city's name ends with its state instead.
STATES = {
    "US": """AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado,
        CT Connecticut, DE Delaware, DC Washington D.C., FL Florida, GA Georgia, HI Hawaii,
        ID Idaho, IL Illinois, IN Indiana, IA Iowa, KS Kansas, KY Kentucky, LA Louisiana,
        ME Maine, MD Maryland, MA Massachusetts, MI Michigan, MN Minnesota, MS Mississippi,
        MO Missouri, MT Montana, NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey,
        NM New Mexico, NY New York, NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma,
        OR Oregon, PA Pennsylvania, RI Rhode Island, SC South Carolina, SD South Dakota,
        TN Tennessee, TX Texas, UT Utah, VT Vermont, VA Virginia, WA Washington State,
        WV West Virginia, WI Wisconsin, WY Wyoming""",
    "CA": """AB Alberta, BC British Columbia, BC British Colombia, MB Manitoba,
        NB New Brunswick, NL Newfoundland and Labrador, NS Nova Scotia,
        PE Prince Edward Island, NT Northwest Territories, NU Nunavut, ON Ontario, QC Quebec,
        SK Saskatchewan, YT Yukon""",
}
STATE_OF_NAME = {}
for country, listed in STATES.items():
    for entry in listed.split(","):
        code, name = entry.split(maxsplit=1)
        STATE_OF_NAME[name] = STATE_OF_NAME[code] = f"{country}-{code}"

# Territories are states of the United States, although the plan has them as countries.
TERRITORIES = ("AS", "GU", "MP", "PR", "VI")

GEOGRAPHIC = (
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


def english(prefix):
    return GEOCODE_DATA.get(prefix, {}).get("en")


def states_of_name(name):
    """`Nova Scotia/Prince Edward Island` is two, `Chicago, IL` is one, `Negril` is none."""
    parts = [part.strip() for part in name.rsplit(",", 1)[-1].split("/")]
    found = [STATE_OF_NAME[part] for part in parts if part in STATE_OF_NAME]
    return sorted(found) if len(found) == len(parts) else []


def states_by_majority(area_code):
    """For an area code without a name of its own: the state most of its exchanges lie in."""
    votes = collections.Counter()
    for prefix in GEOCODE_DATA:
        if prefix.startswith("1" + area_code) and len(prefix) > 4:
            votes.update(states_of_name(english(prefix) or ""))
    return [votes.most_common(1)[0][0]] if votes else []


def plan_of(area_code):
    """The region the numbering plan has for an area code, and whether it is geographic."""
    regions, geographic = collections.Counter(), False
    for exchange in range(200, 1000):
        number = phonenumbers.parse(f"+1{area_code}{exchange}4567")
        region = phonenumbers.region_code_for_number(number)
        if region:
            regions[region] += 1
            geographic |= phonenumbers.number_type(number) in GEOGRAPHIC
    return (regions.most_common(1)[0][0] if regions else None), geographic


def area_codes():
    rows = {}
    for number in range(200, 1000):
        area_code = str(number)
        region, geographic = plan_of(area_code)
        if region is None:
            continue
        if region in TERRITORIES:
            places = [f"US-{region}"]
        elif region in STATES and geographic:
            name = english("1" + area_code)
            places = states_of_name(name) if name else states_by_majority(area_code)
            assert places and all(place.startswith(region) for place in places), area_code
        else:
            places = [region]
        rows[area_code] = places
    return rows


def offsets(zone):
    """Which offset a zone had on each day since 2020, noon and midnight."""
    moment, end = (datetime.datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2030))
    while moment < end:
        yield moment.astimezone(zone).utcoffset()
        moment += datetime.timedelta(hours=12)


def countries():
    """The zones of each country, one of each that had the same time since 2020.

    A name that the other files use comes before others, then the more populous place.
    """
    used = {zone for zones in TIMEZONE_DATA.values() for zone in zones}
    used.update(zone for row in read("states.txt") for zone in row[1].split("&"))
    table = importlib.resources.files(tzdata).joinpath("zoneinfo/zone.tab").read_text("utf-8")
    named = collections.defaultdict(list)
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, name, *_ = line.split("\t")
            named[country].append(name)
    rows = {}
    for country, names in sorted(named.items()):
        kept = {}
        for name in sorted(names, key=lambda name: name not in used):
            kept.setdefault(tuple(offsets(zoneinfo.ZoneInfo(name))), name)
        rows[country] = list(kept.values())
    # Kosovo, Ascension and Tristan da Cunha have numbers of their own, but no code in the database.
    for region in sorted(phonenumbers.SUPPORTED_REGIONS - rows.keys()):
        rows[region] = list(TIMEZONE_DATA[str(phonenumbers.country_code_for_region(region))])
    return rows


def transitions(zone):
    """When the offset of a zone changes, 2025 to 2037."""
    moment, end = (int(datetime.datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2025, 2037))
    offset = lambda at: datetime.datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    found = []
    while moment < end:
        after = moment + 6 * 3600
        if offset(moment) != offset(after):
            low, high = moment, after
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append((high, offset(high)))
        moment = after
    return found


def zone_changes(old_wheel):
    """Spans of time in which a zone has another offset than the release chrono-tz was compiled from.

    Differences of less than a day are left out: the hour of night in which the clocks change.
    """
    old = zipfile.ZipFile(old_wheel)
    rows = []
    for name in sorted(importlib.resources.files(tzdata).joinpath("zones").read_text().split()):
        member = f"tzdata/zoneinfo/{name}"
        if member not in old.namelist():
            continue
        now = zoneinfo.ZoneInfo(name)
        before = zoneinfo.ZoneInfo.from_file(io.BytesIO(old.read(member)), name)
        moments = sorted({at for zone in (before, now) for at, _ in transitions(zone)})
        spans = []
        for at, end in zip(moments, moments[1:] + [None]):
            moment = datetime.datetime.fromtimestamp(at, UTC)
            offset = moment.astimezone(now).utcoffset()
            if offset != moment.astimezone(before).utcoffset() and (end is None or end - at >= 86400):
                spans.append([at, end, offset])
        # Where a zone no more changes its clocks, one span is enough.
        if spans and not [at for at, _ in transitions(now) if at > spans[0][0]]:
            spans = [[spans[0][0], None, spans[0][2]]]
        for at, end, offset in spans:
            rows.append(f"{name}|{iso(at)}|{iso(end)}|{int(offset.total_seconds()) // 60}")
    return rows


def iso(at):
    return "" if at is None else datetime.datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def read(name):
    for line in HERE.joinpath(name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("|")


def check(codes):
    """What the files kept by hand must agree with."""
    for row in list(read("overlays.txt")) + list(read("corrections.txt")):
        assert row[0][-7:][:3] in codes or row[0][1:4] in codes, row
    states = {row[0]: row[1].split("&") for row in read("states.txt")}
    for prefix, zones in sorted(TIMEZONE_DATA.items()):
        if prefix[0] == "1" and len(prefix) >= 4:
            for place in codes[prefix[1:4]]:
                if "-" in place and not set(zones) & set(states[place]):
                    print(f"{prefix}: {'&'.join(zones)} is outside {place}", file=sys.stderr)


def write(name, comment, rows):
    text = "".join(f"# {line}\n" for line in comment) + "".join(f"{row}\n" for row in rows)
    HERE.joinpath(name).write_text(text, "utf-8", newline="\n")


def main():
    assert (phonenumbers.__version__, tzdata.__version__) == VERSIONS, "see the versions above"
    zoneinfo.reset_tzpath([])
    source = f"Generated by generate.py from phonenumbers {VERSIONS[0]} (libphonenumber, Apache-2.0)."
    write(
        "zones.txt",
        [source, "prefix of the number|zones"],
        [f"{prefix}|{'&'.join(zones)}" for prefix, zones in sorted(TIMEZONE_DATA.items())],
    )
    codes = area_codes()
    write(
        "area-codes.txt",
        [source, "area code of +1|country or states; a country with states and without one is non-geographic"],
        [f"{code}|{'&'.join(places)}" for code, places in codes.items()],
    )
    database = f"Generated by generate.py from tzdata {VERSIONS[1]} (IANA, public domain)."
    write(
        "countries.txt",
        [database, "country|its zones, one of each that had the same time since 2020"],
        [f"{country}|{'&'.join(zones)}" for country, zones in countries().items()],
    )
    write(
        "zone-changes.txt",
        [database, "zone|from|until, for good if empty|minutes east of UTC, which chrono-tz does not know of"],
        zone_changes(sys.argv[1]),
    )
    check(codes)
    american = sum(place.startswith("US-") for places in codes.values() for place in places)
    print(f"{american} geographic area codes of the United States and its territories", file=sys.stderr)


main()
