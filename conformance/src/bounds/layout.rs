//! JSON with line breaks down to a depth, and one line per object below it.

use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Breaks the lines of objects that lie in fewer than `depth` others.
pub(super) struct Layout {
    depth: usize,
    open: usize,
    /// Whether the innermost object has an entry so far.
    has_entry: bool,
}

impl Layout {
    pub fn new(depth: usize) -> Self {
        Self { depth, open: 0, has_entry: false }
    }

    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        write!(writer, "\n{:1$}", "", 2 * self.open)
    }
}

impl Formatter for Layout {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open += 1;
        self.has_entry = false;
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        match (first, self.open <= self.depth) {
            (true, true) => self.line(writer),
            (true, false) => Ok(()),
            (false, true) => writer.write_all(b",").and_then(|()| self.line(writer)),
            (false, false) => writer.write_all(b", "),
        }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_entry = true;
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open -= 1;
        if self.has_entry && self.open < self.depth {
            self.line(writer)?;
        }
        writer.write_all(b"}")
    }
}
