use super::*;
use std::fs;

#[derive(Debug, Default, PartialEq)]
struct Event {
    wall_time: f64,
    step: u64,
    version: String,
    scalars: Vec<(String, f32)>,
}

/// CRC-32C bit by bit, to depend on no library.
fn plain_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 }
        })
    })
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> &'b [u8] {
    let (head, tail) = bytes.split_at(count);
    *bytes = tail;
    head
}

fn take_checked<'b>(bytes: &mut &'b [u8], count: usize) -> &'b [u8] {
    let data = take(bytes, count);
    let masked = u32::from_le_bytes(take(bytes, 4).try_into().unwrap());
    let crc = masked.wrapping_sub(0xa282_ead8).rotate_left(15);
    assert_eq!(crc, plain_crc(data), "checksum");
    data
}

fn take_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// The fields of a message: number, and value as its bytes or as a varint.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8], u64)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = take_varint(&mut bytes);
        fields.push(match key & 7 {
            0 => (key >> 3, &[][..], take_varint(&mut bytes)),
            1 => (key >> 3, take(&mut bytes, 8), 0),
            2 => {
                let length = take_varint(&mut bytes) as usize;
                (key >> 3, take(&mut bytes, length), 0)
            }
            5 => (key >> 3, take(&mut bytes, 4), 0),
            wire => panic!("wire type {wire}"),
        });
    }
    fields
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn scalar(value: &[u8]) -> (String, f32) {
    let [(1, tag, _), (2, number, _)] = fields(value)[..] else { panic!("{value:?}") };
    (text(tag), f32::from_le_bytes(number.try_into().unwrap()))
}

fn event(data: &[u8]) -> Event {
    let mut event = Event::default();
    for (number, bytes, varint) in fields(data) {
        match number {
            1 => event.wall_time = f64::from_le_bytes(bytes.try_into().unwrap()),
            2 => event.step = varint,
            3 => event.version = text(bytes),
            5 => event.scalars = fields(bytes).iter().map(|value| scalar(value.1)).collect(),
            _ => panic!("field {number}"),
        }
    }
    event
}

fn read(path: &Path) -> Vec<Event> {
    let content = fs::read(path).unwrap();
    let mut bytes = &content[..];
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let length = u64::from_le_bytes(take_checked(&mut bytes, 8).try_into().unwrap());
        events.push(event(take_checked(&mut bytes, length as usize)));
    }
    events
}

fn version() -> Event {
    Event { wall_time: 1.5, version: "brain.Event:2".to_owned(), ..Event::default() }
}

fn loss(wall_time: f64, step: u64, value: f32) -> Event {
    let scalars = vec![("loss".to_owned(), value)];
    Event { wall_time, step, scalars, ..Event::default() }
}

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(EVENTS_FILE);
    (directory, path)
}

#[test]
fn checksums_are_those_of_the_standard() {
    // The check value of CRC-32C, then RFC 3720, B.4.
    let ascending: Vec<u8> = (0..32).collect();
    let vectors: [(&[u8], u32); 4] = [
        (b"123456789", 0xe306_9283),
        (&[0; 32], 0x8a91_36aa),
        (&[0xff; 32], 0x62a8_ab43),
        (&ascending, 0x46dd_794e),
    ];
    for (bytes, crc) in vectors {
        assert_eq!(crc32c::crc32c(bytes), crc);
        assert_eq!(plain_crc(bytes), crc);
    }
}

#[test]
fn a_record_has_the_bytes_of_the_format() {
    let event = super::Event { wall_time: 1.5, step: 300, ..super::Event::default() };
    let data = event.encode_to_vec();
    assert_eq!(data, [0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 0xac, 0x02]);
    let record = record(&data);
    assert_eq!(record[..8], [12, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(record.len(), 8 + 4 + 12 + 4);
}

#[test]
fn what_was_written_is_read_back() {
    let (_directory, path) = directory();
    assert!(EVENTS_FILE.starts_with("events.out.tfevents."));
    let mut writer = EventsWriter::create(&path, 1.5).unwrap();
    let values = [("train/loss", 0.1), ("test/loss", f64::INFINITY)];
    writer.scalars(1.7e9, 1 << 40, &values).unwrap();
    writer
        .scalars(
            1.7e9 + 0.25,
            0,
            &[("a tag longer than seven bits say: ä".repeat(9).as_str(), 1.0)],
        )
        .unwrap();
    assert_eq!(writer.sync().unwrap(), fs::metadata(&path).unwrap().len());

    let events = read(&path);
    assert_eq!(events[0], version());
    let scalars = vec![("train/loss".to_owned(), 0.1), ("test/loss".to_owned(), f32::INFINITY)];
    let first = Event { wall_time: 1.7e9, step: 1 << 40, scalars, ..Event::default() };
    assert_eq!(events[1], first);
    assert_eq!((events[2].wall_time, events[2].step), (1.7e9 + 0.25, 0));
    assert_eq!(events[2].scalars[0].0.chars().count(), 9 * 35);
    assert_eq!(events.len(), 3);
}

#[test]
fn going_on_from_a_checkpoint_doubles_nothing() {
    let (_directory, path) = directory();
    let mut writer = EventsWriter::create(&path, 1.5).unwrap();
    writer.scalars(2.0, 1, &[("loss", 4.0)]).unwrap();
    let checkpoint = writer.sync().unwrap();
    writer.scalars(3.0, 2, &[("loss", 3.0)]).unwrap();
    drop(writer);

    let mut writer = EventsWriter::resume(&path, checkpoint).unwrap();
    assert_eq!(read(&path), [version(), loss(2.0, 1, 4.0)]);
    writer.scalars(5.0, 2, &[("loss", 2.0)]).unwrap();
    assert_eq!(read(&path), [version(), loss(2.0, 1, 4.0), loss(5.0, 2, 2.0)]);
    assert_eq!(writer.sync().unwrap(), fs::metadata(&path).unwrap().len());
}

#[test]
fn a_file_that_lost_events_is_refused_and_left_alone() {
    let (_directory, path) = directory();
    let length = EventsWriter::create(&path, 1.5).unwrap().sync().unwrap();
    let error = EventsWriter::resume(&path, length + 1).unwrap_err().to_string();
    let reason = format!("has {length} bytes, {} were written before", length + 1);
    assert!(error.contains(EVENTS_FILE) && error.ends_with(&reason), "{error}");
    assert_eq!(read(&path), [version()]);
    assert!(EventsWriter::resume(path.with_extension("gone"), 0).is_err());
}

#[test]
fn half_an_event_is_taken_back() {
    let (_directory, path) = directory();
    let mut writer = EventsWriter::create(&path, 1.5).unwrap();
    let full = writer.append_with(100, |file| {
        file.write_all(&[7; 50])?;
        Err(io::ErrorKind::StorageFull.into())
    });
    assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(read(&path), [version()]);
    writer.scalars(2.0, 1, &[("loss", 4.0)]).unwrap();
    assert_eq!(read(&path), [version(), loss(2.0, 1, 4.0)]);
}
