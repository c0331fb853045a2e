//! Images in directories, one for each class, that stand in for a published set.
//!
//! `train/CLASS/NAME.png` and `test/CLASS/NAME.png`, or `.jpg` or `.jpeg`. Classes are numbered in
//! the order of their names; images come class by class, in the order of theirs. Names that begin
//! with a dot are passed over; anything else that does not belong there is refused.

mod cache;
mod decode;
mod label;
mod listing;
mod load;

pub(super) use listing::is_in;
pub(super) use load::load;
