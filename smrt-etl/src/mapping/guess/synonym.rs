//! What columns are called, in English, German, French, Spanish, Portuguese, Italian and Dutch.
//!
//! Names are compared folded: lower case, no accents, no punctuation.
//! What this module does not do: it looks at no cell.

use super::super::header::fold;
use super::super::label;
use super::super::rule::Field;

/// What a column's name suggests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    Field(Field),
    /// A phone in this relationship.
    Phone(&'static str),
    /// Yes means that contact of this kind is not wanted.
    OptOut(&'static str),
    /// Yes means that contact of this kind is wanted.
    OptIn(&'static str),
}

/// Names that leave little doubt, or are `weaker`.
struct Names {
    field: Field,
    sure: &'static [&'static str],
    weaker: &'static [&'static str],
}

const FIELDS: &[Names] = &[
    Names {
        field: Field::SourceKey,
        sure: &[
            "id",
            "record id",
            "contact id",
            "person id",
            "customer id",
            "client id",
            "lead id",
            "member id",
            "user id",
            "external id",
            "uuid",
            "guid",
            "customer number",
            "customer no",
            "kundennummer",
            "kunden nr",
            "kundennr",
            "kunden id",
            "kontakt id",
            "mitgliedsnummer",
            "id de registro",
            "id cliente",
            "id contacto",
            "identifiant",
            "numero client",
            "id contact",
            "id contatto",
            "codice cliente",
            "klantnummer",
            "lidnummer",
            "record no",
        ],
        weaker: &["key", "nr", "number", "code"],
    },
    Names {
        field: Field::EmployeeId,
        sure: &[
            "employee id",
            "employee number",
            "employee no",
            "staff id",
            "staff number",
            "worker id",
            "personnel number",
            "personalnummer",
            "personal nr",
            "mitarbeiternummer",
            "mitarbeiter id",
            "matricule",
            "numero de empleado",
            "id empleado",
            "matricula",
            "matricola",
            "personeelsnummer",
            "medewerkernummer",
        ],
        weaker: &[],
    },
    Names {
        field: Field::ContractorId,
        sure: &[
            "contractor id",
            "contractor number",
            "contractor no",
            "subcontractor id",
            "freelancer id",
            "contratista id",
            "id contratista",
        ],
        weaker: &[],
    },
    Names {
        field: Field::FirstName,
        sure: &[
            "first name",
            "firstname",
            "given name",
            "givenname",
            "forename",
            "vorname",
            "prenom",
            "nombre",
            "nombres",
            "primer nombre",
            "primeiro nome",
            "nome proprio",
            "nome",
            "voornaam",
        ],
        weaker: &[
            "first",
            "rufname",
            "fname",
            "given",
            "roepnaam",
            "contact first name",
        ],
    },
    Names {
        field: Field::LastName,
        sure: &[
            "last name",
            "lastname",
            "surname",
            "family name",
            "familyname",
            "nachname",
            "familienname",
            "zuname",
            "nom de famille",
            "nom",
            "apellido",
            "apellidos",
            "primer apellido",
            "sobrenome",
            "apelido",
            "ultimo nome",
            "cognome",
            "achternaam",
        ],
        weaker: &["last", "lname", "family", "contact last name"],
    },
    Names {
        field: Field::FullName,
        sure: &[
            "name",
            "full name",
            "fullname",
            "contact name",
            "person name",
            "display name",
            "nom complet",
            "nom et prenom",
            "nombre completo",
            "nombre y apellidos",
            "nome completo",
            "vollstandiger name",
            "volledige naam",
            "naam",
            "customer name",
            "client name",
        ],
        weaker: &[
            "contact",
            "person",
            "kontakt",
            "ansprechpartner",
            "contacto",
            "contatto",
            "contactpersoon",
        ],
    },
    Names {
        field: Field::Email,
        sure: &[
            "email",
            "e mail",
            "mail",
            "email address",
            "e mail address",
            "mail address",
            "email 1",
            "e mail 1",
            "primary email",
            "contact email",
            "work email",
            "business email",
            "e mail adresse",
            "email adresse",
            "mailadresse",
            "emailadresse",
            "courriel",
            "adresse e mail",
            "adresse email",
            "adresse mail",
            "adresse electronique",
            "correo",
            "correo electronico",
            "direccion de correo",
            "direccion de correo electronico",
            "endereco de e mail",
            "endereco de email",
            "correio eletronico",
            "indirizzo email",
            "indirizzo e mail",
            "posta elettronica",
            "e mailadres",
            "emailadres",
            "mailadres",
        ],
        weaker: &[
            "email 2",
            "e mail 2",
            "email 3",
            "e mail 3",
            "secondary email",
            "other email",
            "private email",
            "personal email",
            "home email",
            "alternate email",
            "e mail privat",
        ],
    },
    Names {
        field: Field::CompanyName,
        sure: &[
            "company",
            "company name",
            "organization",
            "organisation",
            "organization name",
            "organisation name",
            "employer",
            "account name",
            "business name",
            "firma",
            "firmenname",
            "unternehmen",
            "arbeitgeber",
            "entreprise",
            "societe",
            "nom de l entreprise",
            "empresa",
            "nombre de la empresa",
            "nombre de empresa",
            "nome da empresa",
            "organizacion",
            "azienda",
            "societa",
            "ragione sociale",
            "bedrijf",
            "bedrijfsnaam",
            "organisatie",
            "werkgever",
        ],
        weaker: &["account", "business", "associated company"],
    },
    Names {
        field: Field::JobTitle,
        sure: &[
            "job title",
            "jobtitle",
            "position",
            "job position",
            "occupation",
            "berufsbezeichnung",
            "stellenbezeichnung",
            "funktion",
            "fonction",
            "poste",
            "intitule du poste",
            "cargo",
            "puesto",
            "puesto de trabajo",
            "funcao",
            "ruolo",
            "qualifica",
            "functie",
            "functietitel",
        ],
        weaker: &["title", "job", "role", "beruf", "profession", "designation"],
    },
    Names {
        field: Field::Country,
        sure: &[
            "country",
            "country region",
            "country name",
            "country code",
            "mailing country",
            "business country",
            "work country",
            "land",
            "pays",
            "pais",
            "pais region",
            "paese",
            "nazione",
            "pays region",
        ],
        weaker: &[
            "home country",
            "billing country",
            "shipping country",
            "other country",
            "nation",
        ],
    },
];

