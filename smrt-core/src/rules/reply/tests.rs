//! What texts ask for.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(kind: ReplyKind, confidence: ReplyConfidence, texts: &[&str]) {
    for text in texts {
        let reply = classify(text);
        let shown: String = text.chars().take(60).collect();
        assert_eq!(
            (reply.kind, reply.confidence),
            (kind, confidence),
            "{shown:?} {reply:?}"
        );
    }
}

#[test]
fn the_words_of_the_law_are_certain() {
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Certain,
        &[
            "stop",
            "quit",
            "end",
            "revoke",
            "opt out",
            "cancel",
            "unsubscribe",
            "optout",
            "stopall",
            "stop all",
            "opt-out",
            "OPT OUT.",
        ],
    );
}

#[test]
fn case_punctuation_emoji_width_and_accents_do_not_matter() {
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Certain,
        &[
            "STOP",
            "Stop.",
            "  sToP!!! ",
            "\"STOP\"",
            "*stop*",
            "(stop)",
            "stop 😡😡",
            "🛑",
            "STOP 🛑",
            "ＳＴＯＰ",
            "𝗦𝗧𝗢𝗣",
            "stóp",
            "S T O P",
            "S.T.O.P.",
            "ST\u{200b}OP",
            "stoooop",
            "STOPPP",
            "ST0P",
            "stop\n",
            "Stop?",
            "stpo",
            "unsubcribe",
        ],
    );
}

#[test]
fn courtesy_and_curses_around_a_stop_word_do_not_matter() {
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Certain,
        &[
            "please stop",
            "Stop please, thank you",
            "STOP STOP STOP",
            "ok stop now",
            "fucking stop already",
            "Unsubscribe. Stop. Cancel.",
            "Please cancel all",
            "stop these",
            "HELP STOP",
        ],
    );
}

#[test]
fn words_of_other_languages_are_certain() {
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Certain,
        &[
            "STOPP",
            "Abmelden",
            "abbestellen bitte",
            "Widerruf",
            "kündigen",
            "ARRÊT",
            "arret",
            "Désabonner",
            "désinscription svp",
            "BAJA",
            "baja por favor",
            "cancelar",
            "Annulla",
            "disiscrivimi",
            "afmelden",
            "uitschrijven",
            "SAIR",
            "avsluta",
            "afmeld",
            "wypisz mnie",
            "odhlásit",
            "leiratkozás",
            "ΣΤΟΠ",
            "стоп",
        ],
    );
}

#[test]
fn what_a_reasonable_person_reads_as_a_stop_is_likely() {
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Likely,
        &[
            "please don't text me anymore",
            "Please dont text me any more",
            "do not contact me again",
            "DO NOT CALL ME",
            "don't ever call me again",
            "Don’t message us",
            "stop texting me",
            "STOP fucking texting me!!!",
            "quit calling",
            "stop sending me these messages",
            "no more texts",
            "No more calls please",
            "never contact me again",
            "remove me",
            "Remove me from your list",
            "please delete my number",
            "take me off your list",
            "Take my number off of your list.",
            "wrong number",
            "Sorry, you have the wrong number",
            "This is not my number anymore",
            "leave me alone",
            "LEAVE ME THE FUCK ALONE",
            "fuck off",
            "Not interested",
            "no thanks, not interested",
            "lose my number",
            "I withdraw my consent",
            "I do not consent to this",
            "I no longer wish to receive these",
            "I don't want to receive texts",
            "I am on the do not call list",
            "this is harassment",
            "unsubscribe me please",
            "opt me out",
            "I'd like to opt out",
            "Stop, I'm at work",
            "I never signed up for this. STOP",
            "cancel my subscription",
            "stop it",
            "Bitte keine SMS mehr",
            "Rufen Sie mich nicht mehr an",
            "Lassen Sie mich in Ruhe!",
            "falsche Nummer",
            "Ne m'appelez plus",
            "laissez-moi tranquille",
            "mauvais numéro",
            "No me llamen más",
            "número equivocado",
            "déjenme en paz",
            "non chiamatemi più",
            "numero sbagliato",
            "bel me niet meer",
            "não me liguem",
            "fel nummer",
            "proszę nie dzwonić",
        ],
    );
}

#[test]
fn a_stop_word_in_another_sense_is_unsure_and_never_nothing() {
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Unsure,
        &[
            "don't stop",
            "Please do not stop",
            "stop by tomorrow",
            "can you stop at 5?",
            "I'd like to end up with a smaller one",
            "I am at the bus stop",
            "I will cancel my appointment on Monday",
            "did I quit the right plan?",
            "what happens in the end",
            "we stopped at the shop",
            "do not unsubscribe me",
            "never remove me",
            "don't call me before 5",
            "stop texting me at work",
            "please don't call me, text me instead, only on Sundays",
            "if you don't call me I will be sad",
            "why don't you stop texting",
            "stoppingby",
            "STOPPLEASE",
            "unsubscribeme",
            "Reply STOP to end",
            "STOP I never signed up",
            "how do I opt out",
            "ich will nicht abmelden",
        ],
    );
}

#[test]
fn what_says_nothing_of_the_kind_is_nothing() {
    let texts = [
        "",
        " ",
        "😀",
        "yes",
        "Y",
        "ok thanks",
        "See you on Monday",
        "call me back",
        "text me the address",
        "The weekend is fine",
        "I want to depend on it",
        "It rained nonstop",
        "by the end of the month",
        "at the end of the day",
        "endless fun",
        "a stopwatch",
        "quite nice",
        "no",
        "\u{200b}",
        "12345",
    ];
    for text in texts {
        assert_eq!(classify(text).kind, ReplyKind::Nothing, "{text:?}");
    }
}

