//! The `smrt` command line.
fn main() {}