const SURE: u8 = 98;
const WEAKER: u8 = 70;

/// Names that can mean either a part of the name or all of it.
const OPEN_NAMES: &[&str] = &["name", "nom", "nombre", "nome", "naam"];

/// Words that make a column one of phone numbers.
const PHONE_NOUNS: &[&str] = &[
    "phone",
    "phones",
    "phonenumber",
    "telephone",
    "telefon",
    "telefono",
    "telefone",
    "tel",
    "telefoon",
    "telefoonnummer",
    "telefonnummer",
    "rufnummer",
    "telephones",
    "fon",
    "whatsapp",
    "mobile",
    "mobil",
    "cell",
    "cellphone",
    "cellular",
    "handy",
    "handynummer",
    "mobiltelefon",
    "mobilnummer",
    "movil",
    "celular",
    "telemovel",
    "cellulare",
    "portable",
    "mobiel",
    "gsm",
    "fax",
    "telefax",
    "faxnummer",
    "pager",
    "workphone",
    "homephone",
    "mobilephone",
    "durchwahl",
];
/// Words beside them that say nothing.
const PHONE_FILLERS: &[&str] = &[
    "number",
    "numbers",
    "no",
    "nr",
    "nummer",
    "numero",
    "num",
    "de",
    "du",
    "do",
    "di",
    "the",
    "of",
    "value",
    "contact",
    "phone",
    "telephone",
    "telefon",
    "telefono",
    "telefone",
    "tel",
    "telefoon",
    "telefoonnummer",
    "rufnummer",
    "telefonnummer",
    "person",
    "customer",
];
/// Words that make a column one about phone numbers or addresses, not of them.
const ABOUT: &[&str] = &[
    "type",
    "typ",
    "label",
    "ext",
    "extension",
    "code",
    "country",
    "verified",
    "valid",
    "status",
    "time",
    "date",
    "notes",
    "note",
    "carrier",
    "count",
    "owner",
    "created",
    "modified",
    "opt",
    "consent",
    "bounced",
    "reason",
    "last",
    "call",
    "emergency",
    "manager",
    "spouse",
    "url",
    "website",
    "web",
];

/// Consent columns: all words of one alternative are in the name.
const CHANNELS: &[(&str, &[&str])] = &[
    (
        "marketing_email",
        &["email", "mail", "emails", "newsletter", "mailing"],
    ),
    ("marketing_sms", &["sms", "text", "texts"]),
    (
        "marketing_call",
        &["call", "calls", "phone", "telefon", "telefono"],
    ),
    ("marketing_fax", &["fax"]),
];
const OPT_OUT: &[&str] = &[
    "do not email",
    "do not call",
    "do not phone",
    "do not text",
    "do not fax",
    "dont call",
    "dont email",
    "opt out",
    "optout",
    "opted out",
    "opted out of",
    "unsubscribed",
    "unsubscribe",
    "unsubscribed from all email",
    "abgemeldet",
    "abbestellt",
    "desabonne",
    "desinscrit",
    "dado de baja",
    "disiscritto",
    "uitgeschreven",
];
const OPT_IN: &[&str] = &[
    "opt in",
    "optin",
    "opted in",
    "consent",
    "accepts",
    "subscribed",
    "subscription",
    "einwilligung",
    "consentement",
    "consentimiento",
    "consentimento",
    "consenso",
    "toestemming",
    "angemeldet",
];

