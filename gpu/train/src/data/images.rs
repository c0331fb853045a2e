//! Labelled images in memory.

use crate::data::checksum;
use sha2::{Digest, Sha256};

/// Height and width of an image.
pub const SIDE: usize = 32;

/// Bytes of an image: three planes, red, green and blue, row by row.
pub const IMAGE_BYTES: usize = 3 * SIDE * SIDE;

/// Labelled images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    /// Pixels, row-major `[n, 3, 32, 32]`.
    pub pixels: Vec<u8>,
    /// The class of each image, `[n]`.
    pub classes: Vec<u8>,
}

impl Images {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}

/// A set of images as it is trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// `cifar10` or `cifar100` for the published set, any other name for a stand-in.
    pub label: String,
    /// The names of the classes, or none if they are not known.
    pub classes: Vec<String>,
    /// What is trained on.
    pub train: Images,
    /// What is held back.
    pub test: Images,
}

impl Data {
    /// SHA-256 of all pixels and classes, in hexadecimal, whatever label and names.
    ///
    /// Hashed are, first of the training and then of the test set: the number of images as eight
    /// bytes, the least significant first; all pixels; all classes.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for images in [&self.train, &self.test] {
            hash.update((images.len() as u64).to_le_bytes());
            hash.update(&images.pixels);
            hash.update(&images.classes);
        }
        checksum::hexadecimal(&hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Data {
        let images = |bytes: usize, classes: &[u8]| Images {
            pixels: (0..bytes).map(|at| (at % 251) as u8).collect(),
            classes: classes.to_vec(),
        };
        Data {
            label: "some".to_owned(),
            classes: vec!["a".to_owned()],
            train: images(2 * IMAGE_BYTES, &[3, 1]),
            test: images(IMAGE_BYTES, &[2]),
        }
    }

    #[test]
    fn the_checksum_is_of_what_its_documentation_says() {
        // Python: h = hashlib.sha256(); p = lambda n: bytes(i % 251 for i in range(n * 3072))
        // h.update(struct.pack("<Q", 2) + p(2) + bytes([3, 1]) + struct.pack("<Q", 1) + p(1) + b"\x02")
        let expected = "2ae763f8b452d18345bc08af839e1d37050317f0aea25da3f2df3ca81ce90170";
        assert_eq!(data().sha256(), expected);
    }

    #[test]
    fn the_checksum_is_of_every_pixel_and_class_and_of_nothing_else() {
        let before = data().sha256();
        let changed = |change: fn(&mut Data)| {
            let mut data = data();
            change(&mut data);
            data.sha256()
        };
        assert_eq!(changed(|data| data.label.push('x')), before);
        assert_eq!(changed(|data| data.classes.clear()), before);
        assert_ne!(changed(|data| data.train.pixels[IMAGE_BYTES] ^= 1), before);
        assert_ne!(changed(|data| data.train.classes.swap(0, 1)), before);
        assert_ne!(changed(|data| *data.test.pixels.last_mut().unwrap() ^= 1), before);
        assert_ne!(changed(|data| data.test.classes[0] = 3), before);
        assert_ne!(changed(|data| std::mem::swap(&mut data.train, &mut data.test)), before);
    }
}
