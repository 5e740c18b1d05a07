//! Rows of results, written as soon as they are there.

use crate::options::Output;
use serde_json::json;

/// What is to be reached.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Candidate divided by peer at most this: for what should be small.
    RatioAtMost(f64),
    /// Candidate divided by peer at least this: for what should be large.
    RatioAtLeast(f64),
    /// The candidate's own value at most this, in the unit of the row.
    AtMost(f64),
    /// Shown for orientation.
    Informative,
}

/// One measurement of both sides.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) candidate: f64,
    /// None where there is nothing to compare with.
    pub(crate) peer: Option<f64>,
    pub(crate) goal: Goal,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        self.peer.map(|peer| self.candidate / peer)
    }

    /// None where there is no goal.
    fn is_reached(&self) -> Option<bool> {
        match self.goal {
            Goal::RatioAtMost(most) => self.ratio().map(|ratio| ratio <= most),
            Goal::RatioAtLeast(least) => self.ratio().map(|ratio| ratio >= least),
            Goal::AtMost(most) => Some(self.candidate <= most),
            Goal::Informative => None,
        }
    }

    fn goal(&self) -> String {
        match self.goal {
            Goal::RatioAtMost(most) => format!("<= {most}x"),
            Goal::RatioAtLeast(least) => format!(">= {least}x"),
            Goal::AtMost(most) => format!("<= {most} {}", self.unit),
            Goal::Informative => String::new(),
        }
    }
}

/// Where rows go: standard output.
#[derive(Debug)]
pub(crate) struct Report {
    output: Output,
}

impl Report {
    pub(crate) fn new(output: Output) -> Self {
        if output == Output::Table {
            println!(
                "{:<52} {:>12} {:>12} {:<6} {:>7}  {:<12} reached",
                "", "sandbar", "native", "unit", "ratio", "goal"
            );
        }
        Self { output }
    }

    pub(crate) fn row(&mut self, row: Row) {
        match self.output {
            Output::Table => print_row(&row),
            Output::Json => print_json(&row),
        }
    }

    /// What the rows below have in common.
    pub(crate) fn heading(&mut self, text: &str) {
        match self.output {
            Output::Table => println!("\n{text}"),
            Output::Json => println!("{}", json!({ "heading": text })),
        }
    }

    /// Something about the row above that a number does not tell.
    pub(crate) fn note(&mut self, text: &str) {
        match self.output {
            Output::Table => println!("    {text}"),
            Output::Json => println!("{}", json!({ "note": text })),
        }
    }
}

fn print_row(row: &Row) {
    let reached = match row.is_reached() {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    println!(
        "{:<52} {:>12} {:>12} {:<6} {:>7}  {:<12} {reached}",
        row.name,
        number(Some(row.candidate)),
        number(row.peer),
        row.unit,
        number(row.ratio()),
        row.goal(),
    );
}

fn print_json(row: &Row) {
    let line = json!({
        "name": row.name,
        "unit": row.unit,
        "sandbar": row.candidate,
        "native": row.peer,
        "ratio": row.ratio(),
        "goal": row.goal(),
        "reached": row.is_reached(),
    });
    println!("{line}");
}