/// What a name suggests, and how strongly, from 0 to 100.
pub(super) fn meaning(name: &str) -> Option<(Meaning, u8)> {
    let name = fold(name);
    if let Some(consent) = consent(&name) {
        return Some((consent, SURE));
    }
    for names in FIELDS {
        if names.sure.contains(&name.as_str()) {
            return Some((Meaning::Field(names.field), SURE));
        }
        if names.weaker.contains(&name.as_str()) {
            return Some((Meaning::Field(names.field), WEAKER));
        }
    }
    phone(&name).map(|term| (Meaning::Phone(term), SURE))
}

/// Whether a name means a part of the name or all of it, depending on its neighbours.
pub(super) fn is_open_name(name: &str) -> bool {
    OPEN_NAMES.contains(&fold(name).as_str())
}

/// Whether a name says that its phone numbers or addresses are somebody else's, or about them.
pub(super) fn is_about_something_else(name: &str) -> bool {
    fold(name).split(' ').any(|word| ABOUT.contains(&word))
}

fn phone(name: &str) -> Option<&'static str> {
    let words = || {
        name.split(' ')
            .filter(|word| !word.bytes().all(|b| b.is_ascii_digit()))
    };
    if !words().any(|word| PHONE_NOUNS.contains(&word)) || words().any(|word| ABOUT.contains(&word))
    {
        return None;
    }
    let telling: Vec<&str> = words()
        .filter(|word| !PHONE_FILLERS.contains(word))
        .collect();
    let whole = label::term(name).or_else(|| label::term(&telling.join(" ")));
    let term = whole.or_else(|| telling.iter().find_map(|word| label::term(word)));
    Some(term.unwrap_or("other"))
}

/// `Email Opt Out`, `Do Not Call`, `Newsletter Einwilligung`: a channel and a clear word.
fn consent(name: &str) -> Option<Meaning> {
    let holds = |phrase: &str| format!(" {name} ").contains(&format!(" {phrase} "));
    let out = OPT_OUT.iter().any(|phrase| holds(phrase)) || name == "dnc";
    let dated = [
        "time", "date", "datum", "at", "reason", "mode", "source", "ip",
    ];
    if dated.iter().any(|word| holds(word)) {
        return None;
    }
    let channel = CHANNELS
        .iter()
        .find(|(_, words)| words.iter().any(|word| holds(word)))
        .map(|(term, _)| *term);
    match channel {
        Some(term) if out => Some(Meaning::OptOut(term)),
        Some(term) if OPT_IN.iter().any(|phrase| holds(phrase)) => Some(Meaning::OptIn(term)),
        None if name == "dnc" => Some(Meaning::OptOut("marketing_call")),
        None if out => Some(Meaning::OptOut("marketing_email")),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_people_mean_by_them() {
        let check = |name: &str, want: Option<Meaning>| {
            assert_eq!(meaning(name).map(|(meaning, _)| meaning), want, "{name}");
        };
        let phone = |term| Some(Meaning::Phone(term));
        check("Phone", phone("other"));
        check("phone_number", phone("other"));
        check("Mobile Phone Number", phone("mobile"));
        check("Telefon geschäftlich", phone("work"));
        check("Telefon (privat)", phone("home"));
        check("Teléfono móvil", phone("mobile"));
        check("Work Phone 2", phone("work"));
        check("Business Fax", phone("work_fax"));
        check("homePhone", phone("home"));
        check("Tel.", phone("other"));
        check("Office", None);
        check("Phone Type", None);
        check("Phone Country Code", None);
        check("Last Call", None);
        check("Assistant's Phone", phone("assistant"));
        check(
            "HasOptedOutOfEmail",
            Some(Meaning::OptOut("marketing_email")),
        );
        check("Do Not Call", Some(Meaning::OptOut("marketing_call")));
        check("DNC", Some(Meaning::OptOut("marketing_call")));
        check("Unsubscribed", Some(Meaning::OptOut("marketing_email")));
        check("SMS Consent", Some(Meaning::OptIn("marketing_sms")));
        check("Consent", None);
        check("Email Opt Out Date", None);
        check("Employee ID", Some(Meaning::Field(Field::EmployeeId)));
        check("Personalnummer", Some(Meaning::Field(Field::EmployeeId)));
        check("Contractor No.", Some(Meaning::Field(Field::ContractorId)));
        check("Birthday", None);
        check("", None);
    }

    #[test]
    fn every_word_is_folded_and_stands_once() {
        let mut seen = std::collections::HashSet::new();
        for name in FIELDS
            .iter()
            .flat_map(|names| names.sure.iter().chain(names.weaker))
        {
            assert_eq!(*name, fold(name));
            assert!(seen.insert(name), "{name} stands twice");
        }
        for word in PHONE_NOUNS
            .iter()
            .chain(PHONE_FILLERS)
            .chain(ABOUT)
            .chain(OPT_OUT)
            .chain(OPT_IN)
        {
            assert_eq!(*word, fold(word));
        }
    }
}
