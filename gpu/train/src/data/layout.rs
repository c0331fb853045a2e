//! The published archives: where what lies, and the checksums.
//!
//! Names, records and the archives' MD5 are from <https://www.cs.toronto.edu/~kriz/cifar.html>,
//! "binary version". Sizes are those that TensorFlow Datasets records (`url_checksums/cifar10.txt`
//! and `cifar100.txt`, tensorflow/datasets at 333639b). The MD5 of the members are those against
//! which rai-project/dldataset checks what it unpacked; several other projects have the same for
//! CIFAR-10.

use crate::data::images::IMAGE_BYTES;
use fixtures::run::Dataset;

/// A published archive.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// What its images are called.
    pub label: &'static str,
    /// Its name.
    pub archive: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its MD5.
    pub md5: &'static str,
    /// The folder in it.
    pub folder: &'static str,
    /// The file in that with the names of the classes, one a line.
    pub names: &'static str,
    /// The files with the training images.
    pub train: &'static [Member],
    /// The files with the test images.
    pub test: &'static [Member],
    /// Bytes before the pixels of an image, the last of which is its class.
    pub label_bytes: usize,
    /// Number of classes.
    pub classes: usize,
}

/// A file of records, each a label and an image.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its name in the folder.
    pub name: &'static str,
    /// Number of records.
    pub images: usize,
    /// Its MD5.
    pub md5: &'static str,
}

impl Layout {
    /// Bytes of an image with its label.
    pub fn record_bytes(&self) -> usize {
        self.label_bytes + IMAGE_BYTES
    }

    /// Size of a file of records.
    pub fn member_bytes(&self, member: &Member) -> usize {
        member.images * self.record_bytes()
    }

    /// All files of records, those of the training images first.
    pub fn members(&self) -> impl Iterator<Item = &'static Member> {
        self.train.iter().chain(self.test)
    }
}

const fn member(name: &'static str, images: usize, md5: &'static str) -> Member {
    Member { name, images, md5 }
}

static CIFAR10: Layout = Layout {
    label: "cifar10",
    archive: "cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    folder: "cifar-10-batches-bin",
    names: "batches.meta.txt",
    train: &[
        member("data_batch_1.bin", 10_000, "5dd7e06a14cb22eb9f671a540d1b7c25"),
        member("data_batch_2.bin", 10_000, "5ea93a67294ea407fff1d09f752e9692"),
        member("data_batch_3.bin", 10_000, "942cd6a4bcdd0dd3c604fbe906cb4421"),
        member("data_batch_4.bin", 10_000, "ae636b3ba5c66a11e91e8cb52e771fcb"),
        member("data_batch_5.bin", 10_000, "53f37980c15c3d472c316c40844f3f0d"),
    ],
    test: &[member("test_batch.bin", 10_000, "803d5f7f4d78ea53de84dbe85f74fb6d")],
    label_bytes: 1,
    classes: 10,
};

static CIFAR100: Layout = Layout {
    label: "cifar100",
    archive: "cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    folder: "cifar-100-binary",
    names: "fine_label_names.txt",
    train: &[member("train.bin", 50_000, "6172c7755cfe09b2fe270c85cebc1b15")],
    test: &[member("test.bin", 10_000, "4499cfba6c016c1be1438163640a0898")],
    // The superclass, then the class.
    label_bytes: 2,
    classes: 100,
};

/// The archive of a set.
pub(super) fn of(dataset: Dataset) -> &'static Layout {
    match dataset {
        Dataset::Cifar10 => &CIFAR10,
        Dataset::Cifar100 => &CIFAR100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sets_have_fifty_and_ten_thousand_images_of_the_datasets_classes() {
        for dataset in Dataset::ALL {
            let layout = of(dataset);
            let count = |members: &[Member]| members.iter().map(|one| one.images).sum::<usize>();
            assert_eq!((count(layout.train), count(layout.test)), (50_000, 10_000));
            assert_eq!((layout.label, layout.classes), (dataset.name(), dataset.classes()));
        }
        // "Therefore each file should be exactly 30730000 bytes long."
        assert!(CIFAR10.members().all(|member| CIFAR10.member_bytes(member) == 30_730_000));
    }
}
