//! Checksums of files.

use md5::{Digest, Md5};
use std::io::{self, Read};

/// Digits as published checksums are written.
pub(super) fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// MD5 of all that can be read.
pub(super) fn md5(mut stream: impl Read) -> io::Result<String> {
    let mut hash = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(hexadecimal(&hash.finalize())),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md5_gives_the_examples_of_its_definition() {
        // RFC 1321, appendix A.5.
        for (text, expected) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ] {
            assert_eq!(md5(text.as_bytes()).unwrap(), expected);
        }
        let long = [b'a'; 100_000]; // as `head -c 100000 /dev/zero | tr '\0' a | md5sum` says
        assert_eq!(md5(&long[..]).unwrap(), "1af6d6f2f682f76f80e606aeaaee1680");
    }
}
