//! The rule files that come with smrt.
//!
//! What this module does not do: it reads none of them.

/// Names a file of `smrt-core/rules` and takes in its text.
macro_rules! files {
    ($($name:literal)*) => {
        /// The built-in rule files: name and text.
        pub const BUILTIN_FILES: &[(&str, &str)] = &[
            $((
                concat!($name, ".toml"),
                include_str!(concat!("../../../rules/", $name, ".toml")),
            ),)*
        ];
    };
}

files! {
    "everywhere"
    "us"
    "us-holidays"
    "us-az"
    "us-fl"
    "us-tx"
    "us-ut"
    "ca"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::rule::RuleSet;

    #[test]
    fn the_built_in_files_are_sound() {
        if let Err(faults) = RuleSet::parse(BUILTIN_FILES.iter().copied()) {
            let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{}", shown.join("\n"));
        }
        assert!(!RuleSet::builtin().rules().is_empty());
    }
}
