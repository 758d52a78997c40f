//! Arrays of JSON: whole, broken in every way, and cut off.

use super::*;

fn rows(text: &str) -> Vec<String> {
    rows_by(text, usize::MAX, &SourceOptions::default())
}

fn rows_by(text: &str, size: usize, options: &SourceOptions) -> Vec<String> {
    let text = source_text(dribble(text.as_bytes(), size), options).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn an_array_may_be_written_in_any_way() {
    let expected = ["a | b", "1@1 1 | x", "2@1  | y,{]"];
    assert_eq!(rows("[{\"a\":1,\"b\":\"x\"},{\"b\":\"y,{]\"}]"), expected);
    assert_eq!(
        rows(" [ {\"a\":1,\"b\":\"x\"} ,{\"b\":\"y,{]\"} ]\n"),
        expected
    );
    // Where arrays are put one behind another, all of them are read.
    assert_eq!(rows("[{\"a\":1,\"b\":\"x\"}][{\"b\":\"y,{]\"}]"), expected);
}

#[test]
fn an_array_may_be_a_member_of_an_object() {
    let text = "{\"count\": 2, \"page\": {\"of\": [1, 2]}, \"tags\": [\"x\"],\n\
                \"people\": [{\"a\": 1},\n{\"a\": 2}], \"more\": [{\"a\": 3}]}";
    assert_eq!(rows(text), ["a", "1@2 1", "2@3 2"]);
    let source = Source::open(stream(text.as_bytes()), &SourceOptions::default()).unwrap();
    assert_eq!(
        source.layout().to_string(),
        "JSON array, member `people`, UTF-8"
    );
}

#[test]
fn a_document_without_such_an_array_is_refused() {
    for text in [
        "{\"a\": [1, 2],\n \"b\": {}}",
        "{\"a\":\n[]}",
        "{\"a\": {\"b\":\n[{\"c\": 1}]}}",
    ] {
        let error = Source::open(stream(text.as_bytes()), &SourceOptions::default()).unwrap_err();
        assert_eq!(error.code(), "source_kind", "{text}");
        assert!(error.hint().contains("one array of objects"));
    }
}

#[test]
fn an_element_without_its_quote_costs_itself_alone() {
    let text = r#"[{"n":"Ann","p":"1"},{"n":"Bob,"p":"2"},{"n":"Cy","p":"3"}]"#;
    let found = rows(text);
    assert_eq!(
        found,
        [
            "n | p",
            "1@1 Ann | 1",
            "2@1 !json_syntax 1:33 column -: {\"n\":\"Bob,\"p\":\"2\"}",
            "3@1 Cy | 3",
        ]
    );
    for size in [1, 7] {
        assert_eq!(rows_by(text, size, &SourceOptions::default()), found);
    }
}

#[test]
fn an_array_that_is_cut_off_is_told() {
    let found = rows("[{\"a\":1},\n{\"a\":2},\n{\"a\":");
    assert_eq!(found[..3], ["a", "1@1 1", "2@2 2"]);
    assert!(found[3].starts_with("3@3 !json_syntax 3:"), "{found:?}");
    assert!(found[4].starts_with("4@3 !json_cut_off 3:6"), "{found:?}");
    assert_eq!(found.len(), 5);
    let found = rows("[{\"a\":1},\n{\"a\":2},\n");
    assert_eq!(found[3..], ["3@3 !json_cut_off 3:1 column -: "]);
}

#[test]
fn text_behind_the_array_is_told_and_kept() {
    let found = rows("[{\"a\":1}],{\"a\":2}]");
    assert_eq!(found[1], "1@1 1");
    assert!(
        found[2].starts_with("2@1 !json_behind_array 1:10 column -: ,{\"a\":2}]"),
        "{found:?}"
    );
}

#[test]
fn an_element_beyond_the_limit_is_passed_whole() {
    let long = "x".repeat(100);
    let text = format!("[{{\"a\":1}},{{\"a\":[\"{long}\",{{\"a\":\"{long}\"}}]}},{{\"a\":2}}]");
    let options = SourceOptions {
        record_bytes_max: 64,
        ..SourceOptions::default()
    };
    for size in [1, 50, usize::MAX] {
        let found = rows_by(&text, size, &options);
        assert!(found[2].contains("!record_too_long"), "{found:?}");
        assert_eq!(found[3], "3@1 2");
        assert_eq!(found.len(), 4);
    }
}
