//! Server-sent events (WHATWG HTML, section 9.2), well formed or as the test wants them.

/// How lines end. Servers in Python send [`CrLf`](Self::CrLf); the specification allows all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
}

impl LineEnding {
    fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// One event, its lines in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct SseEvent {
    lines: Vec<String>,
}

impl SseEvent {
    /// An event with this data, one `data` line for each of its lines.
    pub(crate) fn data(data: &str) -> Self {
        data.split('\n').fold(Self::default(), |event, line| event.line("data", line))
    }

    /// The event that opens a resumable stream: an id, no data, and how long to wait.
    pub(crate) fn priming(id: &str, retry_ms: u64) -> Self {
        Self::default().id(id).retry(retry_ms).line("data", "")
    }

    /// A comment, as servers send to keep a connection alive.
    pub(crate) fn comment(text: &str) -> Self {
        Self::default().line("", text)
    }

    /// Adds an `id` line.
    pub(crate) fn id(self, id: &str) -> Self {
        self.line("id", id)
    }

    /// Adds an `event` line.
    pub(crate) fn event(self, name: &str) -> Self {
        self.line("event", name)
    }

    /// Adds a `retry` line.
    pub(crate) fn retry(self, milliseconds: u64) -> Self {
        self.line("retry", &milliseconds.to_string())
    }

    /// Adds any line, for example one with a field that does not exist.
    pub(crate) fn line(mut self, field: &str, value: &str) -> Self {
        self.lines.push(format!("{field}: {value}"));
        self
    }

    /// The bytes of the event, with the empty line that dispatches it.
    pub(crate) fn encode(&self, ending: LineEnding) -> Vec<u8> {
        let ending = ending.as_str();
        let mut bytes = Vec::new();
        for line in &self.lines {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(ending.as_bytes());
        }
        bytes.extend_from_slice(ending.as_bytes());
        bytes
    }
}
