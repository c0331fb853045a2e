"""Splits Rust source into the words and signs that say which module uses what."""

import re

# What holds no code: comments, and everything in quotes. A comment within a comment is not known.
QUOTED = re.compile(
    r"""
    //[^\n]*
  | /\*.*?\*/
  | \b[bc]?r(?P<hashes>\#*)".*?"(?P=hashes)
  | (?:\b[bc])?"(?:\\.|[^"\\])*"
  | (?:\bb)?'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'])'
  | '\w+
    """,
    re.VERBOSE | re.DOTALL,
)
# Two kinds of strings that do name modules: serde's `with = "crate::number"`, `path = "x.rs"`.
PATH = re.compile(r'"(?:crate|self|super)(?:::\w+)+"')
FILE = re.compile(r'"[\w./-]+\.rs"')
TOKEN = re.compile(r'"[^"]+"|\w+|::|\#\[|[^\w\s]')


def tokens(source):
    """`use a::b; // c` becomes `use`, `a`, `::`, `b`, `;`."""
    return TOKEN.findall(QUOTED.sub(_without_quotes, source))


def _without_quotes(match):
    text = match.group()
    if PATH.fullmatch(text):
        return text[1:-1]
    return text if FILE.fullmatch(text) else " "
