//! The command line of the bench.

use anyhow::{Context as _, Result, bail};

/// How often things are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Enough to know that everything still runs.
    Quick,
    /// Enough for stable ratios.
    Normal,
    /// With what takes minutes, too.
    Full,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// A table for people.
    Table,
    /// One JSON object a line.
    Json,
}

/// What can be run on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Calls,
    Progress,
    Payloads,
    Startup,
    Executor,
    Memory,
}

impl Group {
    pub(crate) const ALL: [Self; 6] =
        [Self::Calls, Self::Progress, Self::Payloads, Self::Startup, Self::Executor, Self::Memory];

    const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Progress => "progress",
            Self::Payloads => "payloads",
            Self::Startup => "startup",
            Self::Executor => "executor",
            Self::Memory => "memory",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|group| group.name() == name);
        found.with_context(|| format!("no such group: {name}"))
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) effort: Effort,
    pub(crate) output: Output,
    only: Option<Group>,
}

impl Options {
    pub(crate) fn from_args() -> Result<Self> {
        let mut options = Self { effort: Effort::Normal, output: Output::Table, only: None };
        let mut args = std::env::args().skip(1);
        while let Some(argument) = args.next() {
            match argument.as_str() {
                // What cargo passes to every bench.
                "--bench" => {}
                "--json" => options.output = Output::Json,
                "--quick" => options.effort = Effort::Quick,
                "--full" => options.effort = Effort::Full,
                "--only" => {
                    options.only = Some(Group::parse(&args.next().context("--only GROUP")?)?);
                }
                other => bail!("unknown argument: {other}"),
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, group: Group) -> bool {
        self.only.is_none_or(|only| only == group)
    }

    /// `normal` repetitions, or `quick` ones.
    pub(crate) fn repetitions(&self, quick: usize, normal: usize) -> usize {
        if self.effort == Effort::Quick { quick } else { normal }
    }
}
