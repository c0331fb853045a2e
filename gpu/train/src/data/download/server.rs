//! A server for tests: one file, and the habits of servers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// How a connection is answered.
#[derive(Clone, Copy, Debug)]
pub enum Habit {
    /// The range that was asked for, or the whole.
    Whole,
    /// At most so many bytes; then the connection ends.
    BreaksOff(usize),
    /// The whole, whatever range was asked for.
    IgnoresRange,
    /// The whole, whatever range, of which so many bytes; then the connection ends.
    IgnoresRangeAndBreaksOff(usize),
    /// A range that begins at 0, whatever range was asked for.
    OtherRange,
    /// 416 for every range.
    NoRange,
    /// The file with so many bytes more, without saying how many there are.
    Longer(usize),
    /// Only this status.
    Status(u16),
}

/// A running server.
pub struct Server {
    pub url: String,
    requests: Receiver<(String, Option<String>)>,
}

impl Server {
    /// Serves `content`, one connection in each manner.
    pub fn start(content: Vec<u8>, habits: Vec<Habit>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/some/where", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for habit in habits {
                let (mut stream, _) = listener.accept().unwrap();
                let request = request(&stream);
                let from = request.1.as_deref().map_or(0, first);
                sender.send(request).unwrap();
                // Who has heard enough may hang up.
                let _ = stream.write_all(&answer(&content, habit, from));
            }
        });
        Server { url, requests }
    }

    /// Path and range of every request since the last call.
    pub fn requests(&self) -> Vec<(String, Option<String>)> {
        self.requests.try_iter().collect()
    }

    /// The ranges alone.
    pub fn ranges(&self) -> Vec<Option<String>> {
        self.requests().into_iter().map(|(_, range)| range).collect()
    }
}

fn first(range: &str) -> usize {
    range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
}

fn request(stream: &TcpStream) -> (String, Option<String>) {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let range = headers
        .iter()
        .find_map(|line| line.to_lowercase().strip_prefix("range: ").map(str::to_owned));
    (path, range)
}

fn answer(content: &[u8], habit: Habit, from: usize) -> Vec<u8> {
    let all = content.len();
    let whole = || head("200 OK", &[format!("Content-Length: {all}")]);
    let part = |from: usize| {
        let range = format!("Content-Range: bytes {from}-{}/{all}", all - 1);
        head("206 Partial Content", &[range, format!("Content-Length: {}", all - from)])
    };
    let asked = || if from > 0 { part(from) } else { whole() };
    let none = |status: &str| (head(status, &["Content-Length: 0".to_owned()]), &content[..0]);
    let (head, body) = match habit {
        Habit::NoRange if from > 0 => none("416 Range Not Satisfiable"),
        Habit::Whole | Habit::NoRange => (asked(), &content[from..]),
        Habit::BreaksOff(bytes) => (asked(), &content[from..from + bytes]),
        Habit::IgnoresRange => (whole(), content),
        Habit::IgnoresRangeAndBreaksOff(bytes) => (whole(), &content[..bytes]),
        Habit::OtherRange => (part(0), content),
        Habit::Longer(bytes) => {
            return [head("200 OK", &[]).as_bytes(), content, &vec![0; bytes]].concat();
        }
        Habit::Status(status) => none(&format!("{status} Some Reason")),
    };
    [head.as_bytes(), body].concat()
}

fn head(status: &str, headers: &[String]) -> String {
    let lines = headers.iter().map(|header| format!("{header}\r\n")).collect::<String>();
    format!("HTTP/1.1 {status}\r\n{lines}Connection: close\r\n\r\n")
}
