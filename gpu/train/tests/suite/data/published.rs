//! The published sets, as far as they are known without having them.

use super::scene::says;
use fixtures::run::Dataset;
use std::fs::{self, File};
use std::path::Path;
use train::data::{self, Options, Source};

fn refused(dataset: Dataset, data_dir: &Path, parts: &[&str]) {
    let options = Options { source: Source::Nowhere, note: &|note| panic!("{note}") };
    says(&data::load(dataset, data_dir, &options).unwrap_err(), parts);
}

#[test]
fn an_empty_directory_and_none_at_all_say_what_was_looked_for_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for data_dir in [folder.path().to_owned(), folder.path().join("none")] {
        for (dataset, archive, unpacked) in [
            (Dataset::Cifar10, "cifar-10-binary.tar.gz", "cifar-10-batches-bin"),
            (Dataset::Cifar100, "cifar-100-binary.tar.gz", "cifar-100-binary, "),
        ] {
            let url = format!("https://www.cs.toronto.edu/~kriz/{archive}");
            let directory = data_dir.to_str().unwrap();
            let parts = [directory, archive, unpacked, "train, test", &url, "train/CLASS/NAME.png"];
            refused(dataset, &data_dir, &parts);
        }
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is made");
    }
}

#[test]
fn an_archive_of_another_size_or_content_is_refused_by_the_published_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cifar-10-binary.tar.gz");
    fs::write(&path, "<html>").unwrap();
    let delete = format!("delete {} to fetch it anew", path.display());
    refused(Dataset::Cifar10, folder.path(), &["has 6 bytes", "170052171", &delete]);

    // Zeros, which take no space on the disk.
    File::create(&path).unwrap().set_len(170_052_171).unwrap();
    let expected = "c32a1d4ab5d03f1284b67883e8d87530";
    refused(Dataset::Cifar10, folder.path(), &["MD5", expected, &delete]);
}

#[test]
fn a_folder_with_other_files_is_refused_by_the_published_ones() {
    let folder = tempfile::tempdir().unwrap();
    let unpacked = folder.path().join("cifar-100-binary");
    fs::create_dir(&unpacked).unwrap();
    let file = File::create(unpacked.join("train.bin")).unwrap();
    refused(Dataset::Cifar100, folder.path(), &["train.bin", "has 0 bytes", "153700000"]);

    file.set_len(153_700_000).unwrap();
    let parts = ["train.bin", "MD5", "6172c7755cfe09b2fe270c85cebc1b15"];
    refused(Dataset::Cifar100, folder.path(), &parts);
}

#[test]
fn the_archive_of_one_set_is_not_taken_for_the_other() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cifar-10-binary.tar.gz"), "").unwrap();
    refused(
        Dataset::Cifar100,
        folder.path(),
        &["cifar-100-binary.tar.gz", "nothing is downloaded"],
    );
}
