//! Choices by their names.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A parser of the names of a choice, which `--help` lists.
pub fn names<T, const N: usize>(names: [&'static str; N]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}
