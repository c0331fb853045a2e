"""Plants circles in small crates and looks whether they are found: python3 .ci/circles/test.py"""

import tempfile
import unittest
from pathlib import Path

from graph import arrows, circles
from modules import read_crate

# A room whose face re-exports two files.
ROOM = {"lib.rs": "pub mod room;", "room/mod.rs": "mod a;\nmod b;\npub use {a::A, b::B};"}
B = "pub struct B;"


def found(files):
    """The circles of a crate, as names of files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        ways = circles(arrows(read_crate(Path(folder, "lib.rs"))))
        return [[str(file.relative_to(folder)) for file, _, _ in way] for way in ways]


class Circles(unittest.TestCase):
    def finds(self, a, b):
        """A circle between the two files of the room, but none if either uses nothing."""
        both = {**ROOM, "room/a.rs": a + "\npub struct A;", "room/b.rs": b + "\n" + B}
        self.assertEqual(found(both), [["room/a.rs", "room/b.rs"]])
        self.assertEqual(found({**both, "room/a.rs": "pub struct A;"}), [])
        self.assertEqual(found({**both, "room/b.rs": B}), [])

    def test_imports(self):
        self.finds("use super::b::B;", "use crate::room::a::A;")

    def test_imports_through_the_face(self):
        self.finds("use super::B;", "use crate::room::{self, A as Other};")

    def test_paths_outside_imports(self):
        self.finds("fn f() -> super::B { B }", "use crate::room;\nfn f(_: room::A) {}")

    def test_globs(self):
        self.finds("use super::*;\nfn f(_: B) {}", "use super::a::*;\nfn f(_: A) {}")

    def test_modules_inside_a_file(self):
        self.finds("mod inner { use super::super::B; }", "mod inner { use crate::room::A; }")

    def test_paths_in_attributes(self):
        self.finds('#[serde(with = "super::b::B")]', "#[derive(super::a::A)]")

    def test_a_circle_of_three_is_shown_whole(self):
        files = {
            "lib.rs": "mod a; mod b; mod c; mod d;",
            "a.rs": "use crate::b::B; pub struct A;",
            "b.rs": "use crate::c::C; pub struct B;",
            "c.rs": "use crate::a::A; pub struct C;",
            "d.rs": "use crate::a::A;",
        }
        self.assertEqual(found(files), [["a.rs", "b.rs", "c.rs"]])

    def test_a_file_that_defines_something_is_no_face(self):
        files = {"lib.rs": "mod a; use a::A; pub struct L;", "a.rs": "use crate::L; pub struct A;"}
        self.assertEqual(found(files), [["a.rs", "lib.rs"]])

    def test_neither_tests_nor_comments_nor_strings_count(self):
        for quiet in (
            "#[cfg(test)]\nmod tests {\n    use super::super::B;\n}",
            "#[cfg(test)]\n#[allow(x)]\nuse super::B;",
            "// use super::B;\n/* use super::B; */",
            'const A: &str = "use super::B;"; const C: &str = r#""use super::B;"#;',
            "const Q: char = '\"'; // \"\nfn f<'a>() {} // use super::B;",
        ):
            a = f"{quiet}\npub struct A;"
            files = {**ROOM, "room/a.rs": a, "room/b.rs": "use super::A;\n" + B}
            self.assertEqual(found(files), [], quiet)


if __name__ == "__main__":
    unittest.main()
