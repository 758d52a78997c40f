//! What a tenant has subscribed to, and what it set for itself.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::phone::Region;

/// A part of smrt that a tenant can have or not.
///
/// ```
/// use smrt_core::model::Module;
///
/// assert_eq!("sharing".parse(), Ok(Module::Sharing));
/// assert_eq!(Module::Contacts.as_str(), "contacts");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Module {
    /// Reading and keeping humans, phone numbers and the links between them.
    Contacts,
    /// Importing files and undoing imports.
    Import,
    /// The consent ledger and interactions.
    Consent,
    /// Granting access to other tenants.
    Sharing,
}

/// The text names no module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no module: expected contacts, import, consent or sharing")]
pub struct ParseModuleError;

impl Module {
    /// All modules.
    pub const ALL: [Self; 4] = [Self::Contacts, Self::Import, Self::Consent, Self::Sharing];

    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Import => "import",
            Self::Consent => "consent",
            Self::Sharing => "sharing",
        }
    }
}

impl FromStr for Module {
    type Err = ParseModuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|module| module.as_str() == text)
            .ok_or(ParseModuleError)
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a tenant has subscribed to: which modules it may enable.
///
/// ```
/// use smrt_core::model::{Module, SubscriptionTier};
///
/// let tier: SubscriptionTier = "basic".parse()?;
/// assert_eq!(tier.as_str(), "basic");
/// assert!(tier.modules().contains(&Module::Import));
/// assert!(!tier.modules().contains(&Module::Sharing));
/// # Ok::<(), smrt_core::model::ParseSubscriptionTierError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum SubscriptionTier {
    /// Contacts and imports.
    Basic,
    /// All modules.
    #[default]
    Standard,
}

/// The text names no subscription tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no subscription tier: expected basic or standard")]
pub struct ParseSubscriptionTierError;

impl SubscriptionTier {
    /// All tiers, the smallest first.
    pub const ALL: [Self; 2] = [Self::Basic, Self::Standard];

    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Standard => "standard",
        }
    }

    /// The modules that may be enabled.
    #[must_use]
    pub const fn modules(self) -> &'static [Module] {
        match self {
            Self::Basic => &[Module::Contacts, Module::Import],
            Self::Standard => &Module::ALL,
        }
    }
}

impl FromStr for SubscriptionTier {
    type Err = ParseSubscriptionTierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or(ParseSubscriptionTierError)
    }
}

impl fmt::Display for SubscriptionTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a tenant set for itself. What is not set has no effect.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TenantSettings {
    /// Where phone numbers without a country code are from, unless a call says otherwise.
    pub default_region: Option<Region>,
    /// The longest life of a grant this tenant gives, in days; then every grant needs an expiry.
    pub grant_days_max: Option<u32>,
    /// What consent receipts say of the tenant, by the names of [`TenantSettings::OF_RECEIPTS`].
    pub receipts: BTreeMap<&'static str, String>,
}

/// The longest setting that is a text, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// A setting is unknown, or its value is not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no setting of this name.
    #[error(
        "no setting: expected default_region, grant_days_max or, for consent receipts, {}",
        TenantSettings::OF_RECEIPTS.join(", ")
    )]
    Unknown,
    /// The value cannot be used.
    #[error("`{setting}` is {expected}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// What it takes.
        expected: &'static str,
    },
}

impl TenantSettings {
    /// What consent receipts say of the tenant, and the ledger does not know.
    pub const OF_RECEIPTS: [&'static str; 9] = [
        "controller_address",
        "controller_contact",
        "jurisdiction",
        "language",
        "privacy_notice",
        "recipients",
        "retention_period",
        "storage_location",
        "withdrawal_method",
    ];

