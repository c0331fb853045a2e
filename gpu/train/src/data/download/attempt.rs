//! One request for what is missing of a file.

use crate::data::error::Error;
use crate::data::options::Note;
use crate::data::progress;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

/// A server that is silent for so long has gone.
const SILENCE: Duration = Duration::from_secs(60);

/// Why an attempt ended.
pub(super) enum Failure {
    /// Another attempt may do better.
    Passing(String),
    /// The server does not have the file.
    Refused(String),
    /// No other attempt does better.
    Lasting(Error),
}

/// What is downloaded, and what is there of it.
pub(super) struct Attempt<'a> {
    pub url: &'a str,
    /// Size of the whole.
    pub bytes: u64,
    part: &'a Path,
    file: &'a File,
    agent: Agent,
    bar: ProgressBar,
}

impl<'a> Attempt<'a> {
    pub fn new(url: &'a str, part: &'a Path, file: &'a File, bytes: u64) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("adaact/", env!("CARGO_PKG_VERSION")))
            // Bytes as they are, so that ranges and sizes are of the file.
            .accept_encoding("identity")
            .timeout_connect(Some(SILENCE))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .build()
            .new_agent();
        let bar = progress::bytes("downloading", bytes);
        Attempt { url, bytes, part, file, agent, bar }
    }

    /// Bytes that are there.
    pub fn have(&self) -> Result<u64, Error> {
        Ok(self.file.metadata().map_err(Error::read(self.part))?.len())
    }

    /// What is told before the first attempt.
    pub fn begins(&self, have: u64) -> Note {
        let (url, to) = (self.url.to_owned(), self.part.to_owned());
        Note::Downloading { url, to, have, bytes: self.bytes }
    }

    /// Asks for what is missing and adds what arrives.
    pub fn run(&mut self) -> Result<(), Failure> {
        let have = self.have().map_err(Failure::Lasting)?;
        let mut request = self.agent.get(self.url);
        if have > 0 {
            request = request.header(header::RANGE, format!("bytes={have}-"));
        }
        let response = request.call().map_err(|error| Failure::Passing(error.to_string()))?;
        let start = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if first_byte(&response) == Some(have) => have,
            // What is there cannot be continued.
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
                self.cut()?;
                return self.run();
            }
            status => return Err(refusal(status)),
        };
        if let Some(coming) = response.body().content_length() {
            let found = start.saturating_add(coming);
            if found != self.bytes {
                return Err(self.other_file(found));
            }
        }
        if start < have {
            self.cut()?;
        }
        self.receive(start, response.into_body())
    }

    /// Begins anew.
    fn cut(&self) -> Result<(), Failure> {
        self.file.set_len(0).map_err(|error| Failure::Lasting(Error::write(self.part)(error)))
    }

    fn receive(&self, start: u64, body: Body) -> Result<(), Failure> {
        let mut reader = body.into_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut have = start;
        self.bar.set_position(start);
        self.bar.reset_eta();
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::Passing(error.to_string())),
            };
            if read == 0 && have < self.bytes {
                return Err(Failure::Passing("the server closed the connection".to_owned()));
            } else if read == 0 {
                self.bar.finish_and_clear();
                return Ok(());
            }
            have += read as u64;
            if have > self.bytes {
                self.cut()?; // nothing of another file is continued later
                return Err(self.other_file(have));
            }
            let write = Error::write(self.part);
            (&mut &*self.file)
                .write_all(&buffer[..read])
                .map_err(|error| Failure::Lasting(write(error)))?;
            self.bar.set_position(have);
        }
    }

    fn other_file(&self, found: u64) -> Failure {
        let (url, expected) = (self.url.to_owned(), self.bytes);
        Failure::Lasting(Error::OtherFile { url, expected, found })
    }
}

fn refusal(status: StatusCode) -> Failure {
    let reason = format!("the server answers {status}");
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        Failure::Passing(reason)
    } else {
        Failure::Refused(reason)
    }
}

/// Where a part of a file begins: `5` in `bytes 5-99/100`.
fn first_byte(response: &Response<Body>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}
