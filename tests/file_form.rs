//! The same rows in another wrapping come out alike.

use std::io::Write as _;
use std::process::Stdio;

use crate::people;
use crate::sandbox::{Finished, Sandbox, import_arguments};

#[test]
fn compressed_files_and_standard_input_give_the_digest_of_the_plain_file() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    let text = people::file(7, 5_000);
    sandbox.write("people.csv", &text);
    sandbox.import("plain.db", "people.csv", &[]).ends_with(0);
    let digest = sandbox.digest("plain.db");
    let counts = sandbox.last_run("plain.db").counts;

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let utf_16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let windows = text.replace('\n', "\r\n");
    sandbox.write("people.csv.gz", &gzip);
    sandbox.write("people.csv.zst", &zstd);
    sandbox.write("bom.csv", format!("\u{feff}{text}"));
    sandbox.write("utf-16.csv", utf_16);
    for file in ["people.csv.gz", "people.csv.zst", "bom.csv", "utf-16.csv"] {
        let db = format!("{file}.db");
        sandbox.import(&db, file, &[]).ends_with(0);
        assert_eq!(sandbox.digest(&db), digest, "{file}");
        assert_eq!(sandbox.last_run(&db).counts, counts, "{file}");
    }
    for (name, bytes) in [("text", text.as_bytes()), ("gzip", &gzip), ("zstd", &zstd)] {
        let db = format!("{name}-pipe.db");
        let mut child = sandbox
            .command(&import_arguments(&db, "-", &[]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        Finished::new(child.wait_with_output().unwrap()).ends_with(0);
        assert_eq!(sandbox.digest(&db), digest, "{name} by standard input");
    }
    // Line ends inside cells are part of what a cell says; outside they are not.
    sandbox.write("windows.csv", windows);
    sandbox
        .import("windows.db", "windows.csv", &[])
        .ends_with(0);
    assert_eq!(sandbox.last_run("windows.db").counts, counts);
}

#[test]
fn a_run_from_a_pipe_is_resumed_by_giving_the_same_again() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    let text = people::file(8, 40_000);
    sandbox.write("people.csv", &text);
    sandbox.import("plain.db", "people.csv", &[]).ends_with(0);
    let feed = |more: &[&str]| {
        sandbox
            .command(&import_arguments("pipe.db", "-", more))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut killed = feed(&[]);
    let mut pipe = killed.stdin.take().unwrap();
    pipe.write_all(&text.as_bytes()[..text.len() / 4 * 3])
        .unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    drop(pipe);
    let mut resumed = feed(&["--resume"]);
    resumed
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    Finished::new(resumed.wait_with_output().unwrap()).ends_with(0);
    assert_eq!(sandbox.digest("pipe.db"), sandbox.digest("plain.db"));
}
