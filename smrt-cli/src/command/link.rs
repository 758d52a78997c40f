//! `smrt link` and `smrt unlink`: ties between humans and phone numbers, kept by hand.

use clap::Args;
use serde_json::{Map, Value as Json};
use smrt_core::model::{Id, RelationshipType};
use smrt_core::phone::Region;
use smrt_core::smrt::{Link, NewLink};

use super::show;
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::phone_text;
use crate::ui::Ui;

const LINK_HELP: &str = "\
An extension in the number's text, such as `x123`, becomes part of the link. A link that is there
already stays as it is. Prints the human as `smrt show` does.

Examples:
  smrt link 0198c0de-0000-7000-8000-000000000000 +12025550143 --as mobile --primary
  smrt link 0198c0de-0000-7000-8000-000000000000 '020 7946 0101 x12' --region GB";

const UNLINK_HELP: &str = "\
The human and the number stay. Exits with 1 when there is no such link.

Examples:
  smrt unlink 0198c0de-0000-7000-8000-000000000000 +12025550143
  smrt unlink 0198c0de-0000-7000-8000-000000000000 '(202) 555-0143' --region US --as work";

/// Tie a human to a phone number
#[derive(Debug, Args)]
#[command(after_long_help = LINK_HELP)]
pub(crate) struct LinkArgs {
    #[command(flatten)]
    ends: Ends,
    /// What the number is to the human: mobile, work, home, main, fax, other or a word of your own
    #[arg(long = "as", value_name = "RELATIONSHIP", default_value = "other", value_parser = relationship)]
    relationship: RelationshipType,
    /// Make it the human's primary number
    #[arg(long)]
    primary: bool,
    /// Someone made sure that the number is the human's
    #[arg(long)]
    verified: bool,
}

/// Take the tie between a human and a phone number away
#[derive(Debug, Args)]
#[command(after_long_help = UNLINK_HELP)]
pub(crate) struct UnlinkArgs {
    #[command(flatten)]
    ends: Ends,
    /// Only the tie in this relationship
    #[arg(long = "as", value_name = "RELATIONSHIP", value_parser = relationship)]
    relationship: Option<RelationshipType>,
}

/// What a link ties.
#[derive(Debug, Args)]
struct Ends {
    /// The human's id
    #[arg(value_name = "HUMAN_ID")]
    human: Id,
    /// The number in any spelling
    number: String,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
}

fn relationship(text: &str) -> Result<RelationshipType, String> {
    RelationshipType::parse(text).map_err(|error| error.to_string())
}

pub(super) fn link(args: &LinkArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let tenants = smrt.tenants()?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let region = args
        .ends
        .region
        .or(session.tenant().settings.default_region);
    let number = phone_text::only_reading(&args.ends.number, region)?;
    let mut metadata = Map::new();
    if let Some(extension) = number.extension() {
        metadata.insert("extension".to_owned(), Json::from(extension));
    }
    let new = NewLink {
        is_primary: args.primary,
        verified: args.verified,
        metadata,
        ..NewLink::new(args.ends.human, number.e164(), args.relationship.clone())
    };
    session.add_link(&new, now)?;
    show::show_human(&mut session, &tenants, args.ends.human, now, ui)
}

pub(super) fn unlink(args: &UnlinkArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let tenants = smrt.tenants()?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let region = args
        .ends
        .region
        .or(session.tenant().settings.default_region);
    let number = phone_text::only_reading(&args.ends.number, region)?;
    let number = Id::of_phone_number(number.e164());
    let is_meant = |link: &Link| {
        link.phone_number_id == number
            && args.relationship.as_ref().is_none_or(|relationship| {
                link.relationship_type.value().map(String::as_str) == Some(relationship.as_str())
            })
    };
    let links = session.links_of_humans(&[args.ends.human], now)?;
    let meant: Vec<Link> = links.into_iter().filter(is_meant).collect();
    match meant.as_slice() {
        [] => Err(CliError::not_found("there is no such link")
            .hint("`smrt show HUMAN_ID` lists a human's numbers")),
        [link] => {
            session.remove_links(&[link.id], now)?;
            show::show_human(&mut session, &tenants, args.ends.human, now, ui)
        }
        several => {
            let words = several
                .iter()
                .filter_map(|link| link.relationship_type.value().map(String::as_str));
            Err(
                CliError::user("the human is tied to this number in several ways").hint(format!(
                    "say which one with `--as`: {}",
                    words.collect::<Vec<_>>().join(", ")
                )),
            )
        }
    }
}
