//! Which case: a digest of what it says.

use fixtures::Case;
use sha2::{Digest, Sha256};

/// SHA-256 of a case in compact JSON, in hexadecimal.
pub fn digest(case: &Case) -> String {
    sha256(&serde_json::to_vec(case).expect("a case is serializable"))
}

/// SHA-256 in hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
