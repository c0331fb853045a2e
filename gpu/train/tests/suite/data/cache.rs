//! What is kept of a stand-in's decoding, and when it is used.

use super::scene::{Scene, encode, picture};
use image::ImageFormat;
use std::fs::{self, File};
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};
use train::data::{IMAGE_BYTES, Note};

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

fn set_modified(path: &Path, time: SystemTime) {
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn the_second_load_reads_what_the_first_decoded() {
    let scene = Scene::new();
    let first = scene.load().unwrap();
    // Behind its back: a file of the same name, size and time can no longer be decoded.
    let path = scene.path("train/cat/a.png");
    let (size, time) = (fs::metadata(&path).unwrap().len(), modified(&path));
    fs::write(&path, vec![0; size as usize]).unwrap();
    set_modified(&path, time);
    assert_eq!(scene.load().unwrap(), first);
    assert_eq!(scene.notes(), []);

    fs::remove_file(scene.cache()).unwrap();
    scene.refused(&["train/cat/a.png", "neither a JPEG nor a PNG"]);
}

#[test]
fn every_change_of_the_images_is_noticed() {
    let changes: [fn(&Scene); 6] = [
        |scene| {
            let path = scene.path("test/cat/c.png");
            set_modified(&path, modified(&path) + Duration::from_nanos(1));
        },
        |scene| set_modified(&scene.path("test/cat/c.png"), SystemTime::UNIX_EPOCH),
        |scene| {
            let path = scene.path("test/cat/c.png");
            let time = modified(&path);
            fs::write(&path, encode(picture(3), ImageFormat::Jpeg)).unwrap();
            set_modified(&path, time);
        },
        |scene| fs::rename(scene.path("train/cat/a.png"), scene.path("train/cat/z.png")).unwrap(),
        |scene| fs::remove_file(scene.path("train/cat/a.png")).unwrap(),
        |scene| scene.write("LABEL", "others"),
    ];
    for change in changes {
        let scene = Scene::new();
        scene.load().unwrap();
        change(&scene);
        let anew = scene.load().unwrap();
        assert_eq!(scene.notes(), [Note::CacheStale { path: scene.cache() }]);
        assert_eq!(scene.load().unwrap(), anew);
        assert_eq!(scene.notes(), []);
        fs::remove_file(scene.cache()).unwrap();
        assert_eq!(scene.load().unwrap(), anew);
    }
}

#[test]
fn a_damaged_file_is_told_of_and_written_anew() {
    let scene = Scene::new();
    let data = scene.load().unwrap();
    let whole = fs::read(scene.cache()).unwrap();
    let header = whole.iter().position(|&byte| byte == b'\n').unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let longer = [&whole[..], b"x"].concat();
    let text = String::from_utf8_lossy(&whole[..header]).replace("images/1", "images/2");
    let other_version = [text.as_bytes(), &whole[header..]].concat();
    for (content, reason) in [
        (whole[..whole.len() - 1].to_vec(), "bytes, not"),
        (whole[..header + 1].to_vec(), "bytes, not"),
        (whole[..header / 2].to_vec(), "first line"),
        (Vec::new(), "first line"),
        (vec![b'x'; 1 << 20], "first line"),
        (other_version, "images/2"),
        (longer, "bytes, not"),
        (flipped(header + 1), "checksum"),
        (flipped(header + 20 * IMAGE_BYTES + 3), "checksum"),
        (flipped(whole.len() - 1), "checksum"),
    ] {
        fs::write(scene.cache(), content).unwrap();
        assert_eq!(scene.load().unwrap(), data);
        let notes = scene.notes();
        let told = matches!(&notes[..], [Note::CacheDamaged { path, reason: said }]
            if *path == scene.cache() && said.contains(reason));
        assert!(told, "{reason:?} in {notes:?}");
        assert!(fs::read(scene.cache()).unwrap() == whole);
    }
}

#[test]
fn a_label_is_not_taken_from_the_file() {
    let scene = Scene::new();
    let data = scene.load().unwrap();
    let whole = fs::read(scene.cache()).unwrap();
    let at = whole.windows(5).position(|bytes| bytes == b"birds").unwrap();
    fs::write(scene.cache(), [&whole[..at], b"words", &whole[at + 5..]].concat()).unwrap();
    assert_eq!(scene.load().unwrap(), data);
    assert_eq!(scene.notes(), [Note::CacheStale { path: scene.cache() }]);
}

#[test]
fn where_nothing_can_be_written_the_images_are_decoded_every_time() {
    // Not by permissions, which the superuser passes over.
    let scene = Scene::new();
    fs::create_dir(scene.cache()).unwrap();
    let data = scene.load().unwrap();
    let notes = scene.notes();
    assert!(
        matches!(&notes[..], [Note::CacheDamaged { .. }, Note::CacheUnwritten { reason }]
            if reason.contains(".adaact-cache") && reason.contains("directory")),
        "{notes:?}"
    );
    assert_eq!(scene.load().unwrap(), data);
    assert!(scene.cache().is_dir());
}

#[test]
fn many_at_once_all_get_the_images_and_leave_one_whole_file() {
    let scene = Scene::new();
    let expected = scene.load().unwrap();
    let whole = fs::read(scene.cache()).unwrap();
    fs::remove_file(scene.cache()).unwrap();
    thread::scope(|scope| {
        let loads = [(); 4].map(|()| {
            let data_dir = scene.data_dir.clone();
            scope.spawn(move || {
                let options = train::data::Options {
                    source: train::data::Source::Nowhere,
                    note: &|note| assert!(matches!(note, Note::Decoding { .. }), "{note}"),
                };
                train::data::load(fixtures::run::Dataset::Cifar10, &data_dir, &options).unwrap()
            })
        });
        for load in loads {
            assert_eq!(load.join().unwrap(), expected);
        }
    });
    assert!(fs::read(scene.cache()).unwrap() == whole);
    let left: Vec<_> = fs::read_dir(&scene.data_dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, [".adaact-cache"]);
}
