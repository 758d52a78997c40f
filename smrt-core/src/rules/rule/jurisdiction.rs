//! Where a rule holds: a country, one of its states, a union of countries, or everywhere.
//!
//! What this module does not do: it knows no place's time zone and no telephone number.

use std::fmt;
use std::str::FromStr;

/// ISO 3166-1 alpha-2, and the European Union.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI \
BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE \
DJ DK DM DO DZ EC EE EG EH ER ES ET EU FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR \
GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR \
KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV \
MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE \
RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL \
TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// States, the federal district and the territories that share the North American numbering plan.
const STATES_OF_US: &str = "AK AL AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD \
ME MI MN MO MP MS MT NC ND NE NH NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY";

/// Provinces and territories.
const PROVINCES_OF_CA: &str = "AB BC MB NB NL NS NT NU ON PE QC SK YT";

/// States and territories.
const STATES_OF_AU: &str = "ACT NSW NT QLD SA TAS VIC WA";

/// A country or one of its states: `US`, `US-FL`, `CA`, `GB`, or `EU` for all its members.
///
/// Jurisdictions are ordered so that a country comes right before its states.
///
/// ```
/// use smrt_core::rules::rule::Jurisdiction;
///
/// let florida: Jurisdiction = "US-FL".parse()?;
/// assert_eq!(florida.country(), "US".parse()?);
/// assert_eq!(florida.state(), Some("FL"));
/// # Ok::<(), smrt_core::rules::rule::ParseJurisdictionError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Jurisdiction(
    // INVARIANT: two capital letters, and either zeros or a state of two or three; or five stars.
    [u8; 5],
);

/// The text names no jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a jurisdiction: expected a country such as `US`, or a state such as `US-FL`")]
pub struct ParseJurisdictionError;

impl Jurisdiction {
    /// Every place there is. Its rules hold for everybody, so no text is read as it.
    pub const EVERYWHERE: Self = Self(*b"*****");

    /// A country by its code, which is two capital letters.
    pub(in crate::rules) const fn of_country([first, second]: [u8; 2]) -> Self {
        Self([first, second, 0, 0, 0])
    }

    /// The same place as one of the country's states, where its code can be a state's.
    pub(in crate::rules) const fn as_state_of(self, country: Self) -> Self {
        let [first, second, ..] = country.0;
        let [state_first, state_second, ..] = self.0;
        Self([first, second, state_first, state_second, 0])
    }

    /// Whether a country of this code exists, and the state if one is named: of the United States,
    /// Canada and Australia. `EU` is one.
    #[must_use]
    pub fn exists(self) -> bool {
        let [first, second, ..] = self.0;
        let listed = |list: &str, code: &str| list.split(' ').any(|known| known == code);
        let country = [first, second];
        match (std::str::from_utf8(&country), self.state()) {
            (Ok(country), None) => listed(COUNTRIES, country),
            (Ok("US"), Some(state)) => listed(STATES_OF_US, state),
            (Ok("CA"), Some(state)) => listed(PROVINCES_OF_CA, state),
            (Ok("AU"), Some(state)) => listed(STATES_OF_AU, state),
            _ => false,
        }
    }

    /// Whether the other one is this one or lies in it. Members of a union do not.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self == Self::EVERYWHERE || self == other || self == other.country()
    }

    /// The country, or the jurisdiction itself if it is one.
    #[must_use]
    pub const fn country(self) -> Self {
        match self.0 {
            [b'*', ..] => self,
            [first, second, ..] => Self([first, second, 0, 0, 0]),
        }
    }

    /// The state within the country.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        let state = self.0.get(2..).filter(|_| *self != Self::EVERYWHERE)?;
        let len = state
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(state.len());
        match len {
            0 => None,
            len => std::str::from_utf8(state.get(..len)?).ok(),
        }
    }
}

impl FromStr for Jurisdiction {
    type Err = ParseJurisdictionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (country, state) = match text.split_once('-') {
            Some((country, state)) if (2..=3).contains(&state.len()) => (country, state),
            None => (text, ""),
            Some(_) => return Err(ParseJurisdictionError),
        };
        let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase());
        if country.len() != 2 || !letters(country) || !letters(state) {
            return Err(ParseJurisdictionError);
        }
        let mut bytes = [0; 5];
        let written = country.bytes().chain(state.bytes());
        bytes
            .iter_mut()
            .zip(written)
            .for_each(|(place, byte)| *place = byte);
        Ok(Self(bytes))
    }
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::EVERYWHERE {
            return f.write_str("everywhere");
        }
        let country = self
            .0
            .get(..2)
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        f.write_str(country.unwrap_or_default())?;
        match self.state() {
            Some(state) => write!(f, "-{state}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jurisdiction({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jurisdiction_is_read_back_from_what_it_prints() {
        for text in ["US", "US-FL", "AU-NSW", "EU"] {
            let read: Jurisdiction = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
            assert!(read.exists(), "{text}");
        }
        for text in [
            "",
            "us",
            "U",
            "USA",
            "US-",
            "US-F",
            "US-FLOR",
            "US-fl",
            "**",
            "everywhere",
        ] {
            assert_eq!(
                text.parse::<Jurisdiction>(),
                Err(ParseJurisdictionError),
                "{text}"
            );
        }
        for text in ["XX", "US-XX", "DE-BY"] {
            assert!(!text.parse::<Jurisdiction>().unwrap().exists(), "{text}");
        }
        assert_eq!(Jurisdiction::EVERYWHERE.to_string(), "everywhere");
        assert_eq!(Jurisdiction::EVERYWHERE.country(), Jurisdiction::EVERYWHERE);
        assert_eq!(Jurisdiction::EVERYWHERE.state(), None);
    }

    #[test]
    fn a_country_comes_right_before_its_states() {
        let read = |text: &str| text.parse::<Jurisdiction>().unwrap();
        let sorted = ["CA", "CA-YT", "US", "US-AK", "US-WY", "UY"].map(read);
        assert!(sorted.is_sorted());
        assert!(read("US").contains(read("US-AK")) && !read("US-AK").contains(read("US")));
        assert!(Jurisdiction::EVERYWHERE.contains(read("UY")));
    }
}