    /// Sets one setting from text; an empty text unsets it.
    ///
    /// # Errors
    ///
    /// [`SettingError`]; nothing is then changed.
    ///
    /// ```
    /// use smrt_core::model::TenantSettings;
    ///
    /// let mut settings = TenantSettings::default();
    /// settings.set("grant_days_max", "90")?;
    /// assert_eq!(settings.grant_days_max, Some(90));
    /// assert!(settings.set("colour", "blue").is_err());
    /// # Ok::<(), smrt_core::model::SettingError>(())
    /// ```
    pub fn set(&mut self, setting: &str, value: &str) -> Result<(), SettingError> {
        match setting {
            "default_region" => {
                self.default_region = parse(value, "default_region", "a region such as `US`")?;
            }
            "grant_days_max" => {
                let days = parse(value, "grant_days_max", "a number of days from 1 to 36500")?;
                if days.is_some_and(|days: u32| !(1..=36_500).contains(&days)) {
                    return Err(SettingError::Value {
                        setting: "grant_days_max",
                        expected: "a number of days from 1 to 36500",
                    });
                }
                self.grant_days_max = days;
            }
            _ => {
                let known = Self::OF_RECEIPTS
                    .into_iter()
                    .find(|known| *known == setting);
                let known = known.ok_or(SettingError::Unknown)?;
                let value = value.trim();
                if value.len() > TEXT_BYTES_MAX || value.chars().any(char::is_control) {
                    return Err(SettingError::Value {
                        setting: known,
                        expected: "a text of at most 1024 bytes on one line",
                    });
                }
                match value.is_empty() {
                    true => self.receipts.remove(known),
                    false => self.receipts.insert(known, value.to_owned()),
                };
            }
        }
        Ok(())
    }

    /// The settings that are set, by name, as text.
    ///
    /// ```
    /// use smrt_core::model::TenantSettings;
    ///
    /// let mut settings = TenantSettings::default();
    /// assert!(settings.entries().is_empty());
    /// settings.set("default_region", "GB")?;
    /// assert_eq!(settings.entries(), [("default_region", "GB".to_owned())]);
    /// # Ok::<(), smrt_core::model::SettingError>(())
    /// ```
    #[must_use]
    pub fn entries(&self) -> Vec<(&'static str, String)> {
        let region = self.default_region.map(|region| region.to_string());
        let days = self.grant_days_max.map(|days| days.to_string());
        let receipts = self.receipts.iter();
        [("default_region", region), ("grant_days_max", days)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(receipts.map(|(name, value)| (*name, value.clone())))
            .collect()
    }
}

fn parse<T: FromStr>(
    value: &str,
    setting: &'static str,
    expected: &'static str,
) -> Result<Option<T>, SettingError> {
    match value {
        "" => Ok(None),
        value => value
            .parse()
            .map(Some)
            .map_err(|_| SettingError::Value { setting, expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_back() {
        for module in Module::ALL {
            assert_eq!(module.as_str().parse(), Ok(module));
        }
        for tier in SubscriptionTier::ALL {
            assert_eq!(tier.as_str().parse(), Ok(tier));
        }
    }

    #[test]
    fn settings_are_checked_on_both_sides_of_their_bounds() {
        let mut settings = TenantSettings::default();
        for (setting, value, right) in [
            ("grant_days_max", "1", true),
            ("grant_days_max", "36500", true),
            ("grant_days_max", "0", false),
            ("grant_days_max", "36501", false),
            ("grant_days_max", "many", false),
            ("default_region", "US", true),
            ("default_region", "ZZ", false),
            ("default_regions", "US", false),
            ("privacy_notice", "https://example.com/privacy", true),
            ("language", "two\nlines", false),
        ] {
            assert_eq!(
                settings.set(setting, value).is_ok(),
                right,
                "{setting}={value}"
            );
        }
        assert_eq!(
            settings.entries(),
            [
                ("default_region", "US".to_owned()),
                ("grant_days_max", "36500".to_owned()),
                ("privacy_notice", "https://example.com/privacy".to_owned())
            ]
        );
        settings.set("privacy_notice", "").unwrap();
        assert!(settings.receipts.is_empty());
        settings.set("default_region", "").unwrap();
        assert_eq!(settings.default_region, None);
    }
}
