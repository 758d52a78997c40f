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

files! {}
