//! The decision vectors, each by its number: differences from the base case, and the answer.

use super::case::{base, instant};
use super::{Code, Flag, Permit, RelationshipKind};
use crate::model::{
    Audience, Channel, Circumstance, ConsentEvent, ConsentOrigin, ConsentTier, Dialing,
    EvidenceFault, Line, Purpose, ReassignedAnswer, RegistryKind, Voice,
};
use crate::rules::rule::Profile::FccText;

#[test]
fn vector_01_the_base_case_is_allowed() {
    base().allows(Permit::Ok);
}

#[test]
fn vector_02_a_second_before_eight_is_too_early() {
    let case = base().at("2026-11-18T14:59:59Z");
    case.denies_until(Code::QuietHours, "2026-11-18T15:00:00Z");
    case.denies_for(&[Code::QuietHours]);
}

#[test]
fn vector_03_eight_sharp_is_allowed() {
    base().at("2026-11-18T15:00:00Z").allows(Permit::Ok);
}

#[test]
fn vector_04_a_second_before_nine_in_the_evening_is_allowed() {
    base().at("2026-11-19T03:59:59Z").allows(Permit::Ok);
    base()
        .at("2026-11-19T04:00:00Z")
        .denies_until(Code::QuietHours, "2026-11-19T15:00:00Z");
}

#[test]
fn vector_06_the_address_decides_not_the_area_code() {
    base()
        .in_place("+12125550123", "US-CA", Some("America/Los_Angeles"))
        .at("2026-11-18T14:30:00Z")
        .denies(Code::QuietHours);
}

#[test]
fn vector_07_without_an_address_the_area_code_is_believed_with_a_flag() {
    base()
        .in_place("+12125550123", "", None)
        .at("2026-11-18T14:30:00Z")
        .allows_with(Permit::Ok, Flag::TzLowConfidence);
}

#[test]
fn vector_08_a_split_area_code_must_be_legal_in_all_its_zones() {
    base()
        .in_place("+17015550123", "", None)
        .at("2026-11-18T14:30:00Z")
        .denies_until(Code::TzAmbiguous, "2026-11-18T15:00:00Z");
}

#[test]
fn vector_11_a_business_relationship_does_not_lift_hours() {
    base()
        .related(RelationshipKind::Purchase, "2026-09-18")
        .at("2026-11-19T04:30:00Z")
        .denies(Code::QuietHours);
}

#[test]
fn vector_12_written_consent_lifts_hours_by_the_letter_only() {
    let text = base()
        .channel(Channel::Sms)
        .granted("marketing_sms", ConsentTier::Pewc, "2026-01-10")
        .at("2026-11-19T04:30:00Z");
    text.denies_for(&[Code::QuietHours]);
    assert!(text.profile(FccText).decide().is_allowed());
}

#[test]
fn vector_13_a_listed_number_is_denied() {
    base().listed().denies_for(&[Code::NationalDnc]);
}

#[test]
fn vector_14_a_purchase_seventeen_months_ago_lifts_the_list() {
    let listed = base().listed();
    listed
        .clone()
        .related(RelationshipKind::Purchase, "2025-06-18T18:00:00Z")
        .allows(Permit::EbrOk);
    // 18 months to the day are too long; a day less is not.
    listed
        .clone()
        .related(RelationshipKind::Purchase, "2025-05-18T18:00:00Z")
        .denies(Code::NationalDnc);
    listed
        .related(RelationshipKind::Purchase, "2025-05-19T18:00:00Z")
        .allows(Permit::EbrOk);
}

#[test]
fn vector_16_an_inquiry_within_three_months_lifts_the_list() {
    let listed = base().listed();
    listed
        .clone()
        .related(RelationshipKind::Inquiry, "2026-08-20T18:00:00Z")
        .allows(Permit::EbrOk);
    listed
        .related(RelationshipKind::Inquiry, "2026-08-18T18:00:00Z")
        .denies(Code::NationalDnc);
}

