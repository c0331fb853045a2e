//! Archives as published, and archives that no one should trust.

use super::*;
use crate::data::testing::{self, Entry, Set, says};

/// Reads an archive whose checksum is right, whatever is in it.
fn read_as(set: Set, archive: &[u8]) -> Result<Data, Error> {
    let folder = tempfile::tempdir().unwrap();
    let layout = set.layout(archive);
    let path = folder.path().join(layout.archive);
    fs::write(&path, archive).unwrap();
    let data = read(&path, &layout);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is unpacked to the disk");
    data
}

/// Reads the small set of ten classes after a change of its archive's members.
fn refused(change: impl FnOnce(&mut Vec<Entry>)) -> Error {
    read_as(Set::Ten, &Set::Ten.archive_with(change)).unwrap_err()
}

#[test]
fn an_archive_gives_the_images_and_names_of_its_files() {
    for set in Set::ALL {
        assert_eq!(read_as(set, &set.archive()).unwrap(), set.data());
    }
}

#[test]
fn the_class_of_a_hundred_is_the_second_byte() {
    let data = read_as(Set::Hundred, &Set::Hundred.archive()).unwrap();
    assert_eq!(data.train.classes, [0, 7, 14]);
    assert_eq!(data.test.classes, [21, 28, 35]);
}

#[test]
fn pixels_follow_the_label_and_are_kept_in_order() {
    let data = read_as(Set::Ten, &Set::Ten.archive()).unwrap();
    let record = &Set::Ten.files()[0].1[..1 + 3072];
    assert_eq!(data.train.pixels[..3072], record[1..]);
    assert_eq!((data.train.len(), data.train.pixels.len()), (15, 15 * 3072));
}

#[test]
fn the_names_of_the_classes_may_be_missing() {
    let archive = Set::Ten.archive_with(|entries| {
        entries.retain(|entry| !entry.name.ends_with("batches.meta.txt"));
    });
    assert!(read_as(Set::Ten, &archive).unwrap().classes.is_empty());
}

#[test]
fn an_archive_of_another_size_or_content_is_refused_with_both() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = Set::Ten.archive();
    let layout = Set::Ten.layout(&archive);
    let path = folder.path().join(layout.archive);
    let delete = format!("delete {} to fetch", path.display());

    archive[50] ^= 1;
    fs::write(&path, &archive).unwrap();
    let found = testing::md5(&archive);
    says(&read(&path, &layout).unwrap_err(), &[layout.archive, layout.md5, &found, &delete]);

    archive.pop();
    fs::write(&path, &archive).unwrap();
    let (found, expected) = (format!("has {}", archive.len()), layout.bytes.to_string());
    says(&read(&path, &layout).unwrap_err(), &[layout.archive, &found, &expected, &delete]);
}

#[test]
fn an_archive_cut_off_anywhere_or_damaged_is_refused() {
    let whole = Set::Ten.archive();
    for cut in [1, 8, 20, whole.len() / 2, whole.len() - 5] {
        let error = read_as(Set::Ten, &whole[..whole.len() - cut]).unwrap_err();
        assert!(matches!(error, Error::Unpack { .. }), "{cut} bytes off: {error}");
        says(&error, &["cifar-10-binary.tar.gz", "cannot be unpacked"]);
    }
    let mut damaged = whole.clone();
    let checksum_of_the_compression = whole.len() - 8;
    damaged[checksum_of_the_compression] ^= 1;
    let error = read_as(Set::Ten, &damaged).unwrap_err();
    assert!(matches!(error, Error::Unpack { .. }), "{error}");
}

#[test]
fn a_member_of_another_size_is_refused() {
    let error = refused(|entries| entries[2].content.truncate(5));
    says(&error, &["cifar-10-batches-bin/data_batch_2.bin", "has 5 bytes", "9219"]);
    let error = refused(|entries| entries[2].content.push(0));
    says(&error, &["cifar-10-batches-bin/data_batch_2.bin", "has 9220 bytes", "9219"]);
}

#[test]
fn a_missing_member_and_one_that_is_there_twice_are_refused() {
    let error = refused(|entries| drop(entries.remove(2)));
    says(&error, &["cifar-10-batches-bin/data_batch_2.bin", "is missing"]);
    let error = refused(|entries| {
        let (name, content) = (entries[2].name.clone(), entries[3].content.clone());
        entries.push(Entry { name, kind: EntryType::Regular, content });
    });
    says(&error, &["cifar-10-batches-bin/data_batch_2.bin", "is there twice"]);
}

#[test]
fn members_that_lead_elsewhere_are_refused() {
    for name in ["../outside", "cifar-10-batches-bin/../../outside", "/tmp/outside", ".."] {
        let member = Entry::new(name, EntryType::Regular, b"evil");
        let error = refused(|entries| entries.push(member));
        says(&error, &[name, "leads out of the archive"]);
    }
}

#[test]
fn members_that_are_neither_file_nor_directory_are_refused() {
    let kinds = [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Fifo];
    for kind in kinds {
        let error = refused(|entries| {
            entries[6].kind = kind;
            entries[6].content.clear();
        });
        says(&error, &["cifar-10-batches-bin/test_batch.bin", "is a link, a device"]);
    }
}

#[test]
fn a_class_out_of_range_is_refused_with_file_and_image() {
    let error = refused(|entries| entries[3].content[2 * 3073] = 10);
    says(&error, &["cifar-10-batches-bin/data_batch_3.bin", "image 2", "class 10", "only 10"]);
    let archive = Set::Hundred.archive_with(|entries| entries[1].content[3074 + 1] = 100);
    let error = read_as(Set::Hundred, &archive).unwrap_err();
    says(&error, &["cifar-100-binary/train.bin", "image 1", "class 100", "only 100"]);
}

#[test]
fn a_list_of_too_few_class_names_is_refused() {
    let error = refused(|entries| entries[7].content = b"cat\ndog\n".to_vec());
    says(&error, &["cifar-10-batches-bin/batches.meta.txt", "names 2 classes", "are 10"]);
}

#[test]
fn no_more_is_unpacked_than_the_published_archive_holds() {
    // Thousand to one: 4 MiB of zeros in a few KB, in a member that is skipped and after the end.
    let zeros = vec![0; 4 << 20];
    let error = refused(|entries| entries.push(Entry::new("zeros", EntryType::Regular, &zeros)));
    assert!(matches!(error, Error::UnpackedSize { .. }), "{error}");

    let mut stream = testing::tar(&[]);
    stream.extend(zeros);
    let error = read_as(Set::Ten, &testing::compress(&stream)).unwrap_err();
    says(&error, &["cifar-10-binary.tar.gz", "unpacks to more than"]);
}

#[test]
fn a_file_that_is_no_archive_is_refused() {
    let error = read_as(Set::Ten, b"<html>moved</html>").unwrap_err();
    assert!(matches!(error, Error::Unpack { .. }), "{error}");
}
