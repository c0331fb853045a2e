//! Changes of the text, which no tree can hold.

use crate::Random;
use rand::RngExt;

/// What is put somewhere: what is no UTF-8, no JSON, or JSON of a strange kind.
const STRANGE: [&[u8]; 14] = [
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\0",
    br"\ud800",
    br"\u0000",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-0",
    b"0.1e",
    b"18446744073709551616",
    b"\"name\":\"x\",",
    b"/**/",
];

/// Puts something strange somewhere, repeats or drops a piece, or nests a bracket deeply.
pub fn mutate(line: &[u8], random: &mut Random) -> Vec<u8> {
    let mut line = line.to_vec();
    let at = random.random_range(0..=line.len());
    let to = random.random_range(at..=line.len().min(at + 200));
    match random.random_range(0..5) {
        0 => {
            let strange = STRANGE[random.random_range(0..STRANGE.len())];
            line.splice(at..at, strange.iter().copied());
        }
        1 => {
            let piece = line[at..to].to_vec();
            line.splice(at..at, piece);
        }
        2 => drop(line.drain(at..to)),
        3 => {
            let bracket = [b'[', b'{', b'"'][random.random_range(0..3)];
            let depth = 1 << random.random_range(0..12);
            line.splice(at..at, vec![bracket; depth]);
        }
        _ => repeat_field(&mut line, at),
    }
    line
}

/// Writes the field that begins after a place a second time.
fn repeat_field(line: &mut Vec<u8>, at: usize) {
    let begins = |w: &[u8]| w == b"{\"" || w == b",\"";
    let Some(start) = line[at..].windows(2).position(begins).map(|start| at + start + 1) else {
        return;
    };
    let Some(length) = line[start..].iter().position(|&b| b == b',') else { return };
    let field = line[start..=start + length].to_vec();
    line.splice(start..start, field);
}