#[test]
fn vector_18_a_signed_agreement_lifts_the_list() {
    base()
        .listed()
        .granted("marketing_call", ConsentTier::Pewc, "2026-03-01")
        .allows(Permit::WrittenPermission);
}

#[test]
fn vector_19_an_oral_permission_does_not_lift_the_list() {
    base()
        .listed()
        .granted("marketing_call", ConsentTier::Pec, "2026-03-01")
        .denies_for(&[Code::NationalDnc]);
}

#[test]
fn vector_20_friends_may_call_each_other() {
    base()
        .listed()
        .circumstance(Circumstance::Personal)
        .allows(Permit::PersonalRelationship);
}

#[test]
fn vector_21_a_survey_is_no_solicitation() {
    base()
        .listed()
        .purpose(Purpose::Survey)
        .allows(Permit::NotSolicitation);
}

#[test]
fn vector_22_a_charity_may_ask_for_a_donation_itself() {
    base()
        .listed()
        .purpose(Purpose::Fundraising)
        .circumstance(Circumstance::Nonprofit)
        .allows(Permit::NotSolicitation);
}

#[test]
fn vector_23_a_business_line_may_be_offered_business() {
    let offer = base()
        .listed()
        .circumstance(Circumstance::BusinessToBusiness);
    offer
        .clone()
        .audience(Audience::Business)
        .allows(Permit::B2bExempt);
    // Unless nobody verified that it is one.
    offer.audience(Audience::Unknown).denies(Code::NationalDnc);
}

#[test]
fn vector_24_a_text_to_a_listed_number_needs_permission() {
    base()
        .listed()
        .channel(Channel::Sms)
        .denies(Code::NationalDnc);
}

#[test]
fn vector_25_a_version_of_31_days_protects() {
    base().held("US", 31).allows(Permit::Ok);
}

#[test]
fn vector_26_a_version_of_32_days_does_not() {
    base().held("US", 32).denies_for(&[Code::DncStale]);
}

#[test]
fn vector_27_a_version_without_the_number_protects() {
    base()
        .held("US", 17)
        .allows_with(Permit::Ok, Flag::SafeHarbor);
}

#[test]
fn vector_28_an_area_code_without_a_subscription_is_denied() {
    base().not_covered().denies_for(&[Code::DncNotCovered]);
    let mut nothing_held = base();
    nothing_held.facts.registries.clear();
    nothing_held.denies_for(&[Code::DncNotCovered]);
}

#[test]
fn vector_30_a_request_not_to_call_ends_the_relationship() {
    base()
        .related(RelationshipKind::Purchase, "2026-09-18")
        .listing(RegistryKind::Internal, "2026-11-17T18:00:00Z")
        .denies_for(&[Code::InternalDnc]);
}

#[test]
fn vector_31_a_request_counts_at_once() {
    base()
        .listing(RegistryKind::Internal, "2026-11-16T18:00:00Z")
        .denies(Code::InternalDnc);
}

#[test]
fn vector_32_a_request_of_five_years_and_a_day_counts_in_the_strict_reading() {
    let old = base().listing(RegistryKind::Internal, "2021-11-17T18:00:00Z");
    old.denies(Code::InternalDnc);
    old.profile(FccText).allows(Permit::Ok);
}

// Vector 33, a request to another tenant, is about what a tenant sees: tests/check.rs.

#[test]
fn vector_35_a_call_about_an_open_order_is_no_solicitation() {
    base()
        .listing(RegistryKind::Internal, "2026-11-17T18:00:00Z")
        .purpose(Purpose::Informational)
        .allows(Permit::NotSolicitation);
}

#[test]
fn vector_36_written_consent_allows_a_recording() {
    base()
        .voice(Voice::Prerecorded)
        .granted("marketing_auto_call", ConsentTier::Pewc, "2026-03-01")
        .allows(Permit::Ok);
}

