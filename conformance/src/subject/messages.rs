//! What a program said, without what a wrapper around it adds.

/// The beginnings of lines that wrappers write after the program's own: `make`, `just`, `npm`, `conda
/// run` and `ninja` say no more than that it failed.
const WRAPPERS: [&str; 9] = [
    "make: ***",
    "make[",
    "gmake: ***",
    "gmake[",
    "error: Recipe ",
    "npm ERR!",
    "npm error",
    "ERROR conda.cli.main_run:",
    "ninja: build stopped",
];

/// The line of a program's messages that names its error: the last whose first word ends in `error`,
/// `exception` or `panic`, such as `ValueError:` or `panic:`; or else the last that is not empty. No
/// line of a wrapper, unless there are no others.
///
/// Python ends with it; Node has the stack and its version after it.
#[must_use]
pub fn error_line(lines: &[&str]) -> Option<usize> {
    let names_error = |line: &str| {
        let word = line.split([':', ' ']).next().unwrap_or_default().to_ascii_lowercase();
        ["error", "exception", "panic"].iter().any(|end| word.ends_with(end))
    };
    let last = |wanted: &dyn Fn(&str) -> bool| lines.iter().rposition(|line| wanted(line));
    last(&|line| names_error(line) && !is_wrapper(line)).or_else(|| last_line(lines))
}

/// The last line that is not empty and no wrapper's; the last of a wrapper, if there are no others.
pub(super) fn last_line(lines: &[&str]) -> Option<usize> {
    let last = |wanted: &dyn Fn(&str) -> bool| lines.iter().rposition(|line| wanted(line));
    last(&|line| !line.trim().is_empty() && !is_wrapper(line))
        .or_else(|| last(&|line| !line.trim().is_empty()))
}

fn is_wrapper(line: &str) -> bool {
    WRAPPERS.iter().any(|wrapper| line.trim_start().starts_with(wrapper))
}

/// The exit status of a command that `make` ran, from its line `make: *** [Makefile:2: run] Error 77`:
/// its own is 2, whatever that was.
pub(super) fn status_under_make(output: &str) -> Option<i32> {
    let of_make = |line: &&str| ["make: ***", "make[", "gmake"].iter().any(|m| line.starts_with(m));
    // The innermost make says it first.
    let line = output.lines().map(str::trim).find(of_make)?;
    line.rsplit_once("] Error ")?.1.trim().parse().ok()
}

/// Text without the sequences that colour it or move the cursor, and of a line that was written over
/// and over only the last; other control characters but the end of a line are left out or become spaces.
pub(super) fn plain(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    let lines = text.split('\n').map(|line| {
        let line = line.trim_end_matches('\r');
        line.rsplit('\r').next().unwrap_or_default()
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_names_the_error_is_told() {
        let node =
            "port.js:3\n  throw new Error('no');\n  ^\n\nError: no\n    at port.js:3\n\nNode v22";
        let python =
            "Traceback (most recent call last):\n  File \"port.py\"\nnumpy.AxisError: axis 2\n";
        let go =
            "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n";
        let shell = "port.sh: line 3: no such command\n\n";
        let conda =
            "KeyError: 3\n\nERROR conda.cli.main_run:execute(127): `conda run python` failed.";
        let make = "no such layer\nmake: *** [Makefile:2: run] Error 1\n";
        let make_alone = "make: *** No rule to make target 'run'.  Stop.\n";
        for (output, line) in
            [(node, 4), (python, 2), (go, 0), (shell, 0), (conda, 0), (make, 0), (make_alone, 0)]
        {
            assert_eq!(error_line(&output.lines().collect::<Vec<_>>()), Some(line), "{output}");
        }
        assert_eq!(error_line(&["", " "]), None);
    }

    #[test]
    fn make_says_how_its_command_ended() {
        let inner = "make[1]: *** [Makefile:2: run] Error 77\nmake: *** [Makefile:9: all] Error 2";
        assert_eq!(status_under_make(inner), Some(77));
        assert_eq!(status_under_make("no layer\nmake: *** [Makefile:2: run] Error 1"), Some(1));
        assert_eq!(status_under_make("make: *** No rule to make target 'run'.  Stop."), None);
        assert_eq!(status_under_make("KeyError: 3"), None);
    }

    #[test]
    fn colours_and_bars_are_taken_out_whole() {
        assert_eq!(plain("\x1b[1;31mValueError:\x1b[0m bad\n"), "ValueError: bad\n");
        assert_eq!(plain(" 10 %\r 50 %\r100 %\r\nKeyError: 3\r\n"), "100 %\nKeyError: 3\n");
        assert_eq!(plain("a\tb\u{7}c\u{9b}"), "a bc ");
    }
}
