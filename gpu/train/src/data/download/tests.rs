//! Downloads from servers of all kinds.

use super::fetch::fetch;
use super::server::{Habit, Server};
use crate::data::archive;
use crate::data::error::Error;
use crate::data::images::Data;
use crate::data::layout::Layout;
use crate::data::options::Note;
use crate::data::testing::{self, Set, says};
use std::cell::RefCell;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;

/// A data directory, an archive, and a server that has it.
struct Scene {
    folder: tempfile::TempDir,
    archive: Vec<u8>,
    layout: Layout,
    server: Server,
    notes: RefCell<Vec<Note>>,
}

impl Scene {
    fn new(habits: &[Habit]) -> Scene {
        let archive = Set::Ten.archive();
        Scene {
            folder: tempfile::tempdir().unwrap(),
            layout: Set::Ten.layout(&archive),
            server: Server::start(archive.clone(), habits.to_vec()),
            archive,
            notes: RefCell::default(),
        }
    }

    fn path(&self, end: &str) -> PathBuf {
        self.folder.path().join(format!("{}{end}", self.layout.archive))
    }

    /// Leaves a part of the archive, as an earlier run does.
    fn with_part(self, content: &[u8]) -> Scene {
        fs::write(self.path(".part"), content).unwrap();
        self
    }

    fn load(&self) -> Result<Data, Error> {
        let note = |note: &Note| self.notes.borrow_mut().push(note.clone());
        let path = fetch(&self.layout, self.folder.path(), &self.server.url, &note)?;
        archive::read(&path, &self.layout)
    }

    /// Loads, and holds what is left on the disk to what it has to be.
    fn arrives(&self) {
        assert_eq!(self.load().unwrap(), Set::Ten.data());
        assert!(fs::read(self.path("")).unwrap() == self.archive);
        assert!(!self.path(".part").exists());
    }

    fn broken_off(&self) -> usize {
        let notes = self.notes.borrow();
        notes.iter().filter(|note| matches!(note, Note::BrokenOff { .. })).count()
    }
}

fn range(from: usize) -> Option<String> {
    Some(format!("bytes={from}-"))
}

#[test]
fn a_missing_archive_is_fetched_whole() {
    let scene = Scene::new(&[Habit::Whole]);
    scene.arrives();
    let path = "/some/where/cifar-10-binary.tar.gz".to_owned();
    assert_eq!(scene.server.requests(), [(path, None)]);
    assert!(matches!(scene.notes.borrow()[..], [Note::Downloading { have: 0, .. }]));
}

#[test]
fn a_missing_directory_is_made() {
    let scene = Scene::new(&[Habit::Whole]);
    let data_dir = scene.folder.path().join("not/yet");
    let path = fetch(&scene.layout, &data_dir, &scene.server.url, &|_| ()).unwrap();
    assert!(path == data_dir.join("cifar-10-binary.tar.gz") && path.exists());
}

#[test]
fn a_download_goes_on_where_it_broke_off() {
    let scene = Scene::new(&[Habit::BreaksOff(300), Habit::BreaksOff(50), Habit::Whole]);
    scene.arrives();
    assert_eq!(scene.server.ranges(), [None, range(300), range(350)]);
    assert_eq!(scene.broken_off(), 2);
}

#[test]
fn a_later_run_goes_on_where_an_earlier_one_broke_off() {
    let scene = Scene::new(&[Habit::Whole]);
    let part = scene.archive[..777].to_vec();
    let scene = scene.with_part(&part);
    scene.arrives();
    assert_eq!(scene.server.ranges(), [range(777)]);
    assert!(matches!(scene.notes.borrow()[..], [Note::Downloading { have: 777, .. }]));
}

#[test]
fn a_part_that_is_whole_needs_no_server() {
    let scene = Scene::new(&[]);
    let part = scene.archive.clone();
    scene.with_part(&part).arrives();
}

#[test]
fn a_server_that_ignores_the_range_is_listened_to_from_the_start() {
    let scene = Scene::new(&[Habit::IgnoresRange]).with_part(&[1; 500]);
    scene.arrives();
    assert_eq!(scene.server.ranges(), [range(500)]);
}

#[test]
fn a_part_that_cannot_be_continued_is_begun_anew() {
    for habit in [Habit::NoRange, Habit::OtherRange] {
        let scene = Scene::new(&[habit, Habit::Whole]).with_part(&[1; 500]);
        scene.arrives();
        assert_eq!(scene.server.ranges(), [range(500), None], "{habit:?}");
    }
}

#[test]
fn a_server_that_gets_nowhere_is_given_up() {
    let scene = Scene::new(&[Habit::IgnoresRangeAndBreaksOff(200); 4]);
    says(&scene.load().unwrap_err(), &["cifar-10-binary.tar.gz", &scene.server.url]);
    assert_eq!(scene.server.ranges(), [None, range(200), range(200), range(200)]);
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let scene = Scene::new(&[Habit::Status(503), Habit::Whole]);
    scene.arrives();
    assert_eq!(scene.broken_off(), 1);
}