#[test]
fn vector_37_an_oral_consent_does_not_allow_a_marketing_recording() {
    base()
        .voice(Voice::Prerecorded)
        .granted("marketing_auto_call", ConsentTier::Pec, "2026-03-01")
        .denies(Code::PewcRequired);
}

#[test]
fn vector_38_a_relationship_does_not_allow_a_recording_to_a_landline() {
    base()
        .voice(Voice::Prerecorded)
        .line(Line::Landline)
        .related(RelationshipKind::Purchase, "2026-09-18")
        .denies(Code::PewcRequired);
}

#[test]
fn vector_39_a_made_voice_needs_written_consent() {
    base().voice(Voice::Artificial).denies(Code::PewcRequired);
}

#[test]
fn vector_40_a_recorded_reminder_needs_consent_and_has_it() {
    base()
        .voice(Voice::Prerecorded)
        .purpose(Purpose::Informational)
        .granted("informational_auto_call", ConsentTier::Pec, "2026-03-01")
        .allows(Permit::Ok);
}

#[test]
fn vector_41_a_recorded_reminder_without_consent_is_denied() {
    base()
        .voice(Voice::Prerecorded)
        .purpose(Purpose::Informational)
        .denies(Code::PecRequired);
}

#[test]
fn vector_42_three_recordings_in_thirty_days_to_a_landline_need_no_consent() {
    let reminder = base()
        .voice(Voice::Prerecorded)
        .purpose(Purpose::Informational)
        .line(Line::Landline)
        .contacted(Channel::Call, "2026-11-01T18:00:00Z")
        .contacted(Channel::Call, "2026-11-10T18:00:00Z");
    reminder.allows(Permit::Ok);
    reminder
        .contacted(Channel::Call, "2026-11-12T18:00:00Z")
        .denies(Code::FreqCap);
}

#[test]
fn vector_45_an_emergency_is_allowed_at_any_hour() {
    base()
        .listed()
        .voice(Voice::Prerecorded)
        .purpose(Purpose::Emergency)
        .at("2026-11-18T10:00:00Z")
        .allows(Permit::Emergency);
}

#[test]
fn vector_46_consent_for_another_seller_is_no_consent() {
    base()
        .voice(Voice::Prerecorded)
        .seller("seller-y")
        .granted("marketing_auto_call", ConsentTier::Pewc, "2026-03-01")
        .which(|event| event.seller = Some("seller-x".to_owned()))
        .denies(Code::ConsentSeller);
}

#[test]
fn vector_48_consent_that_was_a_condition_is_void() {
    for fault in [EvidenceFault::Conditioned, EvidenceFault::PreTicked] {
        base()
            .channel(Channel::Sms)
            .granted("marketing_sms", ConsentTier::Pewc, "2026-03-01")
            .void(fault)
            .denies(Code::ConsentInvalid);
    }
}

#[test]
fn vector_49_a_text_from_a_list_needs_written_consent_in_the_strict_reading() {
    let text = base().channel(Channel::Sms).dialing(Dialing::Automated);
    text.denies_for(&[Code::PewcRequired]);
    text.profile(FccText).allows(Permit::Ok);
}

#[test]
fn vector_50_florida_wants_written_consent_for_automated_texts() {
    let text = base()
        .in_place("+13055550123", "US-FL", Some("America/New_York"))
        .at("2026-11-18T19:00:00Z")
        .channel(Channel::Sms)
        .dialing(Dialing::Automated);
    text.denies(Code::PewcRequired);
    text.profile(FccText).denies_for(&[Code::PewcRequired]);
}

#[test]
fn vector_51_a_stop_ends_written_consent() {
    base()
        .channel(Channel::Sms)
        .granted("marketing_sms", ConsentTier::Pewc, "2025-01-10")
        .withdrawn("marketing_sms", "2026-11-17T18:00:00Z")
        .denies(Code::ConsentRevoked);
}

