//! The line of a program's messages that names its error.

/// Which line of what a program wrote names the error: the last whose first word ends in `error`,
/// `exception` or `panic`, such as `ValueError:` or `panic:`; or else the last that is not empty.
///
/// Python ends with it; Node has the stack and its version after it.
#[must_use]
pub fn error_line(lines: &[&str]) -> Option<usize> {
    let names_error = |line: &&str| {
        let word = line.split([':', ' ']).next().unwrap_or_default().to_ascii_lowercase();
        ["error", "exception", "panic"].iter().any(|end| word.ends_with(end))
    };
    let last = |wanted: &dyn Fn(&&str) -> bool| lines.iter().rposition(wanted);
    last(&names_error).or_else(|| last(&|line| !line.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::error_line;

    #[test]
    fn the_line_that_names_the_error_is_told() {
        let node =
            "port.js:3\n  throw new Error('no');\n  ^\n\nError: no\n    at port.js:3\n\nNode v22";
        let python =
            "Traceback (most recent call last):\n  File \"port.py\"\nnumpy.AxisError: axis 2\n";
        let go =
            "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n";
        let shell = "port.sh: line 3: no such command\n\n";
        for (output, line) in [(node, 4), (python, 2), (go, 0), (shell, 0)] {
            assert_eq!(error_line(&output.lines().collect::<Vec<_>>()), Some(line), "{output}");
        }
        assert_eq!(error_line(&["", " "]), None);
    }
}