#[test]
fn a_server_without_the_file_is_named_with_the_ways_out() {
    let scene = Scene::new(&[Habit::Status(404)]);
    let url = format!("{}/cifar-10-binary.tar.gz", scene.server.url);
    let error = scene.load().unwrap_err();
    says(&error, &["404", &url, "Place", "cifar-10-batches-bin", "train/CLASS/NAME.png"]);
    assert!(!scene.path("").exists());
    assert_eq!(scene.server.ranges().len(), 1, "a refusal is not asked again");
}

#[test]
fn an_offline_machine_is_told_what_to_place_where() {
    let scene = Scene::new(&[]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base = format!("http://{nobody}");
    let error = fetch(&scene.layout, scene.folder.path(), &base, &|_| ()).unwrap_err();
    let place = format!("Place {base}/cifar-10-binary.tar.gz there yourself");
    says(&error, &[scene.folder.path().to_str().unwrap(), "refused", &place]);
    assert!(fs::read_dir(scene.folder.path()).unwrap().next().is_none(), "nothing is left");
}

#[test]
fn another_file_than_the_published_one_is_refused() {
    let mut scene = Scene::new(&[Habit::Whole]).with_part(&[1; 500]);
    scene.layout.bytes += 1;
    let (found, expected) = (scene.archive.len().to_string(), scene.layout.bytes.to_string());
    says(&scene.load().unwrap_err(), &[&scene.server.url, &found, &expected]);
    assert!(
        fs::read(scene.path(".part")).unwrap() == [1; 500],
        "a server that is wrong takes nothing"
    );

    let scene = Scene::new(&[Habit::Longer(1 << 20)]);
    assert!(matches!(scene.load(), Err(Error::OtherFile { .. })));
    assert!(!scene.path(".part").exists(), "nothing of it is continued later");
}

#[test]
fn a_wrong_checksum_names_the_part_and_the_way_out() {
    let scene = Scene::new(&[Habit::Whole]).with_part(&[1; 500]);
    let error = scene.load().unwrap_err();
    let mut mixed = vec![1; 500];
    mixed.extend(&scene.archive[500..]);
    let part = scene.path(".part").display().to_string();
    let delete = format!("delete {part} to fetch it anew");
    says(&error, &[&part, scene.layout.md5, &testing::md5(&mixed), &delete]);
    assert!(!scene.path("").exists());
}

/// Has another process at work until this one waits, which then does `leave`.
fn behind_another(scene: &Scene, leave: impl Fn()) -> PathBuf {
    fs::write(scene.path(".part"), &scene.archive[..300]).unwrap();
    let other = fs::File::open(scene.path(".part")).unwrap();
    other.lock().unwrap();
    let waited = RefCell::new(false);
    let note = |note: &Note| {
        if let Note::Waiting { path } = note {
            assert_eq!(*path, scene.path(".part"));
            assert!(!waited.replace(true));
            leave();
            other.unlock().unwrap();
        }
    };
    let path = fetch(&scene.layout, scene.folder.path(), &scene.server.url, &note).unwrap();
    assert!(waited.into_inner());
    assert!(fs::read(&path).unwrap() == scene.archive);
    assert!(!scene.path(".part").exists());
    path
}

#[test]
fn a_download_waits_for_another_process_and_takes_what_that_fetched() {
    let scene = Scene::new(&[]);
    behind_another(&scene, || {
        fs::write(scene.path(".part"), &scene.archive).unwrap();
        fs::rename(scene.path(".part"), scene.path("")).unwrap();
    });
}

#[test]
fn a_download_goes_on_where_another_process_gave_up() {
    let scene = Scene::new(&[Habit::Whole]);
    behind_another(&scene, || ());
    assert_eq!(scene.server.ranges(), [range(300)]);
    // Or where its part was deleted meanwhile.
    let scene = Scene::new(&[Habit::Whole]);
    behind_another(&scene, || fs::remove_file(scene.path(".part")).unwrap());
    assert_eq!(scene.server.ranges(), [None]);
}

#[test]
fn a_download_that_another_process_has_just_ended_leaves_nothing() {
    let scene = Scene::new(&[]);
    fs::write(scene.path(""), &scene.archive).unwrap();
    fetch(&scene.layout, scene.folder.path(), &scene.server.url, &|note| panic!("{note}")).unwrap();
    assert!(!scene.path(".part").exists());
}

#[test]
fn two_processes_share_one_download() {
    let scene = Scene::new(&[Habit::Whole]);
    let both = [(); 2].map(|()| {
        let (layout, url) = (scene.layout.clone(), scene.server.url.clone());
        let data_dir = scene.folder.path().to_owned();
        thread::spawn(move || fetch(&layout, &data_dir, &url, &|_| ()))
    });
    for one in both {
        assert_eq!(one.join().unwrap().unwrap(), scene.path(""));
    }
    assert!(fs::read(scene.path("")).unwrap() == scene.archive);
    assert!(!scene.path(".part").exists());
    assert_eq!(scene.server.requests().len(), 1);
}