// Vector 52, other words for a stop, begins with reading a reply: tests/check.rs.

#[test]
fn vector_55_one_confirmation_of_a_stop_is_allowed() {
    let confirmation = base()
        .channel(Channel::Sms)
        .purpose(Purpose::OptOutConfirmation)
        .granted("marketing_sms", ConsentTier::Pewc, "2025-01-10")
        .withdrawn("marketing_sms", "2026-11-18T20:57:00Z");
    confirmation.allows(Permit::Ok);
    confirmation
        .contacted(Channel::Sms, "2026-11-18T20:58:00Z")
        .denies(Code::ConsentRevoked);
}

#[test]
fn vector_56_a_confirmation_that_promotes_is_marketing() {
    base()
        .channel(Channel::Sms)
        .granted("marketing_sms", ConsentTier::Pewc, "2025-01-10")
        .withdrawn("marketing_sms", "2026-11-18T20:57:00Z")
        .denies(Code::ConsentRevoked);
}

#[test]
fn vector_57_an_imported_older_grant_does_not_revive() {
    base()
        .channel(Channel::Sms)
        .withdrawn("marketing_sms", "2026-11-17T18:00:00Z")
        .granted("marketing_sms", ConsentTier::Pewc, "2026-06-01")
        .which(|event| {
            event.recorded_at = instant("2026-11-18T18:00:00Z");
            event.origin = ConsentOrigin::Reported;
        })
        .denies(Code::ConsentRevoked);
}

#[test]
fn vector_61_a_stop_to_marketing_leaves_exempt_messages() {
    base()
        .channel(Channel::Sms)
        .purpose(Purpose::Informational)
        .circumstance(Circumstance::BankSecurity)
        .withdrawn("marketing_sms", "2026-11-17T18:00:00Z")
        .allows(Permit::Ok);
}

#[test]
fn vector_62_a_stop_to_a_reminder_stops_marketing_in_the_strict_reading() {
    let text = base()
        .channel(Channel::Sms)
        .granted("marketing_sms", ConsentTier::Pewc, "2026-01-10")
        .withdrawn("informational_sms", "2026-11-17T18:00:00Z");
    text.denies(Code::ConsentRevoked);
    let by_the_letter = text.profile(FccText);
    assert!(by_the_letter.decide().is_allowed());
    by_the_letter
        .held("US", 1)
        .at("2027-01-31T21:00:00Z")
        .denies(Code::ConsentRevoked);
}

#[test]
fn vector_63_a_reassigned_number_is_denied() {
    base()
        .voice(Voice::Prerecorded)
        .granted("marketing_auto_call", ConsentTier::Pewc, "2024-01-10")
        .reassigned("2024-01-10", ReassignedAnswer::Yes)
        .denies(Code::NumberReassigned);
}

#[test]
fn vector_64_a_wrong_no_is_a_safe_harbor() {
    base()
        .voice(Voice::Prerecorded)
        .granted("marketing_auto_call", ConsentTier::Pewc, "2024-01-10")
        .reassigned("2024-01-10", ReassignedAnswer::No)
        .allows_with(Permit::Ok, Flag::SafeHarbor);
}

#[test]
fn vector_66_florida_ends_at_eight() {
    base()
        .in_place("+13055550123", "US-FL", Some("America/New_York"))
        .at("2026-11-19T01:30:00Z")
        .denies_for(&[Code::StateHours]);
}

#[test]
fn vector_67_florida_allows_three_calls_a_day() {
    base()
        .in_place("+13055550123", "US-FL", Some("America/New_York"))
        .at("2026-11-18T19:00:00Z")
        .contacted(Channel::Call, "2026-11-17T20:00:00Z")
        .contacted(Channel::Call, "2026-11-18T14:00:00Z")
        .contacted(Channel::Call, "2026-11-18T16:00:00Z")
        .denies_until(Code::FreqCap, "2026-11-18T20:00:00Z");
}

