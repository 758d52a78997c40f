//! A made-up registry of the United States, a tenant's ledger, and a list to be scrubbed: the same
//! for the same sizes, always.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use smrt_core::model::{
    AreaCodes, ConsentEvent, ConsentTier, ConsentType, NumberSet, RegistryKind,
};
use smrt_core::phone::{E164, parse};
use smrt_core::smrt::{
    DncContent, DncRegistryKey, NewConsentRecord, NewDncLoad, Shrinkage, Smrt, TenantSession,
};
use smrt_core::store::{NewTenant, StoreLocation};

use crate::AT;

/// Numbers of a block.
const BLOCK: u64 = 10_000;
/// One row in so many has an agreement in the ledger.
const CONSENT_EVERY: u64 = 10;
/// Consent records that are added at once.
const CONSENTS_AT_ONCE: usize = 10_000;
/// Of a hundred rows so many are of listed numbers.
const LISTED_PERCENT: u64 = 30;

/// Where somebody answers: blocks in which there are valid numbers, in ascending order.
fn blocks() -> Vec<u64> {
    let is_taken = |block: &u64| {
        let number = E164::from_digits(block * BLOCK + 1234);
        let geographic = |number: E164| {
            parse(&number.to_string(), None).is_ok_and(|number| {
                number
                    .region()
                    .is_some_and(|region| region.to_string() == "US")
                    && number.area_code().is_some()
            })
        };
        // Four exchanges of five are in use.
        !mix(*block).is_multiple_of(5) && number.is_some_and(geographic)
    };
    (1_200_000..2_000_000).filter(is_taken).collect()
}

/// Whether a number is listed, of blocks with so many listed numbers each.
fn is_listed(number: u64, per_block: u64) -> bool {
    mix(number) % BLOCK < per_block
}

/// Makes a store with the registry and the ledger of one tenant, and says how much is in it.
pub(crate) fn make_store(
    store: &StoreLocation,
    numbers: u64,
    rows: u64,
) -> Result<(u64, u64), Box<dyn Error>> {
    let mut smrt = Smrt::create_at(store.clone(), AT)?;
    let acme = NewTenant {
        slug: "acme".parse()?,
        name: "Acme".to_owned(),
    };
    smrt.add_tenant(&acme, &"operator".parse()?, AT)?;
    let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    let registry = load_registry(&mut session, numbers)?;
    let consents = add_consents(&mut session, numbers, rows)?;
    Ok((registry, consents))
}

fn load_registry(session: &mut TenantSession<'_>, numbers: u64) -> Result<u64, Box<dyn Error>> {
    let content = DncContent::Full(registry(numbers));
    let DncContent::Full(listed) = &content else {
        return Err("it was just made".into());
    };
    let new = NewDncLoad {
        registry: DncRegistryKey::new(RegistryKind::National, Some("US".parse()?), None)?,
        base: None,
        version_date: Some(AT),
        obtained_at: None,
        area_codes: Some(AreaCodes::All),
        subscription_id: None,
        source_digest: "0".repeat(64),
        rows_read: listed.len(),
        rows_rejected: 0,
        shrinkage: Shrinkage::Any,
    };
    let count = listed.len();
    let mut load = session.begin_dnc_load(&new, &content, AT)?;
    while load.next_block().is_some() {
        session.write_dnc_blocks(&mut load, &content, AT)?;
    }
    session.finish_dnc_load(load, AT)?;
    Ok(count)
}

/// About so many numbers, spread over all blocks in use.
pub(crate) fn registry(numbers: u64) -> NumberSet {
    let blocks = blocks();
    let per_block = numbers.div_ceil(blocks.len() as u64);
    let mut listed = NumberSet::new();
    for block in blocks {
        let first = block * BLOCK;
        for number in (first..first + BLOCK).filter(|number| is_listed(*number, per_block)) {
            if let Some(number) = E164::from_digits(number) {
                listed.insert(number);
            }
        }
    }
    listed
}

/// The numbers of the list, in no order.
fn list(numbers: u64, rows: u64) -> impl Iterator<Item = u64> {
    let blocks = blocks();
    let per_block = numbers.div_ceil(blocks.len() as u64);
    (0..rows).map(move |row| {
        let random = mix(row.wrapping_add(1 << 40));
        let block = blocks.get(random as usize % blocks.len()).copied();
        let first = block.unwrap_or_default() * BLOCK;
        let wanted = mix(random) % 100 < LISTED_PERCENT;
        let start = mix(random ^ 7) % BLOCK;
        let mut members = (start..BLOCK).chain(0..start).map(|member| first + member);
        let found = members.find(|number| is_listed(*number, per_block) == wanted);
        found.unwrap_or(first)
    })
}

/// Writes the list: a name, the number as people write it, a state for every third row.
pub(crate) fn write_list(path: &Path, numbers: u64, rows: u64) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "Name,Phone,State,Campaign")?;
    for (row, number) in list(numbers, rows).enumerate() {
        let (area, rest) = (number / 10_000_000 % 1000, number % 10_000_000);
        let state = if row % 3 == 0 { "US-TX" } else { "" };
        writeln!(
            out,
            "Person {row},({area}) {:03}-{:04},{state},autumn",
            rest / 10_000,
            rest % 10_000
        )?;
    }
    Ok(out.flush()?)
}

fn add_consents(
    session: &mut TenantSession<'_>,
    numbers: u64,
    rows: u64,
) -> Result<u64, Box<dyn Error>> {
    let marketing = ConsentType::parse("marketing_call")?;
    let mut batch = Vec::with_capacity(CONSENTS_AT_ONCE);
    let mut added = 0;
    let every = usize::try_from(CONSENT_EVERY)?;
    for (row, number) in list(numbers, rows).enumerate().step_by(every) {
        let Some(number) = E164::from_digits(number) else {
            continue;
        };
        let event = match row % (4 * every) {
            0 => ConsentEvent::Withdrawn,
            _ => ConsentEvent::Granted,
        };
        batch.push(NewConsentRecord {
            tier: (event == ConsentEvent::Granted).then_some(ConsentTier::Pec),
            ..NewConsentRecord::of_number(number, marketing.clone(), event, "web form", AT)
        });
        if batch.len() == CONSENTS_AT_ONCE {
            added += session.add_consent_records(&batch, AT)?.len() as u64;
            batch.clear();
        }
    }
    added += session.add_consent_records(&batch, AT)?.len() as u64;
    Ok(added)
}

/// Numbers in, numbers without any order out (SplitMix64).
fn mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
