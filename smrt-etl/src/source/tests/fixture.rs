//! The files in `fixtures/lenient` are read as listed here, those in `fixtures/reject` refused.
use super::*;

#[test]
fn dump() {
    for folder in ["lenient", "reject"] {
        let mut names: Vec<_> = std::fs::read_dir(fixture(folder))
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        names.sort();
        for path in names {
            println!("=== {}", path.file_name().unwrap().to_str().unwrap());
            match source_text(Input::File(path), &SourceOptions::default()) {
                Ok(text) => println!("{text}"),
                Err(error) => println!("{} {error} -- {}", error.code(), error.hint()),
            }
        }
    }
}