#[test]
fn help_and_agreement_are_told_apart() {
    check(
        ReplyKind::Help,
        ReplyConfidence::Certain,
        &["HELP", "help!", "Info please", "Hilfe", "aide", "AYUDA"],
    );
    check(
        ReplyKind::Help,
        ReplyConfidence::Likely,
        &[
            "Who is this?",
            "who's this",
            "hey, who are you",
            "How did you get my number?",
        ],
    );
    check(
        ReplyKind::OptIn,
        ReplyConfidence::Certain,
        &["START", "unstop", "Subscribe", "opt-in", "start please"],
    );
    check(
        ReplyKind::OptIn,
        ReplyConfidence::Likely,
        &["please sign me up for it"],
    );
}

#[test]
fn a_withdrawal_comes_before_everything_else() {
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Certain,
        &["start stop", "HELP STOP", "subscribe unsubscribe"],
    );
    check(
        ReplyKind::Withdrawal,
        ReplyConfidence::Likely,
        &["Who is this? Stop texting me"],
    );
}

#[test]
fn a_text_too_long_to_be_read_is_not_nothing() {
    let long = "a ".repeat(TEXT_CHARS_MAX);
    check(ReplyKind::Withdrawal, ReplyConfidence::Unsure, &[&long]);
    let read = "a".repeat(TEXT_CHARS_MAX);
    assert_eq!(classify(&read).kind, ReplyKind::Nothing);
    let found = format!("stop texting me. {long}");
    check(ReplyKind::Withdrawal, ReplyConfidence::Likely, &[&found]);
}

#[test]
fn the_phrase_found_tells_law_and_language() {
    let matched = classify("Abmelden!").matched.unwrap();
    assert_eq!(
        (matched.text.as_str(), matched.language.as_str()),
        ("abmelden", "de")
    );
    assert!(matched.citation.starts_with("GDPR"));
    let matched = classify("stop").matched.unwrap();
    assert_eq!(matched.citation, "47 CFR 64.1200(a)(10)");
    assert_eq!(classify("hello there").matched, None);
}

#[test]
fn the_built_in_list_is_sound_and_every_phrase_is_found() {
    let (name, text) = BUILTIN_REPLIES;
    let rules = match ReplyRules::parse(name, text) {
        Ok(rules) => rules,
        Err(faults) => {
            let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{}", shown.join("\n"));
        }
    };
    assert!(rules.phrases().len() > 200);
    for phrase in rules.phrases() {
        assert!(
            !phrase.citation.is_empty() && !phrase.source.is_empty(),
            "{phrase:?}"
        );
        let reply = rules.classify(&phrase.text);
        assert_eq!(reply.kind, phrase.kind, "{phrase:?}");
    }
}

#[test]
fn faults_of_a_list_name_their_place() {
    let check = |text: &str, expected: &[&str]| {
        let faults = ReplyRules::parse("own.toml", text).unwrap_err();
        let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), expected.len(), "{shown:#?}");
        for (shown, expected) in shown.iter().zip(expected) {
            assert!(shown.starts_with(expected), "{shown}");
        }
    };
    let group = "[[reply]]\nkind = \"withdrawal\"\nmatch = \"word\"\nlanguage = \"en\"\n\
                 citation = \"x\"\nsource = \"y\"\nphrases = ";
    let list = |same: &str, phrases: &str| {
        format!(
            "[same]\n{same}\n[filler]\nwords = []\n[negation]\nwords = []\n[condition]\n\
             words = []\n[harmless]\nphrases = []\n{group}{phrases}\n"
        )
    };
    assert!(ReplyRules::parse("own.toml", &list("", "[\"stop\"]")).is_ok());
    check(
        &list("", "[\"stop\", \"  \", \"Stop!\"]"),
        &[
            "`own.toml` line 17, column 20: a phrase needs a letter or a sign",
            "`own.toml` line 17, column 26: `Stop!` says the same as `stop`; remove one of them",
        ],
    );
    check(
        &list("stop = [\"halt it\"]", "[\"stop\"]"),
        &["`own.toml` line 2, column 9: `halt it` is not one word"],
    );
    check(
        &list("", "[\"stop\"]").replace("withdrawal", "nothing"),
        &["`own.toml` line 12, column 8: no kind of reply `nothing`"],
    );
    check(
        &list("", "[\"stop\"]").replace("match", "mach"),
        &["`own.toml` line 13, column 1: not a list of replies: unknown field `mach`"],
    );
    check("[same", &["`own.toml` line 1, column "]);
    let long = "#".repeat((1 << 20) + 1);
    check(
        &long,
        &["`own.toml` line 1, column 1: the file has more than 1048576 bytes"],
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_fail(text in "\\PC{0,200}") {
        let _ = classify(&text);
    }

    #[test]
    fn a_stop_word_anywhere_is_never_nothing(
        before in "[a-z ,.!?0-9]{0,20}",
        word in prop::sample::select(vec!["stop", "QUIT", "Revoke", "opt out", "cancel", "Unsubscribe"]),
        after in "[a-z ,.!?0-9]{0,20}",
    ) {
        let reply = classify(&format!("{before} . {word} . {after}"));
        prop_assert_eq!(reply.kind, ReplyKind::Withdrawal);
    }

    #[test]
    fn case_and_punctuation_behind_do_not_matter(
        text in "[a-z ]{0,40}",
        tail in "[!. ]{0,3}",
    ) {
        let loud = format!("{}{tail}", text.to_uppercase());
        let (one, other) = (classify(&text), classify(&loud));
        prop_assert_eq!((one.kind, one.confidence), (other.kind, other.confidence));
    }
}
