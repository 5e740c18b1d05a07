//! `--executor-command`: a command in one word.

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// The program, by path or by name.
    pub(crate) program: String,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
}

/// Why a text is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommandLineError {
    /// A quote is open, or a backslash at the end.
    #[error("a quote is not closed, or nothing follows a backslash")]
    Quotes,
    /// There is no word in it.
    #[error("there is no command in it")]
    Empty,
}

impl CommandLine {
    /// Splits a text into words by the quoting rules of POSIX shells. Nothing is expanded.
    pub(crate) fn parse(text: &str) -> Result<Self, CommandLineError> {
        let mut words = shlex::split(text).ok_or(CommandLineError::Quotes)?.into_iter();
        let program = words.next().ok_or(CommandLineError::Empty)?;
        Ok(Self { program, arguments: words.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches quotes that are passed on, and variables or patterns that are expanded.
    #[test]
    fn words_are_split_as_a_shell_does_and_not_expanded() {
        let command = CommandLine::parse(r#"ssh -p 22 'a host' "x y" $HOME * a\ b"#);
        let arguments = ["-p", "22", "a host", "x y", "$HOME", "*", "a b"];
        let arguments = arguments.map(str::to_owned).to_vec();
        assert_eq!(command, Ok(CommandLine { program: "ssh".to_owned(), arguments }));
    }

    /// Catches a command that is started although half of it is missing.
    #[test]
    fn open_quotes_and_nothing_are_refused() {
        assert_eq!(CommandLine::parse("ssh 'host"), Err(CommandLineError::Quotes));
        assert_eq!(CommandLine::parse("  "), Err(CommandLineError::Empty));
    }
}
