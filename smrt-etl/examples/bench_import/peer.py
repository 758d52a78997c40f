"""Imports the contact export as one would write it in Python: `phonenumbers`, `uuid5`, `executemany`.

Usage: peer.py FILE.csv SCHEMA.json STORE.db

The same columns go into the same tables as `smrt import` fills. What is left out, in Python's
favour: no plan, no resume, no undo, no check of the counts, and all known humans in memory.
"""

import csv
import json
import re
import sqlite3
import sys
import uuid
import zlib

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

BATCH = 16_384
NAMESPACE = uuid.UUID("7c1f6f0e-9a4b-5d1c-8e2a-736d72740001")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
REGIONS = {
    "United States": "US",
    "Canada": "CA",
    "United Kingdom": "GB",
    "Germany": "DE",
    "France": "FR",
    "India": "IN",
    "Australia": "AU",
    "Brazil": "BR",
    "Mexico": "MX",
}
MOBILE = {PhoneNumberType.MOBILE: 1, PhoneNumberType.FIXED_LINE: 0}
NOW = 1_790_000_000_000_000
RUN = 1


def uuid5(kind, *parts):
    return uuid.uuid5(NAMESPACE, kind + "\0" + "\0".join(parts)).bytes


def parse_phone(text, region):
    """E.164, country code, area code, whether mobile, extension; or None."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    area_length = phonenumbers.length_of_geographical_area_code(number)
    national = phonenumbers.national_significant_number(number)
    area = national[:area_length] or None
    mobile = MOBILE.get(phonenumbers.number_type(number))
    return e164, number.country_code, area, mobile, number.extension


class Table:
    """Rows on their way into one table."""

    def __init__(self, store, name, columns):
        self.store = store
        self.sql = f"INSERT INTO {name} VALUES ({', '.join('?' * columns)})"
        self.rows = []

    def add(self, *row):
        self.rows.append(row)
        if len(self.rows) == BATCH:
            self.flush()

    def flush(self):
        self.store.executemany(self.sql, self.rows)
        self.rows.clear()


class Importer:
    def __init__(self, store):
        self.tenant = uuid5("tenant", "default")
        self.phone_numbers = Table(store, "phone_numbers", 14)
        self.humans = Table(store, "humans", 14)
        self.links = Table(store, "phone_human_links", 11)
        self.source_keys = Table(store, "source_keys", 8)
        self.consents = Table(store, "consent_records", 13)
        self.issues = Table(store, "import_issues", 9)
        self.changes = Table(store, "record_changes", 7)
        self.known_numbers = {}
        self.known_humans = {}
        self.updates = {}

    def tables(self):
        return (
            self.phone_numbers,
            self.humans,
            self.links,
            self.source_keys,
            self.consents,
            self.issues,
            self.changes,
        )

    def issue(self, line, column, code, reason):
        self.issues.add(RUN, line - 1, line, column, "warning", code, reason, "correct it", None)

    def row(self, line, row):
        (key, first, last, email, phone, mobile, company, title, city, country, created, opt_out) = row
        known = self.known_humans.get(key)
        if known is not None:
            human, known_title = known
            if known_title != title:
                fields = json.dumps({"job_title": [known_title, title]})
                self.changes.add(None, RUN, line, "human", human, fields, NOW)
                self.updates[human] = title
                self.known_humans[key] = (human, title)
            return
        human = uuid5("human", self.tenant.hex(), "hubspot", key)
        self.known_humans[key] = (human, title)
        metadata = {"City": city, "Create Date": created}
        if email and not EMAIL.fullmatch(email):
            metadata["email"] = email
            self.issue(line, "Email", "email_invalid", "not an e-mail address")
            email = None
        region = REGIONS.get(country, "US")
        numbers = []
        for column, relationship, text in (
            ("Phone Number", "work", phone),
            ("Mobile Phone Number", "mobile", mobile),
        ):
            if not text:
                continue
            parsed = parse_phone(text, region)
            if parsed is None:
                metadata[column] = text
                self.issue(line, column, "phone_invalid", "not a phone number")
            else:
                numbers.append((relationship, parsed))
        self.humans.add(
            human, first or None, last or None, email, company or None, title or None, None, None,
            NOW, NOW, self.tenant, json.dumps(metadata), RUN, line,
        )
        for position, (relationship, (e164, code, area, is_mobile, extension)) in enumerate(numbers):
            number = self.known_numbers.get(e164)
            if number is None:
                number = self.known_numbers[e164] = uuid5("phone_number", e164)
                self.phone_numbers.add(
                    number, e164, code, area, is_mobile, None, "unknown", None,
                    NOW, NOW, self.tenant, "{}", RUN, line,
                )
            link = uuid5("link", number.hex(), human.hex(), relationship)
            extra = json.dumps({"extension": extension}) if extension else "{}"
            self.links.add(
                link, number, human, relationship, position == 0, 0, NOW, self.tenant, extra, RUN, line,
            )
        digest = zlib.crc32("\0".join(row).encode())
        self.source_keys.add(human, "hubspot", key, 0, digest, RUN, line, RUN)
        if opt_out == "true":
            consent = uuid5("consent", human.hex(), "marketing_email")
            self.consents.add(
                consent, None, human, "marketing_email", "revoked", "hubspot", NOW, None,
                self.tenant, None, "{}", RUN, line,
            )


def main(file, schema, path):
    with open(schema, encoding="utf-8") as text:
        schema = json.load(text)
    store = sqlite3.connect(path)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = NORMAL")
    store.execute("PRAGMA cache_size = -49152")
    for statement in schema["tables"]:
        store.execute(statement)
    importer = Importer(store)
    store.execute(
        "INSERT INTO tenants VALUES (?, 'default', 'default', 'none', '[]', ?, '{}')",
        (importer.tenant, NOW),
    )
    with open(file, newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        next(rows)
        for line, row in enumerate(rows, start=2):
            importer.row(line, row)
    for table in importer.tables():
        table.flush()
    for statement in schema["indexes"]:
        store.execute(statement)
    store.executemany(
        "UPDATE humans SET job_title = ? WHERE id = ?",
        ((title, human) for human, title in importer.updates.items()),
    )
    store.commit()
    store.close()


main(*sys.argv[1:])
