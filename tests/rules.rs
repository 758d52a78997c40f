//! `smrt rules` as users type it, and folders of rules that are not sound.

use crate::binary;
use crate::sandbox::{Finished, Sandbox};

/// A sandbox with the rule folders of the fixtures.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    let fixtures = binary::repository().join("fixtures/rules");
    for name in ["sound", "faulty"] {
        std::fs::create_dir(sandbox.path(name)).unwrap();
    }
    for name in ["acme.toml", "us-la.toml", "nl.toml"] {
        let text = std::fs::read(fixtures.join("sound").join(name)).unwrap();
        sandbox.write(&format!("sound/{name}"), text);
    }
    for name in ["broken.toml", "dates.toml", "keys.toml", "places.toml"] {
        let text = std::fs::read(fixtures.join("faulty").join(name)).unwrap();
        sandbox.write(&format!("faulty/{name}"), text);
    }
    sandbox
}

fn rules(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut line = vec!["rules"];
    line.extend(arguments);
    sandbox.smrt(&line)
}

/// The rules a list has, by id.
fn ids(listed: &Finished) -> Vec<String> {
    let lines = listed.stdout.lines().skip(1);
    let first = lines.map(|line| line.split(',').next().unwrap().to_owned());
    first.collect()
}

#[test]
fn a_rule_is_shown_in_every_format() {
    let sandbox = Sandbox::new();
    let show = |format: &str| {
        rules(&sandbox, &["show", "us-or.hours", "--format", format])
            .ends_with(0)
            .stdout
    };
    insta::assert_snapshot!(show("table"), @r"
    rule us-or.hours
      summary          Sales calls and texts between 08:00 and 20:00.
      jurisdiction     US-OR
      citation         Or. Rev. Stat. 646.563
      source           survey of state statutes, read 3 September 2026; two summaries of the amendment
      confidence       high
      effective from   2026-01-01
      profiles         strict fcc_text
      when             channels call sms, purposes marketing
      demand           hours daily 08:00-20:00
      unless           purchase_months 18, inquiry_months 0
      unless           circumstances business_to_business, audiences business
      written in       us-or.toml line 5, built in
    ");
    insta::assert_snapshot!(show("jsonl").replace(&version(&sandbox), "VERSION"), @r#"{"type":"rule","id":"us-or.hours","rules":[{"jurisdiction":"US-OR","summary":"Sales calls and texts between 08:00 and 20:00.","citation":"Or. Rev. Stat. 646.563","source":"survey of state statutes, read 3 September 2026; two summaries of the amendment","confidence":"high","effective_from":"2026-01-01","effective_until":null,"profiles":["strict","fcc_text"],"when":{"channels":["call","sms"],"purposes":["marketing"]},"demand":{"hours":{"monday":"08:00-20:00","tuesday":"08:00-20:00","wednesday":"08:00-20:00","thursday":"08:00-20:00","friday":"08:00-20:00","saturday":"08:00-20:00","sunday":"08:00-20:00","holidays":"as_usual","zone":null}},"unless":[{"purchase_months":18,"inquiry_months":0},{"circumstances":["business_to_business"],"audiences":["business"]}],"rank_after":null,"replaced_in":[],"file":"us-or.toml","line":5,"built_in":true}],"rules_version":"VERSION"}"#);
    insta::assert_snapshot!(show("csv"), @r#"
    id,jurisdiction,summary,citation,source,confidence,effective_from,effective_until,profiles,when,demand,unless,rank_after,replaced_in,file,line,built_in
    us-or.hours,US-OR,Sales calls and texts between 08:00 and 20:00.,Or. Rev. Stat. 646.563,"survey of state statutes, read 3 September 2026; two summaries of the amendment",high,2026-01-01,,strict fcc_text,"{""channels"":[""call"",""sms""],""purposes"":[""marketing""]}","{""hours"":{""monday"":""08:00-20:00"",""tuesday"":""08:00-20:00"",""wednesday"":""08:00-20:00"",""thursday"":""08:00-20:00"",""friday"":""08:00-20:00"",""saturday"":""08:00-20:00"",""sunday"":""08:00-20:00"",""holidays"":""as_usual"",""zone"":null}}","[{""purchase_months"":18,""inquiry_months"":0},{""circumstances"":[""business_to_business""],""audiences"":[""business""]}]",,,us-or.toml,5,true
    "#);
    let json: serde_json::Value = serde_json::from_str(&show("json")).unwrap();
    assert_eq!(json["schema"], "smrt.rule.v1");
    assert_eq!(json["rules"][0]["demand"]["hours"]["sunday"], "08:00-20:00");
}

/// The version of the built-in rules, which changes with every word of them.
fn version(sandbox: &Sandbox) -> String {
    let shown = rules(sandbox, &["show", "us-or.hours", "--format", "json"]).ends_with(0);
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    json["rules_version"].as_str().unwrap().to_owned()
}

#[test]
fn rules_are_listed_in_every_format() {
    let sandbox = Sandbox::new();
    let list = |format: &str| {
        let listed = rules(
            &sandbox,
            &["list", "--jurisdiction", "FR", "--format", format],
        );
        listed.ends_with(0).stdout
    };
    insta::assert_snapshot!(list("table"), @r"
    RULE                       FROM        UNTIL  PROFILES         CONFIDENCE  SUMMARY
    everywhere.not_suppressed                     strict fcc_text  high        A number on a list of numbers that are not to be used at all is not contacted.
    everywhere.not_restricted                     strict fcc_text  high        Data whose processing is restricted are stored and not used.
    everywhere.not_objected                       strict fcc_text  high        Who objected is not contacted for that purpose any more, whatever they agreed to before.
    everywhere.not_withdrawn                      strict fcc_text  high        A withdrawal stands against every contact it speaks of until a newer agreement.
    everywhere.internal_list                      strict fcc_text  medium      Who asked this tenant not to call is not called, texted or faxed to be sold something.
    eu.automated_calls                            strict fcc_text  medium      A recorded or artificial voice calls for marketing only with consent given before.
    eu.fax                                        strict fcc_text  medium      An advertisement by fax needs consent given before.
    eu.electronic_mail                            strict fcc_text  medium      A marketing text or e-mail needs consent given before, or what was agreed with the sale of similar goods (soft opt-in).
    fr.live_calls              2026-08-11         strict fcc_text  medium      A live marketing call needs an opt-in.
    ");
    insta::assert_snapshot!(list("jsonl").lines().last().unwrap(), @r#"{"type":"rule","id":"fr.live_calls","jurisdiction":"FR","summary":"A live marketing call needs an opt-in.","citation":"French law in force since 11 August 2026","confidence":"medium","profiles":["strict","fcc_text"],"effective_from":"2026-08-11","effective_until":null,"file":"fr.toml","line":16,"built_in":true}"#);
    insta::assert_snapshot!(list("csv").lines().last().unwrap(), @r"fr.live_calls,FR,A live marketing call needs an opt-in.,French law in force since 11 August 2026,medium,strict fcc_text,2026-08-11,,fr.toml,16,true");
    let json: serde_json::Value = serde_json::from_str(&list("json")).unwrap();
    assert_eq!(json["schema"], "smrt.rules.v1");
    // Of everywhere, of the Union, and its own.
    assert_eq!(json["rules"].as_array().unwrap().len(), 5 + 3 + 1);
}

#[test]
fn a_list_is_of_a_day_a_place_and_a_profile() {
    let sandbox = Sandbox::new();
    let list = |more: &[&str]| {
        let mut arguments = vec!["list", "--format", "csv"];
        arguments.extend(more);
        ids(&rules(&sandbox, &arguments).ends_with(0))
    };
    let count = |ids: &[String], id: &str| ids.iter().filter(|known| *known == id).count();

    // Pennsylvania's third hours are in force since October, the other two are history.
    assert_eq!(count(&list(&[]), "us-pa.hours"), 1);
    assert_eq!(count(&list(&["--all"]), "us-pa.hours"), 3);

    let florida = list(&["--jurisdiction", "US-FL"]);
    assert_eq!(count(&florida, "us-fl.cap"), 1);
    assert_eq!(count(&florida, "us-pa.hours"), 0);
    assert_eq!(count(&florida, "us.quiet_hours_despite_consent"), 1);
    let letter = list(&["--jurisdiction", "US-FL", "--profile", "fcc_text"]);
    assert_eq!(count(&letter, "us.quiet_hours_despite_consent"), 0);
    assert!(letter.iter().all(|id| florida.contains(id)));
}

#[test]
fn what_is_not_there_is_told() {
    let sandbox = Sandbox::new();
    let unknown = rules(&sandbox, &["show", "us.national_dns"]).ends_with(1);
    insta::assert_snapshot!(unknown.stderr, @r"
    error: there is no rule `us.national_dns`
    hint: is `us.national_dnc` meant?
    ");
    let nowhere = rules(&sandbox, &["list", "--jurisdiction", "US-ZZ"]).ends_with(2);
    insta::assert_snapshot!(nowhere.stderr, @r"
    error: there is no jurisdiction `US-ZZ`
    hint: write a country such as `CA`, a state such as `US-FL`, or `EU`
    ");
    let without = rules(
        &sandbox,
        &["list", "--jurisdiction", "BR", "--format", "csv"],
    )
    .ends_with(0);
    assert!(ids(&without).iter().all(|id| id.starts_with("everywhere.")));
    insta::assert_snapshot!(without.stderr, @r"there are no rules of `BR`, so that contacts there are denied");
}

#[test]
fn a_folder_adds_rules_and_takes_the_place_of_files() {
    let sandbox = scene();
    rules(&sandbox, &["validate", "sound"]).ends_with(0);
    let list = |place: &str| {
        let arguments = [
            "list",
            "--rules",
            "sound",
            "--jurisdiction",
            place,
            "--format",
            "csv",
        ];
        ids(&rules(&sandbox, &arguments).ends_with(0))
    };
    let has = |place: &str, id: &str| list(place).contains(&id.to_owned());
    assert!(has("US-FL", "acme.late_mornings"));
    assert!(has("US-LA", "us-la.hours") && !has("US-LA", "us-la.mobile_consent"));
    assert!(has("NL", "nl.live_calls") && !has("NL", "eu.live_calls"));
    assert!(has("BE", "eu.live_calls"));

    let shown = rules(&sandbox, &["show", "us-la.hours", "--rules", "sound"]).ends_with(0);
    assert!(
        shown.stdout.contains("sound/us-la.toml line 5\n"),
        "{}",
        shown.stdout
    );
    let mut command = sandbox.command(&["rules", "show", "acme.late_mornings"]);
    let by_environment = Finished::new(command.env("SMRT_RULES", "sound").output().unwrap());
    by_environment.ends_with(0);
}

#[test]
fn every_fault_of_a_folder_is_told_with_its_place() {
    let sandbox = scene();
    let faults = rules(&sandbox, &["validate", "faulty", "--format", "csv"]).ends_with(1);
    let places: Vec<String> = faults
        .stdout
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.splitn(4, ',');
            let mut next = || cells.next().unwrap().to_owned();
            let (file, line, column) = (next(), next(), next());
            let rest = next();
            let problem = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split("\",").next().unwrap().to_owned(),
                None => rest.split(',').next().unwrap().to_owned(),
            };
            format!("{file}:{line}:{column}: {problem}")
        })
        .collect();
    insta::assert_snapshot!(places.join("\n"), @r"
    faulty/broken.toml:3:8: not TOML: unclosed array table, expected `]`
    faulty/dates.toml:13:6: on 2026-10-17 the rule `acme.hours` of line 3 holds as well
    faulty/dates.toml:28:19: the rule ends on 2026-10-17, before it begins on 2026-10-18
    faulty/dates.toml:37:18: `effective_from` takes a date such as 2026-10-18, without quotes, not a text
    faulty/dates.toml:49:10: 2026-05-04 is a holiday already, on line 44 of `dates.toml`
    faulty/dates.toml:49:22: not TOML: invalid date, expected day between 01 and 28
    faulty/keys.toml:2:1: unknown key `owner` in a rule file
    faulty/keys.toml:5:6: `id` cannot be `Acme Hours`
    faulty/keys.toml:6:11: `summary` cannot be `   `
    faulty/keys.toml:8:10: `source` takes a text in quotes, not a whole number
    faulty/keys.toml:9:14: `certain` is not a confidence: expected high, medium or low
    faulty/keys.toml:10:1: unknown key `effective_form` in a rule
    faulty/keys.toml:11:10: unknown key `chanels` in `when`
    faulty/keys.toml:11:55: `spam` is not a purpose: expected marketing, informational, survey, fundraising, political, debt_collection, opt_out_confirmation or emergency
    faulty/keys.toml:11:73: `lines` cannot ask for `unknown`, which is matched whatever a rule asks for
    faulty/keys.toml:12:11: `unless` has an item that says nothing, or several things
    faulty/keys.toml:12:56: `unless` has an item that says nothing, or several things
    faulty/keys.toml:12:58: unknown key `age` in `unless`
    faulty/keys.toml:13:48: `21:00-08:00` is no window of a day: it ends before it begins
    faulty/keys.toml:13:72: `08:00-25:00` is no window of a day: a day ends at 24:00
    faulty/keys.toml:13:94: there is no time zone `US/Florida`
    faulty/keys.toml:15:1: the rule demands nothing
    faulty/keys.toml:21:12: `profiles` cannot be `fcc_text`
    faulty/keys.toml:23:1: the rule demands several things: cap, ban
    faulty/places.toml:1:16: there is no jurisdiction `US-ZZ`
    faulty/places.toml:5:6: `us.toml` has a rule `us.national_dnc` already, on line 43
    faulty/places.toml:10:23: `federal` is not a kind of registry: expected national, state, internal or litigator
    ");
    assert_eq!(faults.stderr, format!("{} faults\n", places.len()));

    let json = rules(&sandbox, &["validate", "faulty", "--format", "json"]).ends_with(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["schema"], "smrt.rule-faults.v1");
    assert_eq!(json["faults"].as_array().unwrap().len(), places.len());
}

#[test]
fn rules_with_faults_are_not_used() {
    let sandbox = scene();
    let refused = rules(&sandbox, &["list", "--rules", "faulty"]).ends_with(2);
    assert_eq!(refused.stdout, "");
    insta::assert_snapshot!(refused.stderr, @r"
    error: `faulty`: 27 faults; the first: `broken.toml` line 3, column 8: not TOML: unclosed array table, expected `]`
    hint: docs/rules.md shows how a rule file is written
    hint: `smrt rules validate faulty` lists every fault
    ");
}

#[test]
fn a_folder_that_is_none_or_empty_is_refused() {
    let sandbox = scene();
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.write("empty/notes.txt", "no rules here");
    sandbox.write("file.toml", "jurisdiction = \"US\"\n");
    for folder in ["empty", "file.toml", "nowhere"] {
        rules(&sandbox, &["validate", folder]).refuses();
        rules(&sandbox, &["list", "--rules", folder]).refuses();
    }
    std::fs::create_dir(sandbox.path("bytes")).unwrap();
    sandbox.write("bytes/a.toml", [0xff, 0xfe]);
    rules(&sandbox, &["validate", "bytes"]).refuses();
}