#[test]
fn vector_69_texas_begins_at_noon_on_sundays() {
    let texas = base()
        .in_place("+15125550123", "US-TX", Some("America/Chicago"))
        .held("US", 10);
    texas
        .clone()
        .at("2026-11-22T17:30:00Z")
        .denies_until(Code::StateHours, "2026-11-22T18:00:00Z");
    texas.at("2026-11-22T18:30:00Z").allows(Permit::Ok);
}

#[test]
fn vector_71_utah_closes_on_sundays_unless_the_person_agreed() {
    let utah = base()
        .in_place("+18015550123", "US-UT", Some("America/Denver"))
        .at("2026-11-22T21:00:00Z");
    utah.denies_for(&[Code::StateSunday]);
    utah.granted("marketing_call", ConsentTier::Pec, "2026-03-01")
        .allows(Permit::Ok);
}

#[test]
fn vector_74_arizona_bans_sales_calls_to_mobiles() {
    base()
        .in_place("+16025550123", "US-AZ", Some("America/Phoenix"))
        .denies_for(&[Code::StateMobileBan]);
}

#[test]
fn vector_75_four_states_have_hours_of_their_own() {
    let in_state = |number, state, zone| base().in_place(number, state, Some(zone));
    in_state("+15025550123", "US-KY", "America/New_York")
        .at("2026-11-18T14:30:00Z")
        .denies(Code::StateHours);
    in_state("+18605550123", "US-CT", "America/New_York")
        .at("2026-11-19T01:30:00Z")
        .denies(Code::StateHours);
    in_state("+12065550123", "US-WA", "America/Los_Angeles")
        .at("2026-11-19T04:15:00Z")
        .denies(Code::StateHours);
    in_state("+16015550123", "US-MS", "America/Chicago")
        .at("2026-11-22T20:00:00Z")
        .denies(Code::StateSunday);
}

#[test]
fn vector_77_canada_has_hours_of_its_own() {
    let toronto = base()
        .in_place("+14165550123", "CA-ON", Some("America/Toronto"))
        .held("CA", 10);
    toronto
        .clone()
        .at("2026-11-19T02:15:00Z")
        .allows(Permit::Ok);
    toronto.at("2026-11-21T23:30:00Z").denies(Code::QuietHours);
}

#[test]
fn vector_79_a_number_listed_in_britain_for_28_days_is_denied() {
    let london = base()
        .in_place("+442079460123", "GB", Some("Europe/London"))
        .at("2026-11-18T14:00:00Z")
        .held("GB", 10);
    let listed = |days| super::case::days_before(instant("2026-11-18T14:00:00Z"), days);
    london
        .clone()
        .listed_since(listed(60))
        .denies(Code::NationalDnc);
    london.listed_since(listed(27)).allows(Permit::Ok);
}

#[test]
fn vector_80_a_text_in_the_union_needs_consent() {
    base()
        .in_place("+33612345678", "", None)
        .at("2026-11-18T14:00:00Z")
        .channel(Channel::Sms)
        .denies(Code::PecRequired);
}

#[test]
fn vector_81_an_objection_outranks_older_consent() {
    base()
        .channel(Channel::Sms)
        .granted("marketing_sms", ConsentTier::Pewc, "2025-01-10")
        .event(ConsentEvent::Objected, "marketing", None, "2026-10-01")
        .denies(Code::Objected);
}

#[test]
fn vector_83_a_restriction_denies() {
    base().restricted().denies(Code::Restricted);
}

#[test]
fn vector_84_every_reason_is_given_and_waiting_does_not_help() {
    let case = base()
        .listed()
        .listing(RegistryKind::Internal, "2026-11-01")
        .at("2026-11-19T05:00:00Z");
    case.denies_for(&[Code::InternalDnc, Code::NationalDnc, Code::QuietHours]);
    assert_eq!(case.decide().next_allowed_at, None);
}
