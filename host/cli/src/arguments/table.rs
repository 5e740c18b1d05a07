//! What a tool or a prompt accepts, for people.

use crate::terminal::visible_line;

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// The types that it may have.
    pub(crate) kind: String,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// What it is.
    pub(crate) description: Option<String>,
}

/// Widest column, in characters: one overlong name must not widen every other line.
const WIDEST: usize = 40;

/// One line for each argument, the columns aligned, each line indented by `indent`.
pub(crate) fn table(parameters: &[Parameter], indent: &str) -> String {
    let width = |of: fn(&Parameter) -> &str| {
        parameters.iter().map(|one| visible_line(of(one)).chars().count()).max().unwrap_or(0)
    };
    let width = |of| width(of).min(WIDEST);
    let (names, kinds) = (width(|one| &one.name), width(|one| &one.kind));
    let lines: Vec<_> = parameters
        .iter()
        .map(|one| {
            let (name, kind) = (visible_line(&one.name), visible_line(&one.kind));
            let required = if one.required { "required" } else { "optional" };
            let description = one.description.as_deref().and_then(|text| text.lines().next());
            let description = visible_line(description.unwrap_or_default());
            let line = format!("{indent}{name:names$}  {kind:kinds$}  {required}  {description}");
            line.trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, required: bool, description: Option<&str>) -> Parameter {
        let (name, kind) = (name.to_owned(), "integer".to_owned());
        Parameter { name, kind, required, description: description.map(str::to_owned) }
    }

    /// Catches columns that do not line up, and descriptions that break the table.
    #[test]
    fn columns_line_up_and_descriptions_stay_on_their_line() {
        let rows = [
            parameter("steps", true, Some("How many\nnot shown")),
            parameter("delay_ms", false, None),
        ];
        let expected = "  steps     integer  required  How many\n  delay_ms  integer  optional";
        assert_eq!(table(&rows, "  "), expected);
    }
}
