"""Writes country_names.txt: the names by which country columns call a region.

Run:  pip install babel==2.18.0 phonenumbers==9.0.42
      python smrt-core/data/country_names.py > smrt-core/data/country_names.txt

Names are those of CLDR (Unicode licence, see NOTICE) in the country's own languages and in the
languages of LANGUAGES, the ISO 3166-1 alpha-3 codes, and the spellings of COMMON.
A name that would stand for two regions is left out, unless English, ISO or COMMON decides.
"""

import unicodedata

import phonenumbers
from babel import Locale, localedata
from babel.core import get_global
from babel.languages import get_official_languages

LANGUAGES = "en de fr es pt it nl pl ru sv da nb fi cs tr ja zh ar".split()

COMMON = {
    "AC": ["Ascension"],
    "AE": ["UAE", "Emirates", "United Arab Emirates"],
    "BA": ["Bosnia", "BiH"],
    "BO": ["Bolivia", "Bolivia, Plurinational State of"],
    "BR": ["Brazil", "Brasil"],
    "CD": ["DRC", "DR Congo", "Democratic Republic of Congo", "Congo Kinshasa", "Zaire", "Congo, Democratic Republic of the", "Congo, The Democratic Republic of the"],
    "CG": ["Republic of Congo", "Congo Brazzaville", "Congo"],
    "CH": ["Switzerland", "Confoederatio Helvetica"],
    "CI": ["Ivory Coast", "Cote d'Ivoire", "Côte d'Ivoire"],
    "CN": ["China", "PRC", "PR China", "Mainland China", "People's Republic of China"],
    "CV": ["Cape Verde"],
    "CZ": ["Czech Republic", "Czechia"],
    "DE": ["Germany", "BRD", "Federal Republic of Germany"],
    "BN": ["Brunei Darussalam"],
    "DO": ["Dominican Rep."],
    "LY": ["Libyan Arab Jamahiriya"],
    "BS": ["The Bahamas"],
    "GM": ["The Gambia"],
    "SH": ["Saint Helena"],
    "FM": ["Micronesia", "Micronesia, Federated States of"],
    "GB": [
        "UK", "United Kingdom", "Great Britain", "Britain", "England", "Scotland", "Wales",
        "Northern Ireland", "U.K.", "Großbritannien",
    ],
    "HK": ["Hong Kong", "Hong Kong SAR"],
    "IE": ["Ireland", "Republic of Ireland", "Eire"],
    "IR": ["Iran", "Iran, Islamic Republic of"],
    "KP": ["North Korea", "DPRK", "Korea, Democratic People's Republic of"],
    "KR": ["South Korea", "Korea", "Republic of Korea", "Korea South", "ROK", "Korea, Republic of"],
    "LA": ["Laos", "Lao People's Democratic Republic"],
    "MD": ["Moldova", "Moldova, Republic of", "Republic of Moldova"],
    "MK": ["Macedonia", "FYROM", "North Macedonia", "Macedonia, the former Yugoslav Republic of"],
    "MM": ["Burma", "Myanmar"],
    "MO": ["Macau", "Macao"],
    "NL": ["Netherlands", "Holland", "The Netherlands", "Netherlands, Kingdom of the"],
    "PS": ["Palestine", "Palestinian Territory", "Palestine, State of"],
    "RU": ["Russia", "Russian Federation"],
    "SA": ["KSA", "Saudi"],
    "SK": ["Slovakia", "Slovak Republic"],
    "SY": ["Syria", "Syrian Arab Republic"],
    "SZ": ["Swaziland", "Eswatini"],
    "TL": ["East Timor"],
    "TR": ["Turkey", "Turkiye"],
    "TT": ["Trinidad"],
    "TW": ["Taiwan", "Taiwan ROC", "Taiwan, Province of China"],
    "TZ": ["Tanzania", "Tanzania, United Republic of"],
    "US": [
        "USA", "U.S.A.", "U.S.", "United States", "United States of America", "America",
        "The United States", "The United States of America", "Estados Unidos", "EE. UU.", "EEUU",
        "EUA", "Etats-Unis", "Vereinigte Staaten",
    ],
    "VA": ["Vatican", "Holy See", "Holy See (Vatican City State)", "Vatican City State"],
    "VE": ["Venezuela", "Venezuela, Bolivarian Republic of"],
    "VI": ["US Virgin Islands", "USVI", "Virgin Islands, U.S."],
    "VG": ["British Virgin Islands", "BVI", "Virgin Islands, British"],
    "VN": ["Vietnam", "Viet Nam"],
    "XK": ["Kosovo", "XKX"],
}


def fold(name):
    """The name as `Region::from_country_name` compares it."""
    spelled = unicodedata.normalize("NFKD", name.replace("&", " and "))
    kept = (c for c in spelled if unicodedata.category(c)[0] in "LN")
    return "".join(kept).lower()


def names(region):
    """Names with their rank; a lower rank wins a name that two regions have."""
    for name in COMMON.get(region, []):
        yield 0, name
    for alias, targets in get_global("territory_aliases").items():
        if targets == [region] and len(alias) == 3 and alias.isalpha():
            yield 0, alias
    for language in LANGUAGES:
        name = Locale.parse(language).territories.get(region)
        if name:
            yield 1 if language == "en" else 2, name
            yield 3, name.split(" (")[0]
    for language in get_official_languages(region, de_facto=True):
        if localedata.exists(language) and region in Locale.parse(language).territories:
            yield 2, Locale.parse(language).territories[region]


claims = {}
for region in sorted(phonenumbers.SUPPORTED_REGIONS):
    for rank, name in names(region):
        if len(fold(name)) > 1:
            claims.setdefault(fold(name), set()).add((rank, region))

print("# Names of regions, folded: no case, no accents, letters and digits only.")
print("# Written by country_names.py; do not edit. See NOTICE for origin and licence.")
for name, claimed in sorted(claims.items()):
    best = min(rank for rank, _ in claimed)
    regions = {region for rank, region in claimed if rank == best}
    if len(regions) == 1 and not (len(name) == 2 and name.isascii() and name not in ("uk", "us")):
        print(name, *regions)
