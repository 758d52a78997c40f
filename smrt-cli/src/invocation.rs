//! Command lines for people to type: this one again, or another one about the same store.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::args::{DB_DEFAULT, GlobalArgs};

/// This command line with `--resume`.
pub(crate) fn resume_command() -> String {
    resumed(std::env::args_os())
}

fn resumed(args: impl Iterator<Item = OsString>) -> String {
    let mut words: Vec<OsString> = args.collect();
    let resume = OsStr::new("--resume");
    let options_end = words.iter().position(|word| word == "--");
    let options_end = options_end.unwrap_or(words.len());
    if !words.iter().take(options_end).any(|word| word == resume) {
        words.insert(options_end, resume.to_owned());
    }
    if let Some(program) = words.first_mut() {
        *program = program_name(program);
    }
    let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
    words.join(" ")
}

/// A program found by its name alone is typed by its name alone.
fn program_name(program: &OsStr) -> OsString {
    match Path::new(program).file_name() {
        Some(name) if name == "smrt" => name.to_owned(),
        _ => program.to_owned(),
    }
}

/// `smrt` with these words, about the store and the tenant that this command line is about.
pub(crate) fn smrt_command(global: &GlobalArgs, words: &str) -> String {
    let from_environment = std::env::var("SMRT_DB").ok();
    let named = global.db.to_secret_string();
    let mut line = format!("smrt {words}");
    if named != DB_DEFAULT && from_environment.as_ref() != Some(&named) {
        // What is shown holds no password.
        line += &format!(" --db {}", quote(OsStr::new(&global.db.to_string())));
    }
    let from_environment = std::env::var("SMRT_TENANT").ok();
    if let Some(tenant) = &global.tenant
        && from_environment.as_ref() != Some(tenant)
    {
        line += &format!(" --tenant {}", quote(OsStr::new(tenant)));
    }
    line
}

/// A word as a POSIX shell reads it back.
pub(crate) fn quote(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.into_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resume_is_added_once_and_before_the_end_of_options() {
        let check = |line: &[&str], expected: &str| {
            assert_eq!(resumed(line.iter().map(OsString::from)), expected);
        };
        check(&["smrt", "import", "a.csv"], "smrt import a.csv --resume");
        check(
            &["/usr/bin/smrt", "import", "a.csv", "--resume"],
            "smrt import a.csv --resume",
        );
        check(
            &["smrt", "import", "--", "-a.csv"],
            "smrt import --resume -- -a.csv",
        );
        check(
            &["smrt", "import", "my file.csv", "--delimiter", ";"],
            "smrt import 'my file.csv' --delimiter ';' --resume",
        );
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_more() {
        let check = |word: &str, expected: &str| assert_eq!(quote(OsStr::new(word)), expected);
        check("a.csv", "a.csv");
        check("2%", "2%");
        check("it's", "'it'\\''s'");
        check("$HOME", "'$HOME'");
        check("*", "'*'");
        check("", "''");
    }
}
